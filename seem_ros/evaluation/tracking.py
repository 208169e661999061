"""J, F and identities of a follower on a labelled video."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from seem_ros.evaluation.clicking import next_click
from seem_ros.evaluation.davis import contour_accuracy, region_similarity
from seem_ros.evaluation.followers import CorrectableFollower, Follower
from seem_ros.evaluation.videos import LabelledVideo, resized_labels
from seem_ros.prompts import Prompt

_CLAIM_IOU = 0.5  # a predicted object stands for the true one it overlaps this much
_RETURN_FRAMES = 10  # an object that came back must be found within so many frames

Watcher = Callable[[int, np.ndarray, np.ndarray], None]


@dataclass(eq=False)
class VideoRecord:
    """How one video went.

    Attributes:
        name: of the video.
        j: id -> J of each measured frame.
        f: id -> F of each measured frame.
        switches: frames in which a true object was covered by another id than before.
        instance_frames: visible objects summed over the frames.
        returns: times an object came back into view.
        refound: of these, how often it was found again soon.
        corrections: clicks given by the imagined operator.

    """

    name: str
    j: dict[int, list[float]] = field(default_factory=dict)
    f: dict[int, list[float]] = field(default_factory=dict)
    switches: int = 0
    instance_frames: int = 0
    returns: int = 0
    refound: int = 0
    corrections: int = 0

    @property
    def mean_j(self) -> float:
        """Mean over objects of the mean over frames."""
        return float(np.mean([np.mean(values) for values in self.j.values()]))

    @property
    def mean_f(self) -> float:
        """Mean over objects of the mean over frames."""
        return float(np.mean([np.mean(values) for values in self.f.values()]))


@dataclass(eq=False)
class Run:
    """A follower on its way through a video.

    Attributes:
        follower: fresh.
        watcher: called with (index, rgb, predicted labels) of every frame.
        corrections: an imagined operator gives one corrective click whenever J falls under 0.5,
            at most this often; the frame itself is measured before the click.

    Raises:
        TypeError: corrections for a follower that takes none.

    """

    follower: Follower
    watcher: Watcher | None = None
    corrections: int = 0

    def __post_init__(self) -> None:
        if self.corrections and not isinstance(self.follower, CorrectableFollower):
            name = type(self.follower).__name__
            raise TypeError(f"a {name} takes no corrections, but {self.corrections} are allowed")


def measure_video(
    follower: Follower,
    video: LabelledVideo,
    watcher: Watcher | None = None,
    corrections: int = 0,
) -> VideoRecord:
    """Run one follower through a video, see `Run` and `measure_together`."""
    return measure_together([Run(follower, watcher, corrections)], video)[0]


def measure_together(runs: Sequence[Run], video: LabelledVideo) -> list[VideoRecord]:
    """Run followers through a video side by side, so that they can share a model's features.

    As DAVIS does, the first frame (given) and the last one are not measured.

    Args:
        runs: any number.
        video: at least three frames.

    """
    ids = video.object_ids()
    progress = [_Progress(run, video, ids) for run in runs]
    for index, rgb in enumerate(video.images()):
        truth = resized_labels(video.truth(index), rgb.shape[:2])
        for each in progress:
            each.take(index, rgb, truth)
    return [each.record for each in progress]


class _Progress:
    """One run and its record so far."""

    def __init__(self, run: Run, video: LabelledVideo, ids: Sequence[int]) -> None:
        self._run = run
        self._operator, self._covers = _Operator(run.corrections), _Identities()
        self._last, self._frame_ns = len(video) - 1, video.frame_ns
        self.record = VideoRecord(video.name, {i: [] for i in ids}, {i: [] for i in ids})

    def take(self, index: int, rgb: np.ndarray, truth: np.ndarray) -> None:
        """Take the next frame with its (H, W) uint16 truth."""
        follower, stamp_ns = self._run.follower, index * self._frame_ns
        if index == 0:
            labels = follower.start(rgb, truth, stamp_ns)
        else:
            labels = follower.follow(rgb, stamp_ns)
        if self._run.watcher is not None:
            self._run.watcher(index, rgb, labels)
        if 0 < index < self._last:
            _measure_frame(self.record, labels, truth)
            if isinstance(follower, CorrectableFollower):
                self._operator.correct(follower, rgb, stamp_ns, labels, truth)
        self.record.corrections = self._operator.given
        self._covers.see(labels, truth, self.record)


def _measure_frame(record: VideoRecord, labels: np.ndarray, truth: np.ndarray) -> None:
    for instance_id in record.j:
        mask, true = labels == instance_id, truth == instance_id
        record.j[instance_id].append(region_similarity(mask, true))
        record.f[instance_id].append(contour_accuracy(mask, true))


class _Operator:
    """Clicks the largest error of an object that went wrong."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.given = 0

    def correct(
        self,
        follower: CorrectableFollower,
        rgb: np.ndarray,
        stamp_ns: int,
        labels: np.ndarray,
        truth: np.ndarray,
    ) -> None:
        """Give one click for each object that needs one, while there are clicks left."""
        for true_id in (int(i) for i in np.unique(truth) if i):
            mask, true = labels == true_id, truth == true_id
            if self.given >= self._most or region_similarity(mask, true) >= _CLAIM_IOU:
                continue
            click = next_click(mask, true, np.zeros(true.shape, bool))
            if click is not None:
                follower.correct(rgb, stamp_ns, true_id, Prompt(points=[click]))
                self.given += 1


class _Identities:
    """Which predicted id covers which true object, from frame to frame."""

    def __init__(self) -> None:
        self._cover: dict[int, int] = {}
        self._waiting: dict[int, int] = {}  # true id -> frames since it came back
        self._absent: set[int] = set()

    def see(self, labels: np.ndarray, truth: np.ndarray, record: VideoRecord) -> None:
        """Count switches and returns of one frame into a record."""
        visible = [i for i in record.j if (truth == i).any()]
        record.instance_frames += len(visible)
        for true_id in record.j:
            if true_id not in visible:
                self._absent.add(true_id)
                self._waiting.pop(true_id, None)
                continue
            if true_id in self._absent:
                self._absent.discard(true_id)
                self._waiting[true_id] = 0
                record.returns += 1
            self._compare(true_id, _covering(labels, truth == true_id), record)

    def _compare(self, true_id: int, cover: int, record: VideoRecord) -> None:
        if cover:
            before = self._cover.get(true_id, true_id)
            record.switches += cover != before
            self._cover[true_id] = cover
        if true_id in self._waiting:
            self._waiting[true_id] += 1
            found = cover == true_id
            record.refound += found
            if found or self._waiting[true_id] > _RETURN_FRAMES:
                del self._waiting[true_id]


def _covering(labels: np.ndarray, true: np.ndarray) -> int:
    """Return the predicted id that stands for a true mask, 0 if none does."""
    ids, counts = np.unique(labels[true], return_counts=True)
    for index in np.argsort(-counts):
        predicted = int(ids[index])
        if predicted and region_similarity(labels == predicted, true) >= _CLAIM_IOU:
            return predicted
    return 0


def summarise(records: Sequence[VideoRecord]) -> dict[str, float]:
    """Return the figures over videos: J, F, their mean, switches a thousand, share refound."""
    j, f = (float(np.mean([getattr(r, name) for r in records])) for name in ("mean_j", "mean_f"))
    frames = sum(record.instance_frames for record in records)
    figures = {"videos": float(len(records)), "j": j, "f": f, "j&f": (j + f) / 2}
    figures["switches_per_1000"] = 1000 * sum(r.switches for r in records) / max(1, frames)
    returns = sum(record.returns for record in records)
    if returns:
        figures["refound"] = sum(record.refound for record in records) / returns
    return figures
