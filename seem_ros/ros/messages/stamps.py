"""builtin_interfaces/Time and nanoseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from builtin_interfaces.msg import Duration, Time

_SECOND = 1_000_000_000


def to_ns(time: Time | Duration) -> int:
    """Return the nanoseconds of a time or duration."""
    return time.sec * _SECOND + time.nanosec


def to_time(stamp_ns: int) -> Time:
    """Return nanoseconds since the epoch as a message."""
    from builtin_interfaces.msg import Time

    sec, nanosec = divmod(stamp_ns, _SECOND)
    return Time(sec=sec, nanosec=nanosec)
