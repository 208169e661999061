"""What a node lets go when it is cleaned up: nothing is left to the garbage collector."""

import gc
import os
import platform
import weakref
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")


from seem_ros import srv
from seem_ros.prompts import Prompt
from seem_ros.ros.messages.prompt_messages import prompt_to_message
from seem_ros.ros.node import seem_node
from support.node_bench import Bench, GatedSegmenter
from support.transitions import DOWN, UP, change


def resident_mb() -> float:
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries keep nothing")
def test_while_it_runs_it_gives_back_what_large_frames_needed(ros, monkeypatch):
    monkeypatch.setattr(seem_node, "TIDY_S", 0.2)
    parts = [bytearray(60_000) for _ in range(6000)]  # too small to be mapped one by one
    held = parts[::100]  # so that the end of the heap stays in use
    full = resident_mb()
    del parts
    with Bench() as bench:
        bench.until(lambda: resident_mb() < full - 200)
    assert len(held) == 60


def test_nothing_of_model_tracker_and_pipeline_lives_after_cleanup(ros):
    with Bench() as bench:
        change(bench, UP)
        bench.see()
        prompt = prompt_to_message(Prompt(points=[(30, 40, 1)]))
        assert bench.call("/seem_node/add_prompt", srv.AddPrompt, prompt=prompt).success
        bench.see()
        worker = bench.worker
        parts = {
            "pipeline": bench.pipeline,
            "worker": worker,
            "tracker": worker.tracker,
            "model": bench.segmenter,
            "view": worker.view,
            "picture": worker.tracker.state.frame,
        }
        held = {name: weakref.ref(part) for name, part in parts.items()}
        del worker, parts
        bench.segmenter = GatedSegmenter()
        gc.disable()
        try:
            change(bench, DOWN)
            alive = [name for name, part in held.items() if part() is not None]
        finally:
            gc.enable()
        assert alive == []
