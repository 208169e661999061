"""Golden cases about labels, words and clicks, and the way from a case to what runs it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from seem_ros.model.features import PromptBatch
from seem_ros.model.text.vocabularies import coco_panoptic, embed_names, spoken_name
from seem_ros.segmenting.everything import panoptic
from support import golden_calls, golden_prompts
from support.golden import Case, Check, compare
from support.golden_calls import Official
from support.official_clicks import next_clicks
from support.official_outputs import instances, semantic, to_output

# (object threshold, overlap threshold) of each named setting. The crafted case does not say its
# loose pair: the first one that reproduces the labels is taken.
THRESHOLDS = {"default": [(0.8, 0.8)], "demo": [(0.4, 0.8)], "loose": [(0.4, 0.1)]}
CRAFTED_LOOSE = [(0.4, 0.3), (0.1, 0.3), (0.4, 0.1), (0.1, 0.1), (0.5, 0.5)]
ANY_MODEL = "focalt_unicl_lang_v1"


def text_tokens(official: Official, case: Case) -> dict:
    """``text_tokens``: tokenizer and text transformer."""
    language = official.use(ANY_MODEL).language
    strings = case.call["strings"]
    ids, valid = language.tokenizer(strings)
    features = language.encode(strings)
    width = case.outputs["input_ids"].shape[1] - ids.shape[1]
    sentence = features.sentence
    return {
        "input_ids": np.pad(ids.numpy(), ((0, 0), (0, width)), constant_values=49407),
        "attention_mask": np.pad(valid.numpy().astype(np.int64), ((0, 0), (0, width))),
        "token_emb_valid": features.tokens[features.valid],
        "class_emb": sentence,
        "sentence_emb_normed": sentence / (sentence.norm(dim=-1, keepdim=True) + 1e-7),
    }


def vocabulary(official: Official, case: Case) -> dict:
    """``vocab`` and ``text_templates``: class rows, plain names or 81 templates each."""
    language = official.use(ANY_MODEL).language
    names = case.call["classes"]
    if "template mean" not in case.call["what"]:
        return {"text_emb": embed_names(language, names)}
    names = [spoken_name(name) for name in names]
    return {"text_emb": embed_names(language, names, coco_panoptic().templates)}


def _labels(
    case: Case, classes: Tensor, masks: Tensor, settings: dict[str, list[tuple[float, float]]]
) -> dict:
    out = {}
    for name, pairs in settings.items():
        for pair in pairs:
            labels, segments = panoptic(classes, masks, golden_calls.THINGS, *pair)
            if np.array_equal(labels, case.outputs[f"panoptic_{name}"]):
                break
        rows = [(s.id, s.class_index, int(s.is_thing)) for s in segments]
        out[f"panoptic_{name}"] = labels
        out[f"segments_{name}"] = np.array(rows, np.int32).reshape(-1, 3)
    return out


def panoptic_image(official: Official, case: Case) -> dict:
    """``panoptic_a``: everything in an image, without a prompt."""
    model = official.use(case.call.get("model", ANY_MODEL))
    features, geometry = official.encode(case)
    output = model.decode(features, PromptBatch(1, ("object",)))["object"]
    classes, logits = official.class_logits(output), output.mask_logits[0]
    masks = to_output(logits, geometry, geometry.resized)
    scores = semantic(classes, masks)
    found = instances(classes, masks, golden_calls.THINGS)
    out = _labels(case, classes, masks, THRESHOLDS)
    return out | {
        "pred_logits": classes,
        "pred_masks_sub": logits[::2, ::8, ::8],
        "pred_mask_q7": logits[7],
        "sem_seg_sub": scores[:, ::32, ::32],
        "sem_seg_argmax": scores.argmax(0),
        "inst_scores": found.scores,
        "inst_classes": found.classes,
        "inst_areas": found.masks.flatten(1).sum(1).float(),
    }


def panoptic_unit(official: Official, case: Case) -> dict:
    """``panoptic_unit``: the merging functions on crafted logits."""
    classes, masks = (torch.from_numpy(case.inputs[k]) for k in ("mask_cls", "mask_pred"))
    scores = semantic(classes, masks)
    found = instances(classes, masks, golden_calls.THINGS)
    settings = THRESHOLDS | {"loose": CRAFTED_LOOSE}
    return _labels(case, classes, masks, settings) | {
        "semantic_argmax": scores.argmax(0),
        "semantic_sub": scores[:, ::8, ::8],
        "inst_scores": found.scores,
        "inst_classes": found.classes,
        "inst_masks": found.masks,
    }


def next_click(official: Official, case: Case) -> dict:
    """``next_click``: the simulated click of the official evaluation."""
    arrays = (case.inputs["prev_mask"][0], case.inputs["gt"], case.inputs["pos"])
    positive, negative, extra = next_clicks(*(torch.from_numpy(a) for a in arrays))
    return {"pos": positive, "neg": negative, "fp": extra}


def runner_of(case: Case) -> Callable[[Official, Case], dict]:
    """Tell from its call and outputs how a case is run.

    Raises:
        ValueError: a kind that is not known here.
    """
    call, outputs = case.call, case.outputs
    rules: list[tuple[bool, Callable[[Official, Case], dict]]] = [
        ("tasks" in call, golden_prompts.demo),
        ("r0.prev_mask" in outputs, golden_prompts.rounds),
        ("ref_mask_yx" in outputs, golden_prompts.v0_visual),
        ("texts" in call, golden_prompts.grounding_texts),
        ("click_yx" in outputs, golden_prompts.grounding_click),
        ("strings" in call, text_tokens),
        ("text_emb" in outputs, vocabulary),
        ("mask_cls" in case.inputs, panoptic_unit),
        ("panoptic_default" in outputs, panoptic_image),
        ("gt" in case.inputs, next_click),
        ("res2_sub" in outputs and "pred_logits" in outputs, golden_calls.whole_features),
        ("res2_sub" in outputs, golden_calls.backbone_features),
    ]
    for applies, runner in rules:
        if applies:
            return runner
    raise ValueError(f"case {case.name!r}: no way known to run it")


@torch.inference_mode()
def check_case(official: Official, case: Case) -> list[Check]:
    """Run a case and compare every output it holds; one that we do not compute fails."""
    found = runner_of(case)(official, case)
    checks = []
    for quantity in case.outputs:
        if quantity in found:
            value = found[quantity]
            array = value.cpu().numpy() if isinstance(value, Tensor) else np.asarray(value)
            checks.append(compare(case, quantity, array))
        else:
            checks.append(Check(case.name, quantity, np.inf, "computed", np.inf, "missing"))
    return checks
