"""An exception at every stage of a step, thrown once: the node goes on as if nothing had been."""

from __future__ import annotations

import functools

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages: make setup")

from seem_ros import msg, srv
from support.fault_watch import FaultWatch
from support.flood_segmenter import FloodPicture
from support.node_bench import Bench


def part_of(bench: Bench, stage: str) -> object:
    """Return what has the method of a stage."""
    pipeline = bench.pipeline
    return {
        "model.look": bench.segmenter,
        "picture.answer": FloodPicture,
        "tracker.skip_if_late": pipeline.worker.tracker,
        "tracker.step": pipeline.worker.tracker,
        "tracker.complete_names": pipeline.worker.tracker,
        "depth.begin": pipeline.spatial_inputs,
        "outputs.publish": pipeline._parts.outputs,
        "spatial.publish": pipeline._parts.spatial,
        "vision.publish": pipeline._vision,
        "monitor.note_result": pipeline.monitor,
    }[stage]


STAGES = {
    "model.look": "look",
    "picture.answer": "answer",
    "tracker.skip_if_late": "skip_if_late",
    "tracker.step": "step",
    "tracker.complete_names": "complete_names",
    "depth.begin": "begin",
    "outputs.publish": "publish",
    "spatial.publish": "publish",
    "vision.publish": "publish",
    "monitor.note_result": "note_result",
}


@pytest.fixture
def watch(rclpy):
    """A node that follows a plate."""
    with Bench() as bench:
        bench.activate()
        yield FaultWatch(bench).begin()


@pytest.mark.parametrize("fault", [RuntimeError, MemoryError, ValueError, KeyError])
@pytest.mark.parametrize("stage", STAGES)
def test_an_exception_at_any_stage_leaves_nothing_wrong(watch, monkeypatch, stage, fault):
    bench = watch.bench
    thrown = break_once(monkeypatch, part_of(bench, stage), STAGES[stage], fault)
    waiting = watch.click()
    show_without_waiting(watch)
    bench.until(lambda: thrown)
    watch.end_of(waiting)
    watch.all_is_well()


@pytest.mark.parametrize("fault", [RuntimeError, MemoryError, ValueError])
def test_an_exception_while_the_image_is_read_leaves_no_prompt_unanswered(
    watch, monkeypatch, fault
):
    bench = watch.bench
    bench.segmenter.gate.clear()
    bench.segmenter.inside.clear()
    show_without_waiting(watch)
    assert bench.segmenter.inside.wait(20.0)
    waiting = watch.click()
    received = bench.worker.inbox.images_received
    show_without_waiting(watch)
    bench.until(lambda: bench.worker.inbox.images_received > received)
    image = bench.worker.inbox._image
    thrown: list[int] = []

    def read(message: object) -> object:
        thrown.append(1)
        raise fault("at the image")

    bench.worker.inbox._image = type(image)(image.message, read)
    bench.segmenter.gate.set()
    bench.until(lambda: thrown)
    watch.end_of(waiting)
    watch.all_is_well()


def test_services_that_wait_are_answered_too(watch, monkeypatch):
    thrown = break_once(
        monkeypatch, part_of(watch.bench, "depth.begin"), STAGES["depth.begin"], RuntimeError
    )
    bench = watch.bench
    bench.segmenter.gate.clear()
    bench.segmenter.inside.clear()
    show_without_waiting(watch)  # the fault
    bench.segmenter.gate.set()
    bench.until(lambda: thrown)
    answer = bench.call("/seem_node/add_prompt", srv.AddPrompt, prompt=msg.Prompt(text="red"))
    assert answer.message
    watch.all_is_well()


def break_once(monkeypatch, part, name, fault) -> list[int]:
    """Let a method raise the next time it is called, only then; return what is filled by it."""
    works, thrown = getattr(part, name), []

    @functools.wraps(works)
    def breaks(*arguments, **named):
        if not thrown:
            thrown.append(1)
            raise fault(f"at {name}")
        return works(*arguments, **named)

    monkeypatch.setattr(part, name, breaks)
    return thrown


def show_without_waiting(watch: FaultWatch) -> None:
    """Show the next frame, which may fail."""
    rgb, header = watch.scene(), watch.bench.header()
    watch.note(rgb, header)
    watch.bench.show(rgb, header=header)
