"""What is wrong at the moment, said once."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
        if subject not in self._current:
            self.logger.warning(f"{subject}: {message}")
        self._current[subject] = message

    def solved(self, subject: str) -> None:
        """Note that a subject works; log it when it did not before."""
        if self._current.pop(subject, None) is not None:
            self.logger.info(f"{subject}: works now")
