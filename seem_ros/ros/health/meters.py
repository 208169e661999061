"""Rates and medians over the last moments, for ~/status and /diagnostics."""

from __future__ import annotations

import statistics
import threading
import time
from collections import deque


class Meter:
    """Events of the last seconds: how many per second, and the median of their values."""

    def __init__(self, window_s: float = 5.0) -> None:
        """Look back `window_s` seconds."""
        self._window_s = window_s
        self._lock = threading.Lock()
        self._events: deque[tuple[float, float]] = deque()

    def add(self, value: float = 0.0, now_s: float | None = None) -> None:
        """Note one event at monotonic time `now_s` (default: now), with a value."""
        with self._lock:
            self._events.append((time.monotonic() if now_s is None else now_s, value))

    def count(self, now_s: float | None = None) -> int:
        """Return how many events lie within the window."""
        return len(self._recent(now_s))

    def rate(self, now_s: float | None = None) -> float:
        """Return events per second within the window, 0 when fewer than two lie in it."""
        events = self._recent(now_s)
        if len(events) < 2:
            return 0.0
        span = events[-1][0] - events[0][0]
        return (len(events) - 1) / span if span > 0 else 0.0

    def median(self, now_s: float | None = None) -> float:
        """Return the median value within the window, 0 when it is empty."""
        values = [value for _, value in self._recent(now_s)]
        return statistics.median(values) if values else 0.0

    def _recent(self, now_s: float | None) -> list[tuple[float, float]]:
        horizon = (time.monotonic() if now_s is None else now_s) - self._window_s
        with self._lock:
            while self._events and self._events[0][0] < horizon:
                self._events.popleft()
            return list(self._events)
