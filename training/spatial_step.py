"""Training of spatial prompts: a first prompt, corrective clicks, the memory prompt."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.features import (
    ImageFeatures,
    PromptBatch,
    QueryOutput,
    SpatialTokens,
    TextFeatures,
)
from seem_ros.model.seem import Seem
from seem_ros.prompts import Prompt, merge
from seem_ros.segmenting.families.prompt_planes import (
    PREVIOUS,
    EncodedPrompt,
    collate_points,
    encode_prompt,
)
from training.batches import Batch, InstanceTask, half_size
from training.losses import doubled, level_loss, mask_loss
from training.prompt_sampler import corrective_click
from training.texts import TextSource

ROUND_CHANCES = (0.5, 0.25, 0.15, 0.1)  # no, one, two, three corrective clicks
DROP_PREVIOUS = 0.15  # clicks must also work without the memory prompt
EXPECTED = 4.0  # logits of a mask that motion carried here
NAME_CHANCE = 0.15  # spatial prompts that come with the object's name
REFERENCE_TOKENS = 24


@dataclass
class _Round:
    """Prompts of one round and what is known from the last one."""

    prompts: list[Prompt]
    names: list[str]
    previous: Tensor | None = None
    has_previous: np.ndarray | None = None


def spatial_losses(
    model: Seem,
    texts: TextSource,
    features: ImageFeatures,
    batch: Batch,
    rng: np.random.Generator,
) -> dict[str, Tensor]:
    """Mask and class loss of the last of a random number of rounds."""
    named = [t.name if t.name and rng.random() < NAME_CHANCE else "" for t in batch.tasks]
    state = _Round([t.prompt for t in batch.tasks], named, *_expected(batch))
    frozen = features.detach()
    for _ in range(rng.choice(len(ROUND_CHANCES), p=ROUND_CHANCES)):
        with torch.no_grad():
            request = _request(model, texts, frozen, batch, state)
            logits = model.decode(frozen, request)["spatial"].mask_logits
        state = _corrected(state, logits, batch, rng)
    request = _request(model, texts, features, batch, state)
    output = model.decode(features, request, all_layers=True)["spatial"]
    wanted = np.stack([t.truth if t.target is None else t.target for t in batch.tasks])
    target = torch.from_numpy(half_size(wanted)).to(output.mask_logits)
    weight = batch.weights().to(target).repeat_interleave(request.per_image, 0)
    loss = mask_loss(doubled(output.mask_logits), target, weight).mean()
    for logits in output.level_logits:
        loss = loss + 0.2 * level_loss(logits, target, weight)
    return {"mask": loss, "class": _class_loss(model, texts, output, batch)}


def _expected(batch: Batch) -> tuple[Tensor | None, np.ndarray | None]:
    """Logits (B, 1, h, w) of where motion expects the followed, and which tasks (B,) are such."""
    has = np.array([t.before is not None for t in batch.tasks])
    if not has.any():
        return None, None
    nowhere = np.zeros(batch.images.shape[1:3], bool)
    masks = [nowhere if t.before is None else t.before for t in batch.tasks]
    share = np.stack([batch.geometry.cover(mask) for mask in masks])
    return torch.from_numpy((share * 2 - 1) * EXPECTED)[:, None], has


def _request(
    model: Seem, texts: TextSource, features: ImageFeatures, batch: Batch, state: _Round
) -> PromptBatch:
    """The decoder's input for one round."""
    geometry, device = batch.geometry, features.mask_features.device
    encoded = [encode_prompt(p, geometry) for p in state.prompts]
    planes = torch.from_numpy(np.stack([e.planes for e in encoded])).to(device)
    has_previous = None
    if state.previous is not None:
        has_previous = torch.from_numpy(state.has_previous).to(device)
        plane = state.previous[:, 0].to(device).sigmoid()
        planes[:, PREVIOUS] = torch.where(has_previous[:, None, None], plane, planes[:, PREVIOUS])
    points = collate_points(encoded, geometry.cells, model.config.decoder.max_points)
    return PromptBatch(
        per_image=len(encoded) // features.images,
        groups=("spatial",),
        points=None if points is None else model.spatial_tokens(features, points.to(device)),
        visual=_reference_tokens(model, features, batch, encoded),
        text=_spoken_names(texts, state.names),
        previous=None if state.previous is None else state.previous.to(device),
        has_previous=has_previous,
        planes=planes,
    )


def _spoken_names(texts: TextSource, names: list[str]) -> TextFeatures | None:
    if not any(names):
        return None
    features = texts.features([n or "thing" for n in names])
    spoken = torch.tensor([bool(n) for n in names], device=features.valid.device)
    return replace(features, valid=features.valid & spoken[:, None])


def _reference_tokens(
    model: Seem, features: ImageFeatures, batch: Batch, encoded: list[EncodedPrompt]
) -> SpatialTokens | None:
    """Tokens of the instances' references, sampled in the partner view (0-1, 2-3, ...)."""
    used = torch.tensor([t.reference is not None for t in batch.tasks])
    if not used.any():
        return None
    rows = zip(batch.tasks, encoded, strict=True)
    references = [e if t.reference is None else t.reference for t, e in rows]
    points = collate_points(references, batch.geometry.cells, REFERENCE_TOKENS)
    points = replace(points, valid=points.valid & used[:, None])
    return model.spatial_tokens(_swapped(features), points.to(features.mask_features.device))


def _swapped(features: ImageFeatures) -> ImageFeatures:
    """The same features with the two views of each sample exchanged."""
    order = torch.arange(features.images, device=features.mask_features.device) ^ 1
    return replace(
        features,
        mask_features=features.mask_features[order],
        levels=[x[order] for x in features.levels],
        dense=[x[order] for x in features.dense],
    )


def _corrected(state: _Round, logits: Tensor, batch: Batch, rng: np.random.Generator) -> _Round:
    """Add a corrective click to each prompt and decide which keep their mask as memory."""
    height, width = batch.ignore.shape[1:]
    predicted = F.interpolate(logits, size=(height, width), mode="bilinear")[:, 0] > 0
    per_image = len(state.prompts) // len(batch.images)
    prompts = []
    for row, mask in enumerate(predicted.cpu().numpy()):
        task: InstanceTask = batch.tasks[row]
        click = corrective_click(mask, task.truth, batch.ignore[row // per_image], rng)
        prompt = state.prompts[row]
        prompts.append(prompt if click is None else merge(prompt, Prompt(points=(click,))))
    return _Round(prompts, state.names, logits, rng.random(len(prompts)) >= DROP_PREVIOUS)


def _class_loss(model: Seem, texts: TextSource, output: QueryOutput, batch: Batch) -> Tensor:
    """Cross entropy of the objects' names against others."""
    rows = [i for i, t in enumerate(batch.tasks) if t.name]
    if not rows:
        return output.class_embedding.sum() * 0
    names = sorted({batch.tasks[i].name for i in rows})
    candidates = texts.with_negatives(names, key=int(batch.labels[0].sum()))
    logits = model.language.class_logits(output.class_embedding[rows, 0], texts.rows(candidates))
    index = [candidates.index(batch.tasks[i].name) for i in rows]
    return F.cross_entropy(logits, torch.tensor(index, device=logits.device))
