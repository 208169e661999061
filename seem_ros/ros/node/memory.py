"""Give memory back at once, instead of whenever the garbage collector happens to run."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
import time
import weakref
from collections.abc import Sequence
from typing import Any

_PATIENCE_S, _PAUSE_S = 2.0, 0.02


def release(parts: Sequence[weakref.ref[Any]]) -> None:
    """Free parts of the node that were destroyed, all that belongs to them, and GPU memory.

    The executor's thread refers to entities that are gone until it lists them anew, so this may
    take a moment; after two seconds it is left to the garbage collector.
    """
    deadline_s = time.monotonic() + _PATIENCE_S
    gc.collect()  # publishers, callbacks and the parts they belong to refer to one another
    while any(part() is not None for part in parts) and time.monotonic() < deadline_s:
        time.sleep(_PAUSE_S)
        gc.collect()
    torch = sys.modules.get("torch")  # not imported here: the node may run another model
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
    give_back_unused()


def give_back_unused() -> None:
    """Give the pages that hold nothing any more back to the system.

    The C library keeps what large frames needed at a time, up to a gigabyte.
    """
    with contextlib.suppress(OSError, AttributeError):  # other C libraries do not need it
        ctypes.CDLL(None).malloc_trim(0)
