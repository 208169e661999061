"""What is compared on video: the tracker, and two baselines without it.

A follower takes the first frame's start and then one frame after the other, and answers each with
a label image in the ids of the truth.
"""

from __future__ import annotations

import dataclasses
from typing import Literal, Protocol, runtime_checkable

import cv2
import numpy as np

from seem_ros.evaluation.clicking import next_click
from seem_ros.instances import label_image
from seem_ros.prompts import Prompt
from seem_ros.segmenting.question import Question
from seem_ros.tracker import Tracker, TrackerConfig
from seem_ros.tracking.model import Picture, PromptableModel
from seem_ros.tracking.recall import interior_points

Start = Literal["mask", "click"]


class Follower(Protocol):
    """Follows objects through one video."""

    def start(self, rgb: np.ndarray, truth: np.ndarray, stamp_ns: int) -> np.ndarray:
        """Take the first frame and (H, W) uint16 truth; return the label image."""

    def follow(self, rgb: np.ndarray, stamp_ns: int) -> np.ndarray:
        """Take the next frame; return its (H, W) uint16 label image."""


def first_prompts(truth: np.ndarray, how: Start) -> dict[int, Prompt]:
    """Return id -> the prompt that starts each object of a label image."""
    nothing = np.zeros(truth.shape, bool)
    prompts = {}
    for instance_id in (int(i) for i in np.unique(truth) if i):
        mask = truth == instance_id
        if how == "mask":
            prompts[instance_id] = Prompt(mask=mask)
        elif (click := next_click(nothing, mask, nothing)) is not None:
            prompts[instance_id] = Prompt(points=[click])
    return prompts


@runtime_checkable
class CorrectableFollower(Follower, Protocol):
    """A follower that somebody can put right on its way."""

    def correct(self, rgb: np.ndarray, stamp_ns: int, true_id: int, prompt: Prompt) -> np.ndarray:
        """Apply a correction of one object to the frame just followed; return the label image."""


class SharedLooks:
    """A model that looks once at each picture, for all followers that go through a video."""

    def __init__(self, model: PromptableModel) -> None:
        """Share this model's looks."""
        self._model = model
        self._rgb: np.ndarray | None = None
        self._pictures: dict[float, Picture] = {}
        self.split, self.likeness = model.split, model.likeness
        self.confusable = model.confusable

    def look(self, rgb: np.ndarray, detail: float = 1.0) -> Picture:
        """Return the picture of the last call with this very array, read alike, or a new one."""
        if rgb is not self._rgb:
            self._rgb, self._pictures = rgb, {}
        if detail not in self._pictures:
            self._pictures[detail] = self._model.look(rgb, detail)
        return self._pictures[detail]


class TrackerFollower:
    """The tracker; its ids are translated to those of the truth."""

    def __init__(self, model: PromptableModel, how: Start, config: TrackerConfig) -> None:
        """Track with a model from masks or from single clicks."""
        self.tracker = Tracker(model, config)
        self._how: Start = how
        self._true_ids: dict[int, int] = {}

    def start(self, rgb: np.ndarray, truth: np.ndarray, stamp_ns: int) -> np.ndarray:
        """See Follower."""
        prompts = first_prompts(truth, self._how)
        self.tracker.step(rgb, stamp_ns, prompts.values())
        for true_id, report in zip(prompts, self.tracker.reports, strict=True):
            if report.instance_id:
                self._true_ids.setdefault(report.instance_id, true_id)
        return self._labels(rgb)

    def follow(self, rgb: np.ndarray, stamp_ns: int) -> np.ndarray:
        """See Follower."""
        self.tracker.step(rgb, stamp_ns)
        return self._labels(rgb)

    def correct(self, rgb: np.ndarray, stamp_ns: int, true_id: int, prompt: Prompt) -> np.ndarray:
        """Apply a correction of one object to the frame just followed."""
        prompt = dataclasses.replace(prompt, instance_id=self.instance_of(true_id))
        self.tracker.step(rgb, stamp_ns, [prompt])
        report = self.tracker.reports[-1]
        if report.instance_id:
            self._true_ids.setdefault(report.instance_id, true_id)
        return self._labels(rgb)

    def instance_of(self, true_id: int) -> int:
        """Return the tracker's id of an object, 0 if it has none."""
        return next((own for own, true in self._true_ids.items() if true == true_id), 0)

    def _labels(self, rgb: np.ndarray) -> np.ndarray:
        own = label_image(self.tracker.instances, *rgb.shape[:2])
        table = np.zeros(65536, np.uint16)
        for instance_id, true_id in self._true_ids.items():
            table[instance_id] = true_id
        return table[own]


class FlowFollower:
    """Baseline: OpenCV's dense optical flow carries the first masks from frame to frame."""

    def __init__(self, model: PromptableModel, how: Start) -> None:
        """Start from masks, or from the model's answers to single clicks."""
        self._model, self._how = model, how
        self._solver = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)

    def start(self, rgb: np.ndarray, truth: np.ndarray, stamp_ns: int) -> np.ndarray:
        """See Follower."""
        self._labels = _first_labels(self._model, rgb, truth, self._how)
        self._grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        return self._labels

    def follow(self, rgb: np.ndarray, stamp_ns: int) -> np.ndarray:
        """See Follower."""
        grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        flow = self._solver.calc(grey, self._grey, None)  # type: ignore[call-overload]
        height, width = grey.shape
        columns, rows = np.meshgrid(np.arange(width), np.arange(height))
        source_x = (columns + flow[..., 0]).astype(np.float32)
        source_y = (rows + flow[..., 1]).astype(np.float32)
        self._labels = cv2.remap(self._labels, source_x, source_y, cv2.INTER_NEAREST)
        self._grey = grey
        return self._labels


class RepromptFollower:
    """Baseline: a click into each last mask, and the model asked anew, without any memory."""

    def __init__(self, model: PromptableModel, how: Start) -> None:
        """Start from masks, or from the model's answers to single clicks."""
        self._model, self._how = model, how

    def start(self, rgb: np.ndarray, truth: np.ndarray, stamp_ns: int) -> np.ndarray:
        """See Follower."""
        labels = _first_labels(self._model, rgb, truth, self._how)
        self._masks = {int(i): labels == i for i in np.unique(labels) if i}
        return labels

    def follow(self, rgb: np.ndarray, stamp_ns: int) -> np.ndarray:
        """See Follower."""
        clicks = {i: interior_points(mask, 1) for i, mask in self._masks.items()}
        clicks = {i: points for i, points in clicks.items() if points}
        questions = [Question(Prompt(points=points)) for points in clicks.values()]
        answers = self._model.look(rgb).answer(questions)
        for instance_id, answer in zip(clicks, answers, strict=True):
            if answer.mask.any():
                self._masks[instance_id] = answer.mask
        return _painted(self._masks, rgb.shape[:2])


def _first_labels(
    model: PromptableModel, rgb: np.ndarray, truth: np.ndarray, how: Start
) -> np.ndarray:
    if how == "mask":
        return truth
    prompts = first_prompts(truth, how)
    answers = model.look(rgb).answer([Question(prompt) for prompt in prompts.values()])
    masks = {i: answer.mask for i, answer in zip(prompts, answers, strict=True)}
    return _painted(masks, rgb.shape[:2])


def _painted(masks: dict[int, np.ndarray], size: tuple[int, int]) -> np.ndarray:
    labels = np.zeros(size, np.uint16)
    for instance_id, mask in masks.items():
        labels[mask] = instance_id
    return labels
