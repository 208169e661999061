"""Thresholds of the tracker and the report it gives on each prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ClickMode = Literal["auto", "new", "refine"]
ReportCode = Literal["accepted", "refused", "not_found", "done"]

ACCEPTED: ReportCode = "accepted"
REFUSED: ReportCode = "refused"
NOT_FOUND: ReportCode = "not_found"
DONE: ReportCode = "done"


@dataclass(frozen=True)
class PromptReport:
    """What became of one prompt.

    Attributes:
        prompt_id: the prompt's own id.
        code: "accepted", "refused", "not_found" or "done" (for commands).
        message: one line for the operator.
        instance_id: the instance it made, changed or removed; 0 for none.

    """

    prompt_id: str
    code: ReportCode
    message: str
    instance_id: int = 0


@dataclass(frozen=True)
class TrackerConfig:
    """How the tracker decides. Scores and similarities are 0..1, times in seconds.

    Attributes:
        click_mode: where a click without an instance id goes: "auto" refines the instance under
            it and else starts a new one, "new" always starts one, "refine" goes to the instance
            under it or else to the selected one.
        max_instances: most instances at a time.
        tracked_score: confidence from which an instance is "tracked".
        lost_score: confidence below which it was not seen in a frame.
        lost_after: frames in a row without being seen until it is "lost".
        refind_score: confidence a lost instance needs to come back.
        refind_similarity: likeness in colour to its memory a lost instance needs to come back.
        least_similarity: the same below which a mask is not the instance.
        refind_likeness: likeness in the model's features a lost instance needs to come back.
        refind_margin: how much more like the instance than like its surroundings a lost one needs
            to be to come back, a difference of cosines.
        least_likeness: the same below which a mask is not the instance.
        least_area: pixels a mask needs.
        interior_clicks: clicks put into the previous mask for the next frame.
        smoothing: weight of what is expected against the model's answer, 0..1; where the motion
            alone tells what to expect and cannot be trusted, down to 0.
        reach: how far an object grows in a frame, as a share of the square root of its area, where
            the motion can be trusted.
        farthest_reach: the same where it cannot.
        recall: weight of where the picture looks like the instance in its prompted frames, against
            where the motion expects it, 0..1.
        overlap_bonus: how much a pixel's owner is preferred over a better scored newcomer.
        covered_bonus: how much an instance that others cover is preferred in what they share.
        duplicate_iou: overlap from which two instances are taken for one thing.
        memory_score: confidence a frame needs to be remembered.
        memory_frames: unprompted frames remembered an instance.
        memory_prompted: prompted frames remembered an instance.
        watch_every: frames between two looks for new matches of a tracked text.
        search_each_frame: lost instances looked for in one frame.
        search_places: places where each of them is looked for.
        whole_every: frames after which the model looks at the whole picture for an instance;
            between them it looks at its surroundings, which costs a fraction.
        small_area: share of the picture below which a thing is small.
        small_detail: while small things are in view, pictures are read at so many times the
            model's input size, which costs about its square; 1 for never.
        history_s: how far back a prompt's stamp can reach.
        reorder_s: a stamp this much older than the newest is a late frame, which is skipped;
            older ones mean that time started again.
        gap_s: without frames for longer, motion is not estimated.
        trust_masks: a prompt that is only a mask is taken as it is, not as a rough hint.
        undo_depth: prompts that can be undone.

    """

    click_mode: ClickMode = "auto"
    max_instances: int = 20
    tracked_score: float = 0.5
    lost_score: float = 0.25
    lost_after: int = 3
    refind_score: float = 0.5
    refind_similarity: float = 0.7
    least_similarity: float = 0.3
    refind_likeness: float = 0.7
    refind_margin: float = 0.0
    least_likeness: float = 0.6
    least_area: int = 16
    interior_clicks: int = 2
    smoothing: float = 0.35
    reach: float = 0.3
    farthest_reach: float = 0.6
    recall: float = 0.7
    overlap_bonus: float = 0.2
    covered_bonus: float = 0.3
    duplicate_iou: float = 0.7
    memory_score: float = 0.6
    memory_frames: int = 4
    memory_prompted: int = 4
    watch_every: int = 5
    search_each_frame: int = 2
    search_places: int = 2
    whole_every: int = 8
    small_area: float = 0.01
    small_detail: float = 1.5
    history_s: float = 2.0
    reorder_s: float = 1.0
    gap_s: float = 2.0
    trust_masks: bool = False
    undo_depth: int = 50

    def __post_init__(self) -> None:
        """Raise ValueError for values that make no sense."""
        if self.click_mode not in ("auto", "new", "refine"):
            raise ValueError(f"click_mode must be auto, new or refine, got {self.click_mode!r}")
        for name in ("tracked_score", "lost_score", "refind_score", "memory_score"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be in 0..1, got {getattr(self, name)}")
        if self.lost_score > self.tracked_score:
            raise ValueError(
                f"lost_score ({self.lost_score}) must not exceed tracked_score "
                f"({self.tracked_score})"
            )
        counts = ("max_instances", "lost_after", "interior_clicks", "watch_every", "undo_depth")
        counts += ("whole_every",)
        for name in counts:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
