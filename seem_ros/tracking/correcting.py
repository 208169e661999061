"""Answer an operator's correction of one instance."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np

from seem_ros.instances import Segmentation
from seem_ros.prompts import Prompt, rasterize
from seem_ros.tracking.model import PromptableModel
from seem_ros.tracking.recall import interior_points, overlap, weigh
from seem_ros.tracking.track import Track

_CLEARLY_BETTER = 0.05  # overlap with where the picture looks like the instance, 0..1
_CLEARLY_OTHER = 0.05  # difference of cosines
_SUPPORTING_CLICKS = 2
_WRONG = 0.15  # around a negative click, as a share of the square root of the mask's area
_LEAST_WRONG = 4  # pixels


def corrected(
    track: Track,
    prompt: Prompt,
    previous: Segmentation | None,
    model: PromptableModel,
    recall: float,
) -> Segmentation:
    """Return the model's answer to a correction.

    A click inside the mask refines it. Any other may add to it or take from it, or say that the
    mask slipped onto something else: then an answer without the mask fits better to where the
    picture looks like what the operator showed before. Either is asked for with that memory.

    Args:
        track: the instance.
        prompt: in the pixels of the model's image.
        previous: its mask as it is, None while it is lost.
        model: with the image set.
        recall: weight of looks against the mask as it is, see TrackerConfig.

    """
    known = track.memory.prompted_tokens
    if previous is None:
        return model.predict_batch([prompt], [None], [known if prompt.has_spatial else ()])[0]
    if prompt.has_positive and not _points_outside(prompt, previous.mask):
        return model.predict(prompt, previous)
    alike = model.resemblance(track.memory.exemplary_tokens)
    supported = with_support(prompt, previous.mask, alike)
    if alike is None:
        return model.predict(supported, previous)
    everywhere = np.ones(previous.mask.shape, bool)
    expected = weigh(previous, alike, everywhere, recall)
    alone = prompt if prompt.has_positive else supported
    added, anew = model.predict_batch([supported, alone], [expected, None], [known, known])
    gain = overlap(alike, anew.mask) - overlap(alike, added.mask)
    return anew if anew.found and gain > _CLEARLY_BETTER else added


def with_support(prompt: Prompt, mask: np.ndarray, alike: np.ndarray | None) -> Prompt:
    """Return a prompt with more positive clicks, where a mask is surely right.

    Models take negative marks alone for a reason to see nothing at all, and a click on a part
    that was missed for the part alone.

    Args:
        prompt: in the mask's pixels.
        mask: (H, W) bool that it corrects.
        alike: as PromptableModel.resemblance gives it, None where that is not known.

    """
    right = mask
    if alike is not None:
        looks = cv2.resize(alike, mask.shape[::-1], interpolation=cv2.INTER_LINEAR) > 0
        right = mask & looks if (mask & looks).any() or prompt.has_positive else mask
    wrong = rasterize(prompt, *mask.shape).negative.astype(np.uint8)
    radius = max(_LEAST_WRONG, round(_WRONG * float(np.sqrt(np.count_nonzero(mask)))))
    for x, y, _ in prompt.points:
        cv2.circle(wrong, (int(x), int(y)), radius, 1, -1)
    support = interior_points(right & (wrong == 0), _SUPPORTING_CLICKS)
    return dataclasses.replace(prompt, points=(*prompt.points, *support))


def contradicts(prompt: Prompt, alike: np.ndarray | None, size: tuple[int, int]) -> bool:
    """Tell whether a click says otherwise than the memory of places, not only than the mask.

    Args:
        prompt: in the pixels of a picture of `size` (height, width).
        alike: as PromptableModel.resemblance gives it, None where that is not known.

    """
    if alike is None:
        return False
    for x, y, label in prompt.points:
        row, column = int(y) * alike.shape[0] // size[0], int(x) * alike.shape[1] // size[1]
        if (alike[row, column] if label else -alike[row, column]) < -_CLEARLY_OTHER:
            return True
    return False


def _points_outside(prompt: Prompt, mask: np.ndarray) -> bool:
    """Tell whether a positive click or the start of a stroke lies outside an (H, W) mask."""
    places = [(x, y) for x, y, label in prompt.points if label]
    places += [stroke.points[0] for stroke in prompt.strokes if stroke.positive]
    return any(not mask[int(y), int(x)] for x, y in places)
