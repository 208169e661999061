"""A Segmenter for tests that really looks at the image: regions of even colour are objects.

It has the interface of ``seem_ros.segmenter.Segmenter`` and answers from pixels alone, so tests of
the tracker and the node can draw coloured shapes and know the true mask. Objects are the connected
regions of one colour, except the largest region of the image, which is the background.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import cv2
import numpy as np

from seem_ros.instances import box_of
from seem_ros.prompts import Prompt, rasterize
from seem_ros.prompts.language import split_prompt
from seem_ros.segmentation import Segmentation, SegmentedObject
from seem_ros.segmenting.question import Question

COLOURS = {
    "red": (200, 30, 30),
    "green": (30, 180, 60),
    "blue": (40, 60, 210),
    "yellow": (220, 210, 40),
    "white": (245, 245, 245),
}
BACKGROUND = (140, 140, 140)
_TOLERANCE = 40
_LEAST_SHARE = 0.1  # of a mask, to count among its colours


def draw_scene(
    shapes: Sequence[tuple[str, tuple[int, int, int, int]]], height: int = 120, width: int = 160
) -> np.ndarray:
    """Return a (height, width, 3) uint8 scene of coloured rectangles (name, (x0, y0, x1, y1))."""
    rgb = np.full((height, width, 3), BACKGROUND, np.uint8)
    for name, (x0, y0, x1, y1) in shapes:
        rgb[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)] = COLOURS[name]
    return rgb


class FloodSegmenter:
    """Segments even colours; counts its calls so that tests can see the work done."""

    def __init__(self) -> None:
        """Start without an image."""
        self._picture: FloodPicture | None = None
        self.images_set = 0
        self.library = None
        self.batches: list[int] = []
        self.readings_asked = 0  # how often somebody wanted other readings of a click

    def look(self, rgb: np.ndarray, detail: float = 1.0) -> FloodPicture:
        """Look at an (H, W, 3) uint8 image."""
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
            raise ValueError(f"image must be (H, W, 3) uint8, got {rgb.shape} {rgb.dtype}")
        self.images_set += 1
        return FloodPicture(rgb, detail, self)

    def asked(self, questions: Sequence[Question]) -> None:
        """Take note of the questions of one call to a picture."""
        self.batches.append(len(questions))

    def split(self, prompt: Prompt) -> tuple[Prompt, ...]:
        """Read the text as all interfaces do."""
        return split_prompt(prompt)

    def likeness(self, result: Segmentation, memories: Sequence[str]) -> float:
        """Tell 1 for colours that are remembered, else 0."""
        return float(not memories or result.looks in memories)

    def confusable(self, memories: Sequence[str], others: Sequence[str]) -> bool:
        """Tell whether two things have a colour in common."""
        return not set(memories).isdisjoint(others)

    def set_vocabulary(self, names: Sequence[str]) -> None:
        """Accept a vocabulary; the names of the colours stay as they are."""

    @property
    def picture(self) -> FloodPicture:
        """The image set last."""
        if self._picture is None:
            raise RuntimeError("set_image must be called before predict")
        return self._picture

    def set_image(self, rgb: np.ndarray, detail: float = 1.0) -> None:
        """Look at an image; later predictions are about it."""
        self._picture = self.look(rgb, detail)

    def reset(self) -> None:
        """Forget the image."""
        self._picture = None

    def predict(self, prompt: Prompt, previous: Segmentation | None = None) -> Segmentation:
        """Segment one prompt."""
        return self.predict_batch([prompt], [previous])[0]

    def predict_batch(
        self,
        prompts: Sequence[Prompt],
        previous: Sequence[Segmentation | None] | None = None,
        references: Sequence[Sequence[str]] | None = None,
        glances: Sequence[bool] | None = None,
    ) -> list[Segmentation]:
        """Segment several prompts on the same image; references are names of colours."""
        rounds = previous or [None] * len(prompts)
        looks = references or [()] * len(prompts)
        rows = zip(prompts, rounds, looks, strict=True)
        return self.picture.answer([Question(*row) for row in rows])

    def panoptic(self) -> tuple[np.ndarray, list[SegmentedObject]]:
        """Return (H, W) int32 labels and the object of label i at place i - 1."""
        return self.picture.everything()


class FloodPicture:
    """An image whose regions of even colour are known.

    Args:
        rgb: (H, W, 3) uint8.
        detail: noted only.
        model: is told what is asked.
    """

    def __init__(self, rgb: np.ndarray, detail: float, model: FloodSegmenter) -> None:
        self.rgb, self.detail, self.size = rgb, detail, rgb.shape[:2]
        self._labels, self._model = _regions(rgb), model

    def answer(self, questions: Sequence[Question]) -> list[Segmentation]:
        """Answer questions; memories are names of colours."""
        self._model.asked(questions)
        answers = [self._answer(q.prompt, q.before, q.memories) for q in questions]
        for question, answer in zip(questions, answers, strict=True):
            if answer.found and question.prompt.has_spatial and not question.memories:
                answer.others = lambda mask=answer.mask: self._larger(mask)
        return answers

    def _larger(self, mask: np.ndarray) -> list[Segmentation]:
        """Return what a click on a thing can mean besides: all of its colour, and all there is."""
        self._model.readings_asked += 1
        alike = np.logical_or.reduce([mask, *self._named(_name_of(self.rgb[mask]))])
        larger = {np.count_nonzero(found): found for found in (alike, self._labels > 0)}
        larger.pop(np.count_nonzero(mask), None)
        return [self._segmentation([found]) for found in larger.values()]

    def everything(self) -> tuple[np.ndarray, list[SegmentedObject]]:
        """Return (H, W) int32 labels and the object of label i at place i - 1."""
        objects = [self._object(self._labels == n) for n in range(1, self._labels.max() + 1)]
        return self._labels, objects

    def remember(self, mask: np.ndarray, places: bool = True) -> str:
        """Return the names of the colours of the objects under an (H, W) bool mask."""
        under = [self._labels == label for label in np.unique(self._labels[mask]) if label]
        least = _LEAST_SHARE * np.count_nonzero(mask)
        large = [region for region in under if np.count_nonzero(region & mask) > least]
        return " ".join(sorted({_name_of(self.rgb[region]) for region in large}))

    def resemblances(
        self, objects: Sequence[tuple[Sequence[str], np.ndarray | None, Sequence[str]]]
    ) -> list[np.ndarray | None]:
        """Tell the same of several objects."""
        return [self.resemblance(*each) for each in objects]

    def resemblance(
        self,
        memories: Sequence[str],
        where: np.ndarray | None = None,
        rivals: Sequence[str] = (),
    ) -> np.ndarray | None:
        """Return a map of cells of 8 pixels: 1 on objects in a remembered colour, -1 elsewhere."""
        alike = np.full(self._labels.shape, -1.0, np.float32)
        for name in memories:
            for mask in self._named(name):
                alike[mask if where is None else mask & where] = 1.0
        cells = (max(1, alike.shape[1] // 8), max(1, alike.shape[0] // 8))
        small = cv2.resize(alike, cells, interpolation=cv2.INTER_AREA)
        return small if memories else None

    def _answer(
        self, prompt: Prompt, previous: Segmentation | None, references: Sequence[str]
    ) -> Segmentation:
        height, width = self._labels.shape
        if references and prompt.is_empty and previous is None:
            return self._segmentation(self._named(references[-1])[:1])
        prompt = prompt.validated(height, width, has_instance=previous is not None)
        if prompt.text and not prompt.has_spatial and previous is None:
            return self._segmentation(self._named(prompt.text))
        chosen = np.zeros((height, width), bool)
        for box in prompt.boxes:
            chosen |= self._most_covered(_box_mask(box, height, width))
        for label in self._labels_marked(prompt, positive=True):
            chosen |= self._labels == label
        if previous is not None and previous.mask.any():
            chosen |= self._continued(previous)
        if not chosen.any() and prompt.example is not None:
            chosen = self._like(prompt.example)
        for label in self._labels_marked(prompt, positive=False):
            chosen &= self._labels != label
        return self._segmentation([chosen] if chosen.any() else [])

    def _labels_marked(self, prompt: Prompt, positive: bool) -> set[int]:
        """Return the regions under the clicks, and those that fill a good part of a drawing."""
        clicks = [(x, y) for x, y, label in prompt.points if label == int(positive)]
        marked = {int(self._labels[int(y), int(x)]) for x, y in clicks}
        drawings = rasterize(dataclasses.replace(prompt, points=()), *self._labels.shape)
        drawn = self._labels[drawings.positive if positive else drawings.negative]
        counts = np.bincount(drawn, minlength=1)
        return marked | {int(label) for label in np.flatnonzero(counts > 0.3 * max(1, drawn.size))}

    def _most_covered(self, window: np.ndarray) -> np.ndarray:
        """Return the object that has the largest share of a window."""
        counts = np.bincount(self._labels[window], minlength=2)
        counts[0] = 0
        label = int(counts.argmax())
        return self._labels == label if counts[label] else np.zeros_like(window)

    def _continued(self, previous: Segmentation) -> np.ndarray:
        """Return the regions mostly inside the previous mask, of its colour if that is known."""
        inside = np.bincount(self._labels[previous.mask], minlength=self._labels.max() + 1)
        size = np.bincount(self._labels.ravel(), minlength=self._labels.max() + 1)
        kept = np.flatnonzero(inside > 0.3 * np.maximum(size, 1))
        names = {label: _name_of(self.rgb[self._labels == label]) for label in kept if label}
        same = [n for n, name in names.items() if previous.class_name in ("", name)]
        return np.isin(self._labels, same)

    def _named(self, text: str) -> list[np.ndarray]:
        wanted = [name for name in COLOURS if name in text.lower().split()]
        objects = [self._labels == label for label in range(1, self._labels.max() + 1)]
        objects = [mask for mask in objects if _name_of(self.rgb[mask]) in wanted]
        return sorted(objects, key=np.count_nonzero, reverse=True)

    def _like(self, example: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        found = self._named(_name_of(example[0][example[1]]))
        return found[0] if found else np.zeros(self._labels.shape, bool)

    def _segmentation(self, masks: list[np.ndarray]) -> Segmentation:
        if not masks:
            return Segmentation(False, np.zeros(self._labels.shape, bool))
        objects = [self._object(mask) for mask in masks]
        best, union = objects[0], np.logical_or.reduce(masks)
        logits = np.where(union, 6.0, -6.0).astype(np.float32)
        return Segmentation(
            True, union, best.score, best.class_name, best.class_score, objects, logits,
            looks=self.remember(union),
        )  # fmt: skip

    def _object(self, mask: np.ndarray) -> SegmentedObject:
        name = _name_of(self.rgb[mask])
        score = 0.2 if not self._labels[mask].all() else 0.95
        return SegmentedObject(mask, score, name, 0.9 if name else 0.0, box_of(mask))


def _regions(rgb: np.ndarray) -> np.ndarray:
    """Return (H, W) int labels: 0 the largest region of even colour, then the others."""
    quantised = np.zeros(rgb.shape[:2], np.int32)
    for number, colour in enumerate(COLOURS.values(), start=1):
        close = np.abs(rgb.astype(np.int16) - colour).max(axis=2) < _TOLERANCE
        quantised[close] = number
    labels = np.zeros(rgb.shape[:2], np.int32)
    for number in range(1, len(COLOURS) + 1):
        _, parts = cv2.connectedComponents((quantised == number).astype(np.uint8))
        labels[parts > 0] = parts[parts > 0] + labels.max()
    return labels


def _name_of(pixels: np.ndarray) -> str:
    mean = pixels.reshape(-1, 3).mean(axis=0)
    name = min(COLOURS, key=lambda key: np.abs(mean - COLOURS[key]).max())
    return name if np.abs(mean - COLOURS[name]).max() < _TOLERANCE else ""


def _box_mask(box: Sequence[float], height: int, width: int) -> np.ndarray:
    window = np.zeros((height, width), bool)
    x0, y0, x1, y1 = box
    window[int(y0) : int(np.ceil(y1)), int(x0) : int(np.ceil(x1))] = True
    return window
