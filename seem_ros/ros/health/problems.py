"""What is wrong at the moment, said once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from seem_ros.ros.one_line import one_line

_LONGEST = 500  # characters: what is wrong, and what to do

if TYPE_CHECKING:
    from rclpy.impl.rcutils_logger import RcutilsLogger


class Problems:
    """Keeps one message per subject; a subject is logged when it turns bad and when it is well.

    Attributes:
        logger: takes the lines.

    """

    def __init__(self, logger: RcutilsLogger) -> None:
        """Start without problems."""
        self.logger = logger
        self._current: dict[str, str] = {}

    @property
    def current(self) -> dict[str, str]:
        """Subject -> message, of what is wrong now; a copy: other threads note problems."""
        return dict(self._current)

    def note(self, subject: str, message: str) -> None:
        """Note that a subject has a problem; log it unless it had one already."""
        message = one_line(message, _LONGEST)
        if subject not in self._current:
            self.logger.warning(f"{subject}: {message}")
        self._current[subject] = message

    def set(self, subject: str, message: str) -> None:
        """Note a problem of a subject, or that it has none where the message is empty."""
        if message:
            self.note(subject, message)
        else:
            self.solved(subject)

    def forget(self, subjects: Iterable[str]) -> None:
        """Drop what is wrong with some subjects, which can no longer be known."""
        for subject in subjects:
            self._current.pop(subject, None)

    def solved(self, subject: str) -> None:
        """Note that a subject works; log it when it did not before."""
        if self._current.pop(subject, None) is not None:
            self.logger.info(f"{subject}: works now")
