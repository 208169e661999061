"""Services that wait for the worker: what comes back, and why nothing does."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

from seem_ros.prompts import Prompt
from seem_ros.ros.node.inbox import Inbox
from seem_ros.ros.node.queued_prompt import Outcome, QueuedPrompt
from seem_ros.ros.node.waiting import done_by_worker, end_of

LATE = "no answer of the model within 0.2 s (segment_timeout)"


@pytest.fixture
def parts():
    """An open inbox behind what the services know; nobody works on it."""
    inbox = Inbox()
    inbox.open()
    return SimpleNamespace(
        worker=SimpleNamespace(inbox=inbox), parameters=SimpleNamespace(segment_timeout=0.2)
    )


def _worked(parts):
    """Do the next job in another thread."""

    def work():
        inbox = parts.worker.inbox
        with inbox.lock:
            inbox.lock.wait_for(lambda: inbox.has_work)
        job, future = inbox.take_job()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(job())
        except Exception as error:  # noqa: BLE001 as the worker does
            future.set_exception(error)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def _raise(error):
    raise error


@pytest.mark.parametrize(
    ("job", "wanted"),
    [
        (lambda: 7, (7, "")),
        (lambda: _raise(ValueError("two\nlines")), (None, "two lines")),
        (lambda: _raise(OSError("disk is full")), (None, "disk is full")),
        (
            lambda: _raise(RuntimeError("odd shapes")),
            (None, "an image could not be worked on: RuntimeError: odd shapes"),
        ),
    ],
)
def test_a_job_gives_its_result_or_the_reason(parts, job, wanted):
    thread = _worked(parts)
    assert done_by_worker(parts, job) == wanted
    thread.join()


def test_what_takes_too_long_says_so(parts):
    assert done_by_worker(parts, lambda: 7) == (None, LATE)
    job, future = parts.worker.inbox.take_job()
    assert future.cancelled()  # the worker will not begin it


def test_a_closed_node_says_so(parts):
    parts.worker.inbox.close()
    assert done_by_worker(parts, lambda: 7) == (None, "the node is not active")


def test_the_end_of_a_prompt(parts):
    ended = QueuedPrompt(Prompt(text="mug"))
    ended.finish(Outcome("done", "new instance 4", 4))
    assert end_of(parts, ended).instance_id == 4
    waiting = QueuedPrompt(Prompt(text="mug"))
    outcome = end_of(parts, waiting)
    assert (outcome.code, outcome.message, waiting.abandoned) == ("refused", LATE, True)
