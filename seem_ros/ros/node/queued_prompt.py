"""A prompt on its way through the worker, and its outcome."""

from __future__ import annotations

import dataclasses
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from seem_ros.prompts import Prompt
from seem_ros.ros.messages.frame_result import FrameResult

if TYPE_CHECKING:
    from seem_ros.action import Segment

_numbers = itertools.count(1)


@dataclass(frozen=True, eq=False)
class Outcome:
    """How a prompt ended.

    Attributes:
        code: "done", "refused" or "not_found".
        message: for a person.
        instance_id: the instance made, changed or removed; 0 is none.
        result: the frame it was applied to; None when it was applied to none.
        created: ids that this prompt brought into being; known for exclusive prompts only.

    """

    code: Literal["done", "refused", "not_found"]
    message: str
    instance_id: int = 0
    result: FrameResult | None = None
    created: tuple[int, ...] = ()


class QueuedPrompt:
    """One prompt that somebody may wait for.

    Attributes:
        prompt: as given, with an id of its own if it had none.
        exclusive: it is applied to a frame alone, so that its instances are known.
        prepared: what `prepare` returned, None before.
        outcome: how it ended, None before.
        abandoned: nobody wants it any more.

    """

    def __init__(
        self,
        prompt: Prompt,
        on_end: Callable[[QueuedPrompt, Outcome], None] = lambda queued, outcome: None,
        *,
        exclusive: bool = False,
        prepare: Callable[[Outcome], Segment.Result | None] | None = None,
    ) -> None:
        """Wrap a prompt.

        Args:
            prompt: with an id or none.
            on_end: told how it ended, unless it was abandoned before.
            exclusive: see above.
            prepare: called with the outcome on the worker's thread, while the frame's depth and
                masks are at hand.

        """
        self.prompt = dataclasses.replace(prompt, id=prompt.id or f"prompt-{next(_numbers)}")
        self.exclusive = exclusive
        self.prepared: Segment.Result | None = None
        self.outcome: Outcome | None = None
        self.abandoned = False
        self._on_end = on_end
        self._prepare = prepare
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def finish(self, outcome: Outcome) -> bool:
        """Set the outcome and wake who waits; False when it was abandoned before."""
        prepared = self._prepare(outcome) if self._prepare and not self.abandoned else None
        with self._lock:
            if not self.abandoned:
                self.outcome, self.prepared = outcome, prepared
        self._ended.set()
        if self.abandoned:
            return False
        self._on_end(self, outcome)
        return True

    def refuse(self, reason: str) -> None:
        """End it without having applied it to a frame."""
        self.finish(Outcome("refused", reason))

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
