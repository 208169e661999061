"""Make the masks of answers exact on cut-outs of the picture, for models with a refiner."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.helpers.refiner import FINE, LOGITS, MIDDLE, Refiner
from seem_ros.segmenting.cut_outs import (
    frame_around,
    near_border,
    object_box,
    planes_of,
    sampled,
)
from seem_ros.segmenting.requests import Detail, EncodedImage, Match, Request

_AT_ONCE = 8  # cut-outs, to bound memory


@torch.inference_mode()
def refine(
    refiner: Refiner,
    image: EncodedImage,
    requests: Sequence[Request],
    answers: Sequence[Sequence[Match]],
) -> None:
    """Give every match of a click or a box its detail.

    What memory looks for stays: there it did not help (docs/nano.md). What words name stays too:
    the refiner never saw such masks.
    """
    pairs = [
        (request, match)
        for request, matches in zip(requests, answers, strict=True)
        for match in matches
        if request.is_pointed
        and (request.prompt.points or request.prompt.boxes)
        and bool((match.logits > 0).any())
    ]
    for start in range(0, len(pairs), _AT_ONCE):
        _refine_some(refiner, image, pairs[start : start + _AT_ONCE])


def _refine_some(
    refiner: Refiner, image: EncodedImage, pairs: Sequence[tuple[Request, Match]]
) -> None:
    size, geometry = refiner.size, image.geometry
    frames = [
        frame_around(object_box(match.logits.cpu().numpy(), request.prompt, geometry), geometry)
        for request, match in pairs
    ]
    _, middle, fine = image.features.dense[:3]
    logits = torch.stack([match.logits for _, match in pairs])[:, None]
    prompts = [request.prompt for request, _ in pairs]
    planes = planes_of(image.rgb, logits, prompts, frames, geometry, size)
    refined = refiner(
        planes.to(memory_format=torch.channels_last),
        sampled(fine, frames, geometry, size // FINE),
        sampled(middle, frames, geometry, size // MIDDLE),
    )
    refined = torch.where(near_border(logits, frames, geometry, size), refined, planes[:, LOGITS])
    for (_, match), frame, own in zip(pairs, frames, refined, strict=True):
        match.detail = Detail(frame, own)


def put_in(mask: Tensor, detail: Detail | None) -> None:
    """Replace the part of a (H, W) bool mask that a detail covers, unless it would be empty."""
    if detail is None:
        return
    frame = detail.frame
    own = F.interpolate(
        detail.logits[None, None], size=(frame.height, frame.width), mode="bilinear"
    )[0, 0]
    if bool((own > 0).any()):
        mask[frame.y0 : frame.y1, frame.x0 : frame.x1] = own > 0
