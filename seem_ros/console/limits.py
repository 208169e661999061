"""Bounds on what one page may do to the server."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """How much is allowed.

    Attributes:
        viewers: pages connected at a time.
        message_bytes: size of one message.
        messages_s: messages a second, on average.
        bytes_s: bytes a second, on average; sound takes 32,000.
        burst_s: so many seconds' worth may come at once.
        waiting: lines that wait for a slow page; older ones are dropped.
        heartbeat_s: a page that answers nothing for about so long is gone.

    """

    viewers: int = 16
    message_bytes: int = 128 * 1024
    messages_s: float = 80.0
    bytes_s: float = 256 * 1024.0
    burst_s: float = 3.0
    waiting: int = 64
    heartbeat_s: float = 20.0


class Bucket:
    """Counts what is used against what flows in: a token bucket."""

    def __init__(
        self, rate: float, burst_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Allow `rate` units a second on average and `burst_s` seconds' worth at once."""
        self._rate = rate
        self._capacity = rate * burst_s
        self._level = self._capacity
        self._clock = clock
        self._filled_s = clock()

    def take(self, amount: float) -> bool:
        """Use so much, if it is allowed; return whether it was."""
        now_s = self._clock()
        self._level = min(self._capacity, self._level + (now_s - self._filled_s) * self._rate)
        self._filled_s = now_s
        if amount > self._level:
            return False
        self._level -= amount
        return True
