"""Services that wait for the worker: for a job of their own, or for a prompt's end."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable
from typing import TypeVar

from seem_ros.ros.node.inbox import ClosedError
from seem_ros.ros.node.loaded_model import failure_message
from seem_ros.ros.node.parts import NodeParts
from seem_ros.ros.node.queued_prompt import Outcome, QueuedPrompt
from seem_ros.ros.one_line import one_line

_Result = TypeVar("_Result")


def done_by_worker(
    parts: NodeParts, job: Callable[[], _Result]
) -> tuple[_Result, str] | tuple[None, str]:
    """Have the worker do a job within `segment_timeout`.

    A job that began does not end with the wait, so nothing that the service answers may be filled
    in by it.

    Returns:
        What the job returned, None where it came to nothing, and why, on one line.

    """
    limit_s = parts.parameters.segment_timeout
    try:
        future = parts.worker.inbox.put_job(job)
    except ClosedError as error:
        return None, one_line(error)
    try:
        return future.result(timeout=limit_s), ""
    except concurrent.futures.CancelledError:
        return None, "the node was deactivated"
    except concurrent.futures.TimeoutError:  # from Python 3.11 on an OSError, too
        future.cancel()
        return None, too_late(limit_s)
    except (ValueError, OSError) as error:
        return None, one_line(error)
    except (MemoryError, RuntimeError) as error:  # what a model raises
        return None, one_line(failure_message(error))


def end_of(parts: NodeParts, queued: QueuedPrompt) -> Outcome:
    """Return how a prompt ended; one that takes longer than `segment_timeout` is abandoned."""
    limit_s = parts.parameters.segment_timeout
    outcome = queued.wait(limit_s)
    if outcome is None and not queued.abandon():
        outcome = queued.outcome  # it ended just now
    return outcome or Outcome("refused", too_late(limit_s))


def too_late(limit_s: float) -> str:
    """Say that the model took longer than a service waits."""
    return f"no answer of the model within {limit_s:g} s (segment_timeout)"
