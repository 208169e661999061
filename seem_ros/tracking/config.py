"""What users set of the tracker, and the report it gives on each prompt.

Constants that were tuned once for all stand beside the code they tune, with the reasons.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

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
        others: (H, W) bool masks of the frame, what a click can mean besides; only with
            `show_readings`.

    """

    prompt_id: str
    code: ReportCode
    message: str
    instance_id: int = 0
    others: tuple[np.ndarray, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class TrackerConfig:
    """How the tracker decides.

    Attributes:
        click_mode: where a click without an instance id goes: "auto" refines the instance under
            it and else starts a new one, "new" always starts one, "refine" goes to the instance
            under it or else to the selected one.
        max_instances: most instances at a time.
        tracked_score: confidence from which an instance is "tracked", 0..1.
        lost_score: confidence below which it was not seen in a frame, 0..1.
        small_detail: while small things are in view, pictures are read at so many times the
            model's input size, which costs about its square; 1 for never.
        max_frame_time: seconds after which a step looks at no further instances: they take turns,
            the selected one in each frame, and move on with the motion meanwhile; 0 for no limit.
            With a limit, the machine's speed decides what is looked at.
        trust_masks: a prompt that is only a mask is taken as it is, not as a rough hint.
        show_readings: look for other readings with every click, to be shown; each then costs what
            a first NEXT costs. Else when somebody asks for the next one.

    """

    click_mode: ClickMode = "auto"
    max_instances: int = 20
    tracked_score: float = 0.5
    lost_score: float = 0.25
    small_detail: float = 1.5
    max_frame_time: float = 0.0
    trust_masks: bool = False
    show_readings: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for values that make no sense."""
        if self.click_mode not in ("auto", "new", "refine"):
            raise ValueError(f"click_mode must be auto, new or refine, got {self.click_mode!r}")
        for name in ("tracked_score", "lost_score"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be in 0..1, got {getattr(self, name)}")
        if self.lost_score > self.tracked_score:
            raise ValueError(
                f"lost_score ({self.lost_score}) must not exceed tracked_score "
                f"({self.tracked_score})"
            )
        if not 0 <= self.max_frame_time < math.inf:
            raise ValueError(f"max_frame_time must be 0 s or more, got {self.max_frame_time}")
        if self.max_instances < 1:
            raise ValueError(f"max_instances must be at least 1, got {self.max_instances}")
