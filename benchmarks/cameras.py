"""Two cameras: one process with one model, against a process each; and a batch of two images.

python -m benchmarks.cameras [--model nano] [--seconds 20] [--rounds 3] [--json OUT]

Both cameras show pictures of 640x480 with discs, five of which are followed in each, faster than
they can be worked on. Processes are compared in turns, since a machine is seldom idle throughout.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.processes import cpu_s, memory_mib
from benchmarks.tracking import discs
from seem_ros import resources
from seem_ros.demo import environment

PATIENCE_S = 400.0
COUNT = 5
RATE_HZ = 10.0
CAMERAS = ("front", "wrist")
FIGURES = ("memory (MiB)", "resident, added up (MiB)", "images a second", "CPU ms an image")


class Camera:
    """Shows pictures without pause, and counts what comes back.

    Attributes:
        records: how many came.
        status: the last one.

    """

    def __init__(self, node: Any, name: str, segmenter: str) -> None:
        """Publish on NAME/image; `segmenter` is the prefix of the outputs."""
        from sensor_msgs.msg import Image

        from seem_ros.msg import InstanceArray, Prompt, Status
        from seem_ros.ros import qos

        self.records, self.status = 0, None
        self._node, self._frame = node, 0
        self._pictures = [discs(COUNT, frame)[0] for frame in range(40)]
        self._image = node.create_publisher(Image, f"/{name}/image", qos.newest())
        self._prompt = node.create_publisher(Prompt, f"{segmenter}/prompt", qos.reliable())
        self._held = [
            node.create_subscription(
                InstanceArray, f"{segmenter}/instances", self._on_record, qos.newest()
            ),
            node.create_subscription(
                Status, f"{segmenter}/status", self._on_status, qos.latched()
            ),
            node.create_timer(1 / RATE_HZ, self._show),
        ]

    def _on_record(self, _: Any) -> None:
        self.records += 1

    def _on_status(self, status: Any) -> None:
        self.status = status

    def _show(self) -> None:
        from std_msgs.msg import Header

        from seem_ros.ros.messages import images

        picture = self._pictures[self._frame % len(self._pictures)]
        self._frame += 1
        header = Header(stamp=self._node.get_clock().now().to_msg(), frame_id="camera")
        self._image.publish(images.image_message(picture, "rgb8", header))

    def follow(self) -> None:
        """Ask for the discs and wait until all are followed."""
        from geometry_msgs.msg import Point32

        from seem_ros.msg import Prompt

        self._wait(lambda: self.status is not None and self.status.state == self.status.RUNNING)
        for x, y, _ in discs(COUNT, 0)[1]:
            self._prompt.publish(Prompt(mode=0, points=[Point32(x=float(x), y=float(y))]))
        self._wait(lambda: self.status is not None and self.status.instance_count >= COUNT - 1)

    def _wait(self, done: Any) -> None:
        end = time.monotonic() + PATIENCE_S
        while not done():
            if time.monotonic() > end:
                raise SystemExit(f"seem_node does not do what it should, it says {self.status}")
            time.sleep(0.1)

    def destroy(self) -> None:
        """Show no more."""
        self._node.destroy_timer(self._held[2])
        for subscription in self._held[:2]:
            self._node.destroy_subscription(subscription)
        for publisher in (self._image, self._prompt):
            self._node.destroy_publisher(publisher)


@contextlib.contextmanager
def nodes(commands: list[tuple[str, ...]], folder: Path) -> Iterator[list[int]]:
    """Run a seem_node for each list of ROS arguments; yield the process ids."""
    from seem_ros.demo.node_process import NodeProcess

    with contextlib.ExitStack() as stack:
        running = [
            stack.enter_context(
                NodeProcess(resources.config_path("seem.yaml"), folder / f"{index}.log", command)
            )
            for index, command in enumerate(commands)
        ]
        yield [each.pid for each in running]


def measured(
    node: Any, segmenters: dict[str, str], commands: list[tuple[str, ...]], seconds: float
) -> dict[str, float]:
    """Return the figures of one arrangement; `segmenters` is camera -> prefix of its outputs."""
    with tempfile.TemporaryDirectory() as folder, nodes(commands, Path(folder)) as pids:
        cameras = [Camera(node, name, prefix) for name, prefix in segmenters.items()]
        for camera in cameras:
            camera.follow()
        time.sleep(2.0)
        before, used, began = [c.records for c in cameras], cpu_s(pids), time.monotonic()
        time.sleep(seconds)
        counts = [camera.records - count for camera, count in zip(cameras, before, strict=True)]
        used, lasted = cpu_s(pids) - used, time.monotonic() - began
        proportional, resident = memory_mib(pids)
        for camera in cameras:
            camera.destroy()
    figures = (proportional, resident, sum(counts) / lasted, used / sum(counts) * 1000)
    found = dict(zip(FIGURES, figures, strict=True))
    rates = {f"images a second, {n}": c / lasted for n, c in zip(segmenters, counts, strict=True)}
    return found | rates


def arrangements(model: str) -> dict[str, tuple[dict[str, str], list[tuple[str, ...]]]]:
    """Return name -> prefixes of the cameras' outputs, and the ROS arguments of each process."""
    common = ("-p", f"model:={model}", "-p", "device:=cpu", "-p", "use_depth:=false")
    one = ("-r", "__node:=both", "-p", f"cameras:=[{','.join(CAMERAS)}]", *common)
    each: list[tuple[str, ...]] = [
        ("-r", f"__node:={name}_node", "-r", f"image:=/{name}/image", *common) for name in CAMERAS
    ]
    return {
        "one process": ({name: f"/both/{name}" for name in CAMERAS}, [one]),
        "two processes": ({name: f"/{name}_node" for name in CAMERAS}, each),
    }


def batch_ms(model: str, repeats: int) -> tuple[float, float]:
    """Return the median milliseconds of two images encoded one after the other, and in a batch."""
    import torch

    from seem_ros.model.preprocess import prepare_on
    from seem_ros.segmenter import Segmenter

    segmenter = Segmenter.from_pretrained(model, device="cpu")
    network, config = segmenter.model, segmenter.model.config.input
    prepared = [
        prepare_on(discs(COUNT, frame)[0], config, segmenter.device)[0] for frame in (0, 9)
    ]
    two = torch.cat(prepared).to(memory_format=torch.channels_last)
    times: dict[str, list[float]] = {"apart": [], "batch": []}
    with torch.inference_mode():
        for _ in range(repeats + 2):
            begin = time.perf_counter()
            for image in two.split(1):
                network.encode_image(image)
            middle = time.perf_counter()
            network.encode_image(two)
            times["apart"].append((middle - begin) * 1000)
            times["batch"].append((time.perf_counter() - middle) * 1000)
    apart, batch = (statistics.median(values[2:]) for values in times.values())
    return apart, batch


def compared(model: str, seconds: float, rounds: int) -> dict[str, dict[str, float]]:
    """Return the median figures of each arrangement."""
    import rclpy
    from rclpy.executors import SingleThreadedExecutor

    node, executor = rclpy.create_node("cameras_benchmark"), SingleThreadedExecutor()
    executor.add_node(node)
    threading.Thread(target=executor.spin, daemon=True).start()
    runs: dict[str, list[dict[str, float]]] = {}
    for _ in range(rounds):
        for name, (segmenters, commands) in arrangements(model).items():
            runs.setdefault(name, []).append(measured(node, segmenters, commands, seconds))
    return {
        name: {key: statistics.median(run[key] for run in found) for key in found[0]}
        for name, found in runs.items()
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="nano")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    environment.isolate(1 + os.getpid() % 100)
    import rclpy

    rclpy.init()
    apart, batch = batch_ms(options.model, 10)
    print(f"two images encoded: {apart:.0f} ms apart, {batch:.0f} ms in a batch", flush=True)
    found = compared(options.model, options.seconds, options.rounds)
    one, two = found.values()
    print(f"{os.cpu_count()} cores with a load of {os.getloadavg()[0]:.1f}")
    print(f"{'':26}" + "".join(f"{name:>16}" for name in found) + f"{'ratio':>8}")
    for key in one:
        print(f"{key:26}{one[key]:16.1f}{two[key]:16.1f}{one[key] / two[key]:8.2f}")
    if options.json:
        found["batch"] = {"apart (ms)": apart, "batch (ms)": batch}
        options.json.write_text(json.dumps(found, indent=1) + "\n")
    sys.stdout.flush()
    os._exit(0)  # the executor's thread never ends by itself


if __name__ == "__main__":
    main()
