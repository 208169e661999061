"""builtin_interfaces/Time and nanoseconds."""

from __future__ import annotations

from typing import Any

_SECOND = 1_000_000_000


def to_ns(time: Any) -> int:
    """Return the nanoseconds of a builtin_interfaces Time or Duration."""
    return time.sec * _SECOND + time.nanosec


def to_time(stamp_ns: int) -> Any:
    """Return nanoseconds since the epoch as builtin_interfaces/Time."""
    from builtin_interfaces.msg import Time

    sec, nanosec = divmod(stamp_ns, _SECOND)
    return Time(sec=sec, nanosec=nanosec)
