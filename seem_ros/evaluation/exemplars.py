"""Things shown once: found again in later frames, and refused where they are not in view.

The first frame of each video, with its mask, is all that is known of its object. Frames are asked
about one by one, nothing is tracked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from seem_ros.evaluation.datasets import read_rgb
from seem_ros.evaluation.davis import region_similarity
from seem_ros.evaluation.videos import LabelledVideo
from seem_ros.instances import box_of
from seem_ros.library import Library
from seem_ros.prompts import Prompt
from seem_ros.segmenter import Segmenter
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.question import Question

LATER = (10, 25, -1)  # frames asked about; -1 is the last one


@dataclass(frozen=True)
class Record:
    """One thing asked for in one frame.

    Attributes:
        shown: name of the video whose first frame shows it.
        video: of the video that was asked about.
        asked: the frame there, 0 or one of LATER.
        found: whether anything was found.
        iou: with the truth; 0 where the thing is not in view.
        name: what the object that was found is called.
    """

    shown: str
    video: str
    asked: int
    found: bool
    iou: float
    name: str = ""

    @property
    def in_view(self) -> bool:
        """Whether the thing is in the frame."""
        return self.shown == self.video


def measure_examples(model: Segmenter, videos: Sequence[LabelledVideo]) -> Iterator[Record]:
    """Ask for each video's object by its first frame as an example, in all videos."""
    shown = {video.name: _first(video) for video in videos}
    for video, asked, picture, truth in _frames(model, videos):
        for name, example in shown.items():
            if (name == video.name) != (asked == 0):
                question = Question(Prompt(example=example))
                yield _record(picture, question, name, video.name, asked, truth)


def teach_all(library: Library, videos: Sequence[LabelledVideo]) -> None:
    """Teach the object of each video's first frame under the name of the video."""
    for video in videos:
        library.teach(video.name, *_first(video))


def measure_taught(model: Segmenter, videos: Sequence[LabelledVideo]) -> Iterator[Record]:
    """Ask for each video's object by its name, in all videos, with a library of them all."""
    for video, asked, picture, truth in _frames(model, videos):
        for name in (each.name for each in videos):
            if (name == video.name) != (asked == 0):
                question = Question(Prompt(text=name))
                yield _record(picture, question, name, video.name, asked, truth)


def measure_names(model: Segmenter, videos: Sequence[LabelledVideo]) -> Iterator[Record]:
    """Point at each video's object by a box in later frames, with a library of all objects."""
    for video, asked, picture, truth in _frames(model, videos):
        if asked != 0 and truth.any():
            question = Question(Prompt(boxes=(box_of(truth),)))
            yield _record(picture, question, video.name, video.name, asked, truth)


def named_right(records: Sequence[Record]) -> dict[str, float]:
    """How many of the things pointed at got a taught name, and how many the right one."""
    names = {record.shown for record in records}
    named = [record for record in records if record.name in names]
    right = sum(record.name == record.shown for record in named)
    return {
        "named": len(named) / max(1, len(records)),
        "named right": right / max(1, len(named)),
    }


def summarise(records: Sequence[Record]) -> dict[str, float]:
    """Mean IoU at each of the later frames, how often a thing was found, and absent ones not."""
    present = [record for record in records if record.in_view]
    absent = [record for record in records if not record.in_view]
    figures = {
        "IoU, last" if later < 0 else f"IoU, frame {later}": _mean(
            [record.iou for record in present if record.asked == later]
        )
        for later in LATER
    }
    figures["found"] = _mean([record.found for record in present])
    figures["IoU >= 0.5"] = _mean([record.iou >= 0.5 for record in present])
    figures["absent refused"] = _mean([not record.found for record in absent])
    figures["absent"] = len(absent)
    return figures


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(1, len(values))


def _first(video: LabelledVideo) -> tuple[np.ndarray, np.ndarray]:
    """Return picture and mask of the object of a video in its first frame."""
    return read_rgb(video.frames[0]), video.truth(0) == _object_of(video)


def _object_of(video: LabelledVideo) -> int:
    """Return the id of what is asked about: the largest thing in the first frame."""
    areas = np.bincount(video.truth(0).ravel())
    return int(areas[1:].argmax()) + 1


def _frames(
    model: Segmenter, videos: Sequence[LabelledVideo]
) -> Iterator[tuple[LabelledVideo, int, Picture, np.ndarray]]:
    """Yield video, one of 0 and LATER, picture and truth; videos end before some of them."""
    for video in videos:
        number = _object_of(video)
        for asked in (0, *LATER):
            if asked < len(video):
                truth = video.truth(asked) == number
                yield video, asked, model.look(read_rgb(video.frames[asked])), truth


def _record(
    picture: Picture, question: Question, shown: str, video: str, asked: int, truth: np.ndarray
) -> Record:
    (answer,) = picture.answer([question])
    iou = region_similarity(answer.mask, truth) if shown == video else 0.0
    return Record(shown, video, asked, answer.found, iou, answer.class_name)
