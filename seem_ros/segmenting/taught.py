"""Taught: what has to be known of things that an operator showed."""

from __future__ import annotations

from typing import Protocol

from seem_ros.segmenting.memory import Remembered


class Taught(Protocol):
    """Things with names of the operator's own, such as a Library."""

    @property
    def names(self) -> tuple[str, ...]:
        """All names, as they were given."""
        ...

    def __contains__(self, name: str) -> bool:
        """Tell whether there is a thing of this name, however it is written."""
        ...

    def views(self, name: str) -> list[Remembered]:
        """What is remembered of a thing; nothing for a name that is not known."""
        ...
