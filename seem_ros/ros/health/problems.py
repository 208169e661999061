"""What is wrong at the moment, said once."""

from __future__ import annotations

from typing import Any


class Problems:
    """Keeps one message per subject; a subject is logged when it turns bad and when it is well.

    Attributes:
        current: subject -> message, of what is wrong now.

    """

    def __init__(self, logger: Any) -> None:
        """Log to an rclpy logger."""
        self._logger = logger
        self.current: dict[str, str] = {}

    def note(self, subject: str, message: str) -> None:
        """Note that a subject has a problem; log it unless it had one already."""
        if subject not in self.current:
            self._logger.warning(f"{subject}: {message}")
        self.current[subject] = message

    def solved(self, subject: str) -> None:
        """Note that a subject works; log it when it did not before."""
        if self.current.pop(subject, None) is not None:
            self._logger.info(f"{subject}: works now")
