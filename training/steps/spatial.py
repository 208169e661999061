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
    collate_points,
    encode_prompt,
    prompt_batch,
)
from training.data.batches import Batch, InstanceTask, half_size
from training.data.prompt_sampler import corrective_click
from training.steps.losses import doubled, level_loss, mask_loss
from training.steps.readings import reading_losses
from training.steps.texts import TextSource

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
    has_previous: Tensor | None = None


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
    first, last = model.config.decoder.reading_queries
    request.groups += ("reading",) if last > first else ()
    outputs = model.decode(features, request, all_layers=True)
    output = outputs["spatial"]
    wanted = np.stack([t.truth if t.target is None else t.target for t in batch.tasks])
    target = torch.from_numpy(half_size(wanted)).to(output.mask_logits)
    weight = batch.weights().to(target).repeat_interleave(request.per_image, 0)
    each = mask_loss(doubled(output.mask_logits), target, weight)
    loss = each.mean()
    for logits in output.level_logits:
        loss = loss + 0.2 * level_loss(logits, target, weight)
    parts = {"mask": loss, "class": _class_loss(model, texts, output, batch)}
    if "reading" in outputs:
        parts |= reading_losses(output, outputs["reading"], target, weight, each.detach())
    return parts


def _expected(batch: Batch) -> tuple[Tensor | None, Tensor | None]:
    """Logits (B, 1, h, w) of where motion expects the followed, and which tasks (B,) are such."""
    has = np.array([t.before is not None for t in batch.tasks])
    if not has.any():
        return None, None
    nowhere = np.zeros(batch.images.shape[1:3], bool)
    masks = [nowhere if t.before is None else t.before for t in batch.tasks]
    share = np.stack([batch.grid.cover(mask) for mask in masks])
    return torch.from_numpy((share * 2 - 1) * EXPECTED)[:, None], torch.from_numpy(has)


def _request(
    model: Seem, texts: TextSource, features: ImageFeatures, batch: Batch, state: _Round
) -> PromptBatch:
    """The decoder's input for one round."""
    return prompt_batch(
        model,
        features,
        [encode_prompt(prompt, batch.grid) for prompt in state.prompts],
        previous=state.previous,
        has_previous=state.has_previous,
        references=_reference_tokens(model, features, batch),
        text=_spoken_names(texts, state.names),
    )


def _spoken_names(texts: TextSource, names: list[str]) -> TextFeatures | None:
    if not any(names):
        return None
    features = texts.features([n or "thing" for n in names])
    spoken = torch.tensor([bool(n) for n in names], device=features.valid.device)
    return replace(features, valid=features.valid & spoken[:, None])


def _reference_tokens(model: Seem, features: ImageFeatures, batch: Batch) -> SpatialTokens | None:
    """Tokens of the instances' references, sampled in the views that show them."""
    given = {i: t.reference for i, t in enumerate(batch.tasks) if t.reference is not None}
    points = collate_points(list(given.values()), batch.grid.cells, REFERENCE_TOKENS)
    if points is None:
        return None
    device = features.mask_features.device
    shown_in = torch.tensor([batch.tasks[i].shown_in for i in given], device=device)
    shown = replace(
        features,
        mask_features=features.mask_features[shown_in],
        levels=[x[shown_in] for x in features.levels],
        dense=[x[shown_in] for x in features.dense],
    )
    tokens = model.spatial_tokens(shown, points.to(device))
    return _spread(tokens, torch.tensor(list(given), device=device), len(batch.tasks))


def _spread(tokens: SpatialTokens, rows: Tensor, count: int) -> SpatialTokens:
    """Tokens of some sequences as those of ``count``; the others have none that is valid."""

    def spread(x: Tensor) -> Tensor:
        return x.new_zeros(count, *x.shape[1:]).index_copy(0, rows, x)

    return SpatialTokens(
        levels=[spread(x) for x in tokens.levels],
        mean=spread(tokens.mean),
        valid=[spread(x) for x in tokens.valid],
        objects=[spread(x) for x in tokens.objects],
        dense=[spread(x) for x in tokens.dense],
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
    has_previous = torch.from_numpy(rng.random(len(prompts)) >= DROP_PREVIOUS)
    return _Round(prompts, state.names, logits, has_previous)


def _class_loss(model: Seem, texts: TextSource, output: QueryOutput, batch: Batch) -> Tensor:
    """Cross entropy of the objects' names against others."""
    named = {i: t.name for i, t in enumerate(batch.tasks) if t.name}
    if not named:
        return output.class_embedding.sum() * 0
    names = sorted(set(named.values()))
    candidates = texts.with_negatives(names, key=int(batch.labels[0].sum()))
    logits = model.language.class_logits(
        output.class_embedding[list(named), 0], texts.rows(candidates)
    )
    index = [candidates.index(name) for name in named.values()]
    return F.cross_entropy(logits, torch.tensor(index, device=logits.device))
