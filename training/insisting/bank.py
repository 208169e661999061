"""What the second eye is asked where operators box and correct, with the truth.

The encoder of the eye does not train, so that each part of a picture is looked at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from seem_ros.model.helpers.second_eye import SecondEye
from seem_ros.prompts import Prompt
from seem_ros.segmenter import Segmenter
from seem_ros.segmenting.eye_view import HINT, Asked, EyeViews, Looks, View
from seem_ros.segmenting.families.planes import PlaneFamily
from seem_ros.segmenting.mask import Mask
from seem_ros.segmenting.second_eye import SecondLook, share_of
from training.data.mixture import SampleSet
from training.data.views import IGNORE
from training.refining.bank import ask, drawn

_LEAST_INSIDE = 0.6  # share of the object in the part: of less the eye cannot find all
_LEAST_CELLS = 4


@dataclass(frozen=True, eq=False)
class Insisted:
    """One question to the eye, and the truth on the cells of its masks.

    Attributes:
        asked: its question, about a view without features.
        features: (1, 256, rows, columns) float16 of the part.
        own: (r, c) float32, what the model itself answered, 0..1.
        share: of the eye in the mean with that.
        target: (r, c) float32, share of each cell that the object covers.
        weight: (r, c) float32, 0 where labels say nothing.
    """

    asked: Asked
    features: Tensor
    own: Tensor
    share: float
    target: Tensor
    weight: Tensor


class ListeningViews(EyeViews):
    """Notes what the eye is asked.

    Attributes:
        heard: prompts in pixels of the picture, the model's own masks and the questions.
    """

    def __init__(self, eye: SecondEye) -> None:
        super().__init__(eye)
        self.heard: list[tuple[Prompt, Mask, Asked]] = []

    def looks(
        self, rgb: np.ndarray, mask: Mask, prompt: Prompt, mask_logit: float = HINT
    ) -> Looks:
        """See :class:`EyeViews`."""
        looks = super().looks(rgb, mask, prompt, mask_logit)
        self.heard.append((prompt, mask, looks.asked))
        return looks


def fill_bank(
    segmenter: Segmenter, sets: Sequence[tuple[SampleSet, float]], count: int, seed: int
) -> list[Insisted]:
    """Box and click on ``count`` pictures of weighted sets, a function of the seed.

    Args:
        segmenter: with a second eye.
        sets: see :func:`training.data.mixture.training_sets`.
        count: of pictures.
        seed: of what is drawn.

    Raises:
        ValueError: the segmenter has no second eye, or it was asked nothing.
    """
    eye, bank = segmenter.helpers.second_eye, []
    if eye is None:
        raise ValueError("the model has no second eye: second_eye.safetensors is not there")
    for sample, rng in drawn(sets, count, seed):
        views = ListeningViews(eye)
        family = segmenter.look(sample.image).family
        assert isinstance(family, PlaneFamily)
        family.second_look = SecondLook(views)
        asked = ask(segmenter, sample, rng)
        if asked is not None:
            objects = {_key(each.prompt): each.instance_id for each in asked.answers}
            bank += _insisted(views, objects, asked.labels)
    if not bank:
        raise ValueError(f"the eye was asked nothing about {count} pictures")
    return bank


def _insisted(
    views: ListeningViews, objects: dict[tuple, int], labels: np.ndarray
) -> list[Insisted]:
    """What was heard about one picture, whose labels are (H, W) uint16."""
    features: dict[View, Tensor] = {}
    rows = []
    for prompt, mask, asked in views.heard:
        view = asked.view
        truth = labels == objects[_key(prompt)]
        target, ignored = view.covered(truth), view.covered(labels == IGNORE)
        inside = np.count_nonzero(truth[view.crop.pixels]) / np.count_nonzero(truth)
        if inside < _LEAST_INSIDE or int((target > 0.5).sum()) < _LEAST_CELLS:
            continue
        small = features.setdefault(view, view.features.half())
        own, share = view.covered(mask.probabilities), share_of(prompt)
        rows.append(Insisted(_kept(asked), small, own, share, target, 1 - ignored))
    return rows


def _kept(asked: Asked) -> Asked:
    """A question that can be learnt from, without the picture."""
    blind = replace(asked.view, rgb=asked.view.rgb[:0], features=torch.empty(0))
    hint = None if asked.hint is None else asked.hint.clone()
    return replace(asked, view=blind, places=asked.places.clone(), hint=hint)


def _key(prompt: Prompt) -> tuple:
    return tuple(prompt.points), tuple(prompt.boxes)
