"""Run our SEEM on golden cases with prompts: clicks, strokes, texts, references, rounds."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.features import (
    ImageFeatures,
    PointSet,
    PromptBatch,
    SpatialTokens,
    TextFeatures,
)
from seem_ros.model.point_sets import points_of_masks
from seem_ros.model.preprocess import Geometry, prepare_mask
from seem_ros.model.scores import point_scores, text_scores
from seem_ros.model.seem import Seem
from seem_ros.model.spatial_prompts import mean_by_object, sample
from support.golden import Case, Draws
from support.golden_calls import MAX_POINTS, Official, packed
from support.official_decoder import OfficialBatch, QueryDraws, drawn_points, tokens_of_sets
from support.official_outputs import prompt_scores, to_output, to_resized


def _stroke_tokens(
    model: Seem, features: ImageFeatures, mask: Tensor, draws: Draws
) -> tuple[SpatialTokens, Tensor]:
    """Tokens of a positive mask without negatives, and the mean query of its negatives."""
    count, sets = int(mask.sum()), []
    for _ in range(4):
        chosen = None
        if count > MAX_POINTS:
            chosen = torch.from_numpy(draws.take("randperm", count)[:MAX_POINTS])
        sets.append(drawn_points(mask, chosen))
    return tokens_of_sets(model, features, sets), _negative_mean(model, features, sets[0])


def _negative_mean(model: Seem, features: ImageFeatures, points: PointSet) -> Tensor:
    config = model.decoder.config
    values = sample(features.mask_features, points.yx, config.align_corners)
    return mean_by_object(values, points, False, config.empty_mean)


def demo(official: Official, case: Case) -> dict:
    """``demo_*``: the demo end to end, from images, strokes and texts to one mask."""
    model, draws, tasks = official.use(case.call["model"]), case.draws(), case.call["tasks"]
    batch, out = OfficialBatch(1, ("object",)), {}
    if "Example" in tasks:
        reference, sizes = official.encode(case, "ref_image")
        mask = prepare_mask(case.mask("ref_stroke"), sizes)
        batch.visual, negative = _stroke_tokens(model, reference, mask, draws)
        out |= {"pred_pvisuals": batch.visual.mean[0], "pred_nvisuals": negative[0]}
    image, geometry = official.encode(case)
    if "Stroke" in tasks:
        mask = prepare_mask(case.mask("stroke"), geometry)
        batch.points, negative = _stroke_tokens(model, image, mask, draws)
        out |= {"pred_pspatials": batch.points.mean[0], "pred_nspatials": negative[0]}
    if "Text" in tasks:
        batch.text = model.encode_text([case.call["text"]])
        out["class_emb"] = batch.text.sentence
    if "Audio" in tasks:
        batch.audio = model.encode_text([case.call["audio"]])
    output = model.decode(image, batch)["object"]
    scores = prompt_scores(model.language, output, batch)[0, 0]
    best = scores.argmax()
    logits = output.mask_logits[0]
    out |= {
        "pred_logits": official.class_logits(output),
        "pred_masks_sub": logits[::2, ::8, ::8],
        "pred_maskembs_sub": output.mask_embedding[0, :, ::8],
        "pred_captions_sub": output.class_embedding[0, :, ::8],
        "match_score": scores,
        "matched_query": best,
        "matched_mask_logits": logits[best],
        "final_mask": packed(to_resized(logits[best][None], geometry)[0] > 0),
        "final_mask_shape": np.array(geometry.resized),
    }
    return out


def _clicks(case: Case, key: str, objects: int, size: tuple[int, int]) -> Tensor:
    """(N, H, W) bool masks on the padded grid from (object, y, x) rows."""
    masks = torch.zeros(objects, *size, dtype=torch.bool)
    n, y, x = torch.from_numpy(case.inputs[key].astype(np.int64)).reshape(-1, 3).unbind(1)
    masks[n, y, x] = True
    return masks


def rounds(official: Official, case: Case) -> dict:
    """``v0_rounds`` and ``v1_rounds*``: three rounds of clicks, each fed the last mask."""
    model, draws = official.use(case.call["model"]), case.draws()
    image, geometry = official.encode(case)
    out = {"padded_hw": np.array(geometry.padded), "resized_hw": np.array(geometry.resized)}
    objects = case.outputs["r0.prev_mask"].shape[0]
    shared = model.decoder.config.layout == "v1"
    previous = None
    for number in range(sum(key.endswith(".prev_mask") for key in case.outputs)):
        masks = [
            _clicks(case, f"r{number}.{sign}_yx", objects, geometry.padded)
            for sign in ("pos", "neg")
        ]
        points = points_of_masks(*masks, MAX_POINTS)
        batch = OfficialBatch(1, ("object", "spatial"), model.spatial_tokens(image, points))
        if previous is not None:
            batch.previous, batch.has_previous = previous[None], torch.tensor([True])
        if shared:
            batch.draws = _query_draws(draws, objects, model, previous is not None)
        outputs = model.decode(image, batch)
        scores = point_scores(outputs["spatial"], batch.points.mean)[0]
        if shared:
            own = batch.draws.objects[None] == torch.arange(objects)[:, None]
            scores = scores.masked_fill(~own, -torch.inf)
        logits = outputs["spatial"].mask_logits[0]
        previous = logits[scores.argmax(-1)]
        step = 1 if shared else 4
        found = {
            "prev_mask": previous,
            "pred_smaskembs": outputs["spatial"].mask_embedding[0, :, ::8],
            "pred_pspatials": batch.points.mean[0],
            "pred_nspatials": _negative_mean(model, image, points)[0],
            "pred_smasks_sub": logits[::step, ::8, ::8],
            "pred_logits": official.class_logits(outputs["object"]),
            "mask_bin": packed(to_resized(previous, geometry) > 0),
        }
        out |= {f"r{number}.{key}": value for key, value in found.items()}
    return out


def _query_draws(draws: Draws, objects: int, model: Seem, memory: bool) -> QueryDraws:
    """v1's random object queries of each object, and objects of memory slots a layer."""
    queries = torch.from_numpy(draws.take("randint", 3 * objects).astype(np.int64))
    owners = torch.arange(objects).repeat_interleave(3)
    if not memory:
        return QueryDraws(queries, owners)
    slots, layers = model.decoder.config.memory_slots, model.decoder.config.layers
    drawn = [draws.take("multinomial", slots) for _ in range(layers)]
    return QueryDraws(queries, owners, [torch.from_numpy(np.sort(d)).long() for d in drawn])


def v0_visual(official: Official, case: Case) -> dict:
    """``v0_visual``: a stroke on another image selects in this one."""
    model, draws = official.use(case.call["model"]), case.draws()
    reference, sizes = official.encode(case, "ref_image")
    mask = prepare_mask(case.mask("ref_stroke"), sizes)
    tokens, _ = _stroke_tokens(model, reference, mask, draws)
    image, _ = official.encode(case)
    batch = OfficialBatch(1, ("object", "spatial"), visual=tokens)
    output = model.decode(image, batch)["spatial"]
    best = prompt_scores(model.language, output, batch)[0, 0].argmax()
    return {
        "spatial_query_pos": tokens.mean[0],
        "n_tokens": np.array([level.shape[1] for level in tokens.levels]),
        "tokens_l0_first8": tokens.levels[0][0, :8],
        "prev_mask": output.mask_logits[0, best][None],
        "ref_mask_yx": mask.nonzero(),
    }


def grounding_texts(official: Official, case: Case) -> dict:
    """``*_grounding_2texts``: several texts in one token set, one mask each."""
    model = official.use(case.call["model"])
    image, geometry = official.encode(case)
    text = model.encode_text(case.call["texts"])
    tokens = text.tokens[text.valid][None]
    together = TextFeatures(tokens, torch.ones(tokens.shape[:2], dtype=torch.bool), text.sentence)
    outputs = model.decode(image, PromptBatch(1, ("object", "grounding"), text=together))
    output = outputs["grounding"]
    chosen = text_scores(model.language, output, text.sentence[None])[0].argmax(-1)
    found = _grounding_masks(output.mask_logits[0, chosen], geometry)
    return found | {
        "pred_gtexts_sub": output.class_embedding[0, :, ::8],
        "pred_gmasks_sub": output.mask_logits[0, ::4, ::8, ::8],
        "pred_logits": official.class_logits(outputs["object"]),
    }


def grounding_click(official: Official, case: Case) -> dict:
    """``*_grounding_spatial``: one text and one click together, dilated by the official code."""
    model = official.use(case.call["model"], **TEXT_AND_CLICK)
    draws = case.draws()
    image, geometry = official.encode(case)
    clicked = torch.zeros(1, *geometry.padded, dtype=torch.bool)
    y, x = torch.from_numpy(case.outputs["click_yx"].astype(np.int64)).unbind(1)
    clicked[0, y, x] = True
    dilated = F.max_pool2d(clicked[None].float(), 3, 1, 1)[0] > 0
    points = points_of_masks(dilated, torch.zeros_like(dilated), MAX_POINTS)
    batch = OfficialBatch(1, ("object", "grounding", "spatial"))
    batch.points = model.spatial_tokens(image, points)
    batch.text = model.encode_text([case.call["text"]])
    if model.decoder.config.layout == "v1":
        batch.draws = _query_draws(draws, 1, model, memory=False)
    output = model.decode(image, batch)["grounding"]
    scores = text_scores(model.language, output, batch.text.sentence[:, None])[0, 0]
    found = _grounding_masks(output.mask_logits[0, scores.argmax()][None], geometry)
    return found | {"click_yx": clicked[0].nonzero()}


TEXT_AND_CLICK = {"spatial_sees_text": True, "grounding_sees_points": True}


def _grounding_masks(logits: Tensor, geometry: Geometry) -> dict:
    masks = to_output(logits, geometry, geometry.resized)
    return {"grounding_mask_sub": masks[:, ::8, ::8], "grounding_mask_bin": packed(masks > 0)}
