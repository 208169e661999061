"""A mailbox for one item: only the newest frame is ever worked on."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Mailbox(Generic[Item]):
    """Holds the newest item; an item that is replaced before it was taken counts as dropped.

    Attributes:
        received: items put in so far.
        dropped: items replaced or cleared before they were taken.

    """

    def __init__(self) -> None:
        """Start empty, with both counters at 0."""
        self._lock = threading.Lock()
        self._item: Item | None = None
        self.received = 0
        self.dropped = 0

    def __bool__(self) -> bool:
        """Whether an item waits."""
        return self._item is not None

    def put(self, item: Item) -> None:
        """Put an item in the place of the one that waits, if any."""
        with self._lock:
            self.received += 1
            self.dropped += self._item is not None
            self._item = item

    def take(self) -> Item | None:
        """Take the item out; None if there is none."""
        with self._lock:
            item, self._item = self._item, None
            return item

    def clear(self) -> None:
        """Drop the item that waits, if any."""
        with self._lock:
            self.dropped += self._item is not None
            self._item = None
