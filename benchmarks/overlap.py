"""Frames a second with publishing before the next frame and beside it, in turns of one run.

python -m benchmarks.overlap [--step-ms WAIT PYTHON] [--rounds 4] [--frames 50] [--json OUT]

seem_node is in this process and follows five instances at 640x480 on the CPU; its readers, of
instances, label image and compressed overlay, are a process of their own. Images come as fast as
they are taken. With --step-ms a step of the model is replaced by a wait, as for a GPU, and by
Python that keeps the interpreter to itself, so that only the node is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.tracking import discs
from seem_ros.demo import environment

COUNT, PICTURES, RATE_HZ = 5, 30, 30
TOPICS = ("instances", "label_image", "overlay/compressed")
PATIENCE_S = 60.0


def read() -> None:
    """Subscribe to the topics until killed: the other process."""
    import rclpy
    from sensor_msgs.msg import CompressedImage, Image

    from seem_ros.msg import InstanceArray

    rclpy.init()
    node = rclpy.create_node("reader")
    for topic, kind in zip(TOPICS, (InstanceArray, Image, CompressedImage), strict=True):
        node.create_subscription(kind, f"/seem_node/{topic}", lambda message: None, 10)
    rclpy.spin(node)


class Bench:
    """A node with five instances, and images for it."""

    def __init__(self, step_ms: list[float] | None) -> None:
        """Bring the node up and box the instances."""
        import rclpy
        from rclpy.parameter import Parameter

        from seem_ros.ros.node.executor import NodeExecutor
        from seem_ros.ros.node.seem_node import SeemNode

        rclpy.init()
        values = {"device": "cpu", "second_eye": False, "max_image_age": 0.0}
        self.node = SeemNode(
            parameter_overrides=[Parameter(k, value=v) for k, v in values.items()]
        )
        executor = NodeExecutor()
        executor.add_node(self.node)
        threading.Thread(target=executor.spin, daemon=True).start()
        self.node.trigger_configure()
        self.node.trigger_activate()
        (self.pipeline,) = self.node.cameras.pipelines
        self.pictures = [discs(COUNT, index)[0] for index in range(PICTURES)]
        self.shown = 0
        self._box()
        if step_ms is not None:
            self._replace_step(*(each / 1000 for each in step_ms))

    def show(self) -> None:
        """Put the next image in."""
        from sensor_msgs.msg import Image

        from seem_ros.ros.node.inbox import ReceivedImage

        self.shown += 1
        message = Image()
        message.header.frame_id = "camera"
        message.header.stamp.sec, parts = divmod(self.shown, RATE_HZ)
        message.header.stamp.nanosec = parts * 1_000_000_000 // RATE_HZ
        rgb = self.pictures[self.shown % PICTURES]
        self.pipeline.worker.inbox.put_image(ReceivedImage(message, lambda _: rgb))

    def _box(self) -> None:
        from seem_ros.prompts import Prompt
        from seem_ros.ros.node.queued_prompt import QueuedPrompt

        self.show()
        while self.pipeline.worker.view is None:
            time.sleep(0.01)
        for x, y, r in discs(COUNT, 1)[1]:
            queued = QueuedPrompt(Prompt(boxes=[(x - r, y - r, x + r, y + r)]))
            self.pipeline.worker.inbox.put_prompt(queued)
            queued.wait(PATIENCE_S)

    def _replace_step(self, wait_s: float, python_s: float) -> None:
        tracker = self.pipeline.worker.tracker

        def step(*unused: Any, **also_unused: Any) -> None:
            time.sleep(wait_s)
            end = time.perf_counter() + python_s
            while time.perf_counter() < end:
                pass

        tracker.step = step  # type: ignore[method-assign, assignment]

    def fps(self, frames: int, beside: bool) -> float:
        """Return frames a second, published beside the next frame or before it."""
        hand_over, done = type(self.pipeline).on_result, threading.Semaphore(0)

        def on_result(result: Any) -> None:
            hand_over(self.pipeline, result)
            if not beside:
                self.pipeline.settle()
            done.release()

        self.pipeline.on_result = on_result  # type: ignore[method-assign]
        begin = time.perf_counter()
        for _ in range(frames):
            self.show()
            while self.pipeline.worker.inbox.has_image:
                time.sleep(0.0005)
        for _ in range(frames):
            done.acquire()
        self.pipeline.settle()
        return frames / (time.perf_counter() - begin)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--step-ms", type=float, nargs=2, metavar=("WAIT", "PYTHON"))
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--frames", type=int, default=50)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--read", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    environment.isolate(1 + os.getpid() % 100)
    if options.read:
        read()
        return
    bench = Bench(options.step_ms)
    reader = subprocess.Popen([sys.executable, "-m", "benchmarks.overlap", "--read"])
    try:
        while not all(bench.node.count_subscribers(f"/seem_node/{topic}") for topic in TOPICS):
            time.sleep(0.05)
        rates: dict[str, list[float]] = {"before": [], "beside": []}
        bench.fps(5, beside=True)
        for _ in range(options.rounds):
            for name, each in rates.items():
                each.append(bench.fps(options.frames, name == "beside"))
    finally:
        reader.kill()
        reader.wait()
    step = "nano" if options.step_ms is None else "{} + {} ms".format(*options.step_ms)
    print(f"{COUNT} instances, 640x480, a step is {step}; frames a second, median (each round)")
    for name, each in rates.items():
        rounds = ", ".join(f"{rate:.1f}" for rate in each)
        print(f"{name:8}{statistics.median(each):6.1f}  ({rounds})")
    if options.json:
        options.json.write_text(json.dumps(rates, indent=1) + "\n", encoding="utf-8")
    sys.stdout.flush()
    os._exit(0)  # the executor's thread never ends by itself


if __name__ == "__main__":
    main()
