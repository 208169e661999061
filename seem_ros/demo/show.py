"""Play the script: pictures and prompts through topics, and what came of them."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from seem_ros.demo.answers import Answers
from seem_ros.demo.cues import Cue, OperatorView, SpatialClick, clip_cues, photograph_cues
from seem_ros.demo.footage import Clip, DemoImage, photograph
from seem_ros.demo.operator_node import OperatorNode
from seem_ros.demo.spatial import Placed, place
from seem_ros.demo.spatial_view import SeenThing, draw
from seem_ros.instances import iou
from seem_ros.msg import PromptStatus

ANSWER_S = 60.0
CODES = {
    PromptStatus.DONE: "done",
    PromptStatus.REFUSED: "refused",
    PromptStatus.NOT_FOUND: "not found",
}


@dataclass(eq=False)
class CueResult:
    """What became of one cue.

    Attributes:
        name: of the cue.
        answer: "done", "refused" or "not found".
        message: the node's words.
        instance_id: 0 where there is none.
        score: the instance's, 0..1; None where there is none.
        iou: with the truth of that image; None where it is unknown.
        latency_s: from sending the prompt to its end.
        overlay: (H, W, 3) uint8 RGB after it.
        truth_id: of the meant object in the truth, 0 where it is unknown.
        later: IoU with the truth in each frame that followed.

    """

    name: str
    answer: str
    message: str
    instance_id: int
    score: float | None
    iou: float | None
    latency_s: float
    overlay: np.ndarray
    truth_id: int = 0
    later: list[float] = field(default_factory=list)


class Show:
    """Plays pictures and cues in front of an operator node.

    Attributes:
        results: of the cues so far.
        overlays: (name, (H, W, 3) uint8 RGB) of every picture shown, after its cues.
        clip_frames: how many of them, the first ones, are of the clip.
        seconds_per_frame: wall-clock time of each clip frame without a cue.
        placed: every instance in space beside the truth, in images with depth.
        spatial_picture: (H, 2 W, 3) uint8 RGB of the last of these images; None without any.

    """

    def __init__(self, operator: OperatorNode) -> None:
        """Play through an operator node that is ready."""
        self.results: list[CueResult] = []
        self.overlays: list[tuple[str, np.ndarray]] = []
        self.clip_frames = 0
        self.seconds_per_frame: list[float] = []
        self.placed: list[Placed] = []
        self.spatial_picture: np.ndarray | None = None
        self._operator = operator
        self._ids: dict[str, int] = {}
        self._stamp_ns = time.time_ns()

    def play_clip(self, clip: Clip, frames: int, budget_s: float) -> None:
        """Play the first frames of the clip as fast as they are answered, and its cues.

        Where the machine is too slow to answer all in `budget_s` seconds, frames without a cue
        are left out evenly, as they are when a camera is faster than the node.
        """
        cues = [cue for cue in clip_cues(clip) if cue.frame < frames]
        started, first_ns, position = time.monotonic(), self._stamp_ns, 0
        while position < frames:
            self._stamp_ns = first_ns + round(position / clip.fps * 1e9)
            due = [cue for cue in cues if cue.frame <= position]
            cues = cues[len(due) :]
            self._picture(clip[position], due, clip.intrinsics)
            left_s = budget_s - (time.monotonic() - started)
            stride = self._stride(frames - position - 1, left_s)
            position = min([position + stride, *(cue.frame for cue in cues)])
        self.clip_frames = len(self.overlays)

    def play_photographs(self, file_names: Iterable[str]) -> None:
        """Show photographs one by one, each with its cues, after forgetting what was before."""
        cues = photograph_cues()
        for file_name in file_names:
            self._operator.reset(ANSWER_S)
            self._stamp_ns += 1_000_000_000
            self._picture(photograph(file_name), cues[file_name], None)

    def _stride(self, frames_left: int, left_s: float) -> int:
        """Return how many frames on the next one is."""
        if not self.seconds_per_frame or frames_left <= 0:
            return 1
        needed_s = float(np.mean(self.seconds_per_frame[-5:])) * frames_left
        return max(1, min(frames_left, int(np.ceil(needed_s / max(left_s, 0.1)))))

    def _picture(self, picture: DemoImage, cues: list[Cue], intrinsics: np.ndarray | None) -> None:
        started = time.monotonic()
        answers = self._operator.show(picture, self._stamp_ns, intrinsics, ANSWER_S)
        if intrinsics is not None:
            self.seconds_per_frame.append(time.monotonic() - started)
        self._follow(picture, answers)
        for cue in cues:
            answers = self._cue(cue, picture, answers, intrinsics)
        if intrinsics is not None and answers.spatial:
            self._place(picture, answers, intrinsics)
        self.overlays.append((picture.name, answers.overlay))

    def _cue(
        self, cue: Cue, picture: DemoImage, before: Answers, intrinsics: np.ndarray | None
    ) -> Answers:
        """Give one prompt and note what came of it."""
        depth_m = None if picture.depth_mm is None else picture.depth_mm * 0.001
        asked = cue.make(
            OperatorView(picture.truth, before.labels, self._ids, depth_m, intrinsics)
        )
        if isinstance(asked, SpatialClick):
            status, answers, took_s = self._operator.click(asked, ANSWER_S)
        else:
            name = f"demo-{len(self.results) + 1}"
            prompt = dataclasses.replace(asked, id=name, source="demo", stamp_ns=self._stamp_ns)
            status, answers, took_s = self._operator.ask(prompt, ANSWER_S)
        if status.instance_id:
            self._ids[cue.name] = status.instance_id
        result = CueResult(
            cue.name,
            CODES[status.code],
            status.message,
            status.instance_id,
            _score(answers, status.instance_id),
            self._overlap(picture, answers, status.instance_id, cue.truth_id),
            took_s,
            answers.overlay,
            cue.truth_id,
        )
        self.results.append(result)
        return answers

    def _place(self, picture: DemoImage, answers: Answers, intrinsics: np.ndarray) -> None:
        """Compare the instances in space with the truth, and draw them."""
        things = []
        for result in {item.instance_id: item for item in reversed(self.results)}.values():
            solid = picture.solids.get(result.truth_id)
            if solid is None or not result.instance_id:
                continue
            placed = place(result.name, result.instance_id, solid, answers)
            if placed is not None:
                points = answers.points(result.instance_id)
                things.append(SeenThing(result.instance_id, placed, points))
        self.placed += [thing.placed for thing in things]
        if things:
            self.spatial_picture = draw(answers.overlay, things, intrinsics)

    def _follow(self, picture: DemoImage, answers: Answers) -> None:
        """Compare the instances made earlier with the truth of a new frame."""
        for result in self.results:
            overlap = self._overlap(picture, answers, result.instance_id, result.truth_id)
            if overlap is not None:
                result.later.append(overlap)

    @staticmethod
    def _overlap(
        picture: DemoImage, answers: Answers, instance_id: int, truth_id: int
    ) -> float | None:
        if picture.truth is None or not truth_id or not instance_id:
            return None
        return iou(answers.labels == instance_id, picture.truth == truth_id)


def _score(answers: Answers, instance_id: int) -> float | None:
    instance = answers.instance(instance_id)
    return None if instance is None else float(instance.score)
