"""From matches to the answer a caller gets: masks at the picture's size, with names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from seem_ros.instances import Segmentation, SegmentedObject, box_of
from seem_ros.model.postprocess import original_masks
from seem_ros.segmenting.previous import picture_cells
from seem_ros.segmenting.refining import put_in
from seem_ros.segmenting.requests import EncodedImage, Match


def segmentation_of(
    image: EncodedImage, matches: Sequence[Match], names: Sequence[tuple[str, float]]
) -> Segmentation:
    """Return the answer to one request.

    Args:
        image: the picture.
        matches: of the request, best first; none for "not found".
        names: class name and its probability for each.
    """
    nothing = Segmentation(False, np.zeros(image.geometry.original, bool))
    if not matches:
        return nothing
    logits = torch.stack([m.logits for m in matches])
    on_device = original_masks(logits, image.geometry)
    for mask, match in zip(on_device, matches, strict=True):
        put_in(mask, match.detail)
    masks = on_device.cpu().numpy()
    objects = [
        SegmentedObject(mask, match.score, name, sure, box_of(mask))
        for mask, match, (name, sure) in zip(masks, matches, names, strict=True)
        if mask.any()
    ]
    if not objects:
        return nothing
    best = objects[0]
    rows, columns = picture_cells(image)
    low = logits.amax(0)[:rows, :columns].float().cpu().numpy()
    union: np.ndarray = masks[0] if len(masks) == 1 else np.any(masks, axis=0)
    context = matches[0].norms if len(matches) == 1 else None
    return Segmentation(
        True, union, best.score, best.class_name, best.class_score, objects, low, context,
        matches[0].looks,
    )  # fmt: skip
