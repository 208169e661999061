"""Make the masks of answers exact on crops of the picture, for models with a refiner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from seem_ros.model.helpers.refiner import FINE, LOGITS, MIDDLE, Refiner
from seem_ros.model.out_of_memory import Portions
from seem_ros.prompts import Prompt
from seem_ros.segmenting.crops import crop_around, near_border, object_box, planes_of, sampled
from seem_ros.segmenting.evidence import Evidence
from seem_ros.segmenting.mask import Mask, Patch
from seem_ros.segmenting.match import Match
from seem_ros.segmenting.picture import Picture

_AT_ONCE = 8  # crops, to bound memory


def refined(
    refiner: Refiner,
    picture: Picture,
    evidence: Sequence[Evidence],
    answers: Sequence[Sequence[Match]],
) -> list[list[Match]]:
    """Give every match of a click or a box its patch.

    What memory looks for stays: there it did not help (docs/research/nano.md). What words name
    stays too: the refiner never saw such masks.
    """
    pairs = [
        (each.prompt, match.mask)
        for each, matches in zip(evidence, answers, strict=True)
        for match in matches
        if each.is_pointed and (each.prompt.points or each.prompt.boxes) and match.mask.cell_count
    ]
    found = Portions(_AT_ONCE).run(lambda part: _patches(refiner, picture, part), pairs)
    patches = {mask: patch for (_, mask), patch in zip(pairs, found, strict=True)}
    return [[_with_patch(match, patches.get(match.mask)) for match in row] for row in answers]


def _with_patch(match: Match, patch: Patch | None) -> Match:
    return match if patch is None else replace(match, mask=match.mask.patched(patch))


def _patches(
    refiner: Refiner, picture: Picture, pairs: Sequence[tuple[Prompt, Mask]]
) -> list[Patch]:
    """What the refiner sees around masks, each with the prompt that it answers."""
    size, grid = refiner.size, picture.grid
    crops = [
        crop_around(object_box(mask.logits.numpy(), prompt, grid), grid) for prompt, mask in pairs
    ]
    _, middle, fine = picture.features.dense[:3]
    logits = torch.stack([mask.logits for _, mask in pairs])[:, None].to(fine.device)
    planes = planes_of(picture.rgb, logits, [prompt for prompt, _ in pairs], crops, grid, size)
    exact = refiner(
        planes.to(memory_format=torch.channels_last),
        sampled(fine, crops, grid, size // FINE),
        sampled(middle, crops, grid, size // MIDDLE),
    )
    exact = torch.where(near_border(logits, crops, grid, size), exact, planes[:, LOGITS])
    (near,) = picture.family.downloads.now(exact)
    return [Patch(crop, own) for crop, own in zip(crops, near.float(), strict=True)]
