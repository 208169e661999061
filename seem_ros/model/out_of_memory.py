"""What to do when a device has no memory left: free what is cached, and do less at a time.

PyTorch is not imported here: the tracker, which asks this too, runs without it.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

_Row = TypeVar("_Row")
_Result = TypeVar("_Result")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory ran out, on a device or on the host."""
    if isinstance(error, MemoryError) or "OutOfMemory" in type(error).__name__:
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def free() -> None:
    """Give back what PyTorch keeps for later."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def retried(work: Callable[[], _Result]) -> _Result:
    """Return what work gives; where memory runs out, free some and do it once more."""
    try:
        return work()
    except Exception as error:
        if not is_out_of_memory(error):
            raise
    free()  # outside: the error holds on to all that was under way
    return work()


class Portions:
    """Does work on many rows, in portions that fit into memory.

    Attributes:
        most: rows at a time; halved whenever memory runs out, and kept so.
    """

    def __init__(self, most: int | None = None) -> None:
        self.most = most

    def run(
        self, work: Callable[[Sequence[_Row]], list[_Result]], rows: Sequence[_Row]
    ) -> list[_Result]:
        """Return the results of all rows; those of a portion that fails are asked for again.

        Raises:
            torch.OutOfMemoryError: half as many rows at a time are still too many.
        """
        try:
            return self._all(work, rows)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        free()
        at_once = len(rows) if self.most is None else min(self.most, len(rows))
        self.most = max(1, at_once // 2)
        return self._all(work, rows)

    def _all(
        self, work: Callable[[Sequence[_Row]], list[_Result]], rows: Sequence[_Row]
    ) -> list[_Result]:
        step = len(rows) if self.most is None else self.most
        parts = [rows[start : start + step] for start in range(0, len(rows), max(1, step))]
        return [result for part in parts for result in work(part)]
