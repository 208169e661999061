"""A prompt on its way through the worker, and its outcome."""

from __future__ import annotations

import dataclasses
import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from seem_ros.prompts import Prompt
from seem_ros.ros.messages.frames import FrameResult
from seem_ros.tracking.config import REFUSED, PromptReport

_numbers = itertools.count(1)


@dataclass(frozen=True, eq=False)
class Outcome:
    """How a prompt ended.

    Attributes:
        code: "done", "refused" or "not_found".
        message: for a person.
        instance_id: the instance made, changed or removed; 0 is none.
        result: the frame it was applied to; None when refused before any.
        created: ids that this prompt brought into being; known for exclusive requests only.

    """

    code: str
    message: str
    instance_id: int = 0
    result: FrameResult | None = None
    created: tuple[int, ...] = ()


class Request:
    """One prompt that somebody may wait for.

    Attributes:
        prompt: as given, with an id of its own if it had none.
        exclusive: it is applied to a frame alone, so that its instances are known.
        prepare: called with the outcome on the worker's thread, while the frame's depth and masks
            are at hand; what it returns becomes `prepared`.
        outcome: how it ended, None before.

    """

    def __init__(
        self,
        prompt: Prompt,
        *,
        exclusive: bool = False,
        prepare: Callable[[Outcome], Any] | None = None,
    ) -> None:
        """Wrap a prompt."""
        self.prompt = dataclasses.replace(prompt, id=prompt.id or f"prompt-{next(_numbers)}")
        self.exclusive = exclusive
        self.prepare = prepare
        self.prepared: Any = None
        self.outcome: Outcome | None = None
        self.abandoned = False
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def finish(self, outcome: Outcome) -> bool:
        """Set the outcome and wake who waits; False when it was abandoned before."""
        prepared = self.prepare(outcome) if self.prepare and not self.abandoned else None
        with self._lock:
            if not self.abandoned:
                self.outcome, self.prepared = outcome, prepared
        self._ended.set()
        return not self.abandoned

    def abandon(self) -> bool:
        """Wake who waits and ask that it leaves no trace; False when it has ended before."""
        with self._lock:
            if self.outcome is None:
                self.abandoned = True
        self._ended.set()
        return self.abandoned

    def wait(self, timeout_s: float | None = None) -> Outcome | None:
        """Wait for the outcome; None if abandoned or not ended within `timeout_s` seconds."""
        self._ended.wait(timeout_s)
        return self.outcome


def drawable(
    prompts: Sequence[Prompt], reports: Sequence[PromptReport], size: tuple[int, int]
) -> tuple[Prompt, ...]:
    """Return what the overlay can show: the drawn prompts that were not refused.

    Args:
        prompts: of one step.
        reports: of the tracker, one each.
        size: (height, width) of the image, whose pixels the result is in.

    """
    return tuple(
        prompt.validated(*size, has_instance=True)
        for prompt, report in zip(prompts, reports, strict=True)
        if report.code != REFUSED and prompt.has_spatial
    )
