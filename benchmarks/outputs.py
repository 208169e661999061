"""Cost of the 3-D outputs: 5 instances at 640x480, all subscribed, beside the model's own time.

python -m benchmarks.outputs [--model nano] [--frames 15] [--json OUT]

CPU milliseconds of this process a frame, publishing included; readers are a process of their own.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.tracking import HEIGHT, WIDTH, discs, frame_ms
from seem_ros.demo import environment

COUNT = 5
FOCAL = 525.0
FRAME_ID = "camera_color_optical_frame"
NODE = "outputs_benchmark"
PATIENCE_S = 240.0


def instances(frame: int) -> list:
    """Return the true discs of a frame as instances."""
    from seem_ros.instances import Instance, box_of

    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    found = []
    for number, (x, y, radius) in enumerate(discs(COUNT, frame)[1], start=1):
        mask = (columns - x) ** 2 + (rows - y) ** 2 <= radius**2
        found.append(Instance(number, label=f"disc {number}", mask=mask, box=box_of(mask)))
    return found


def depth_mm(frame: int, rng: np.random.Generator) -> np.ndarray:
    """Return (H, W) uint16: discs at 0.8 m before a wall at 1.2 m, with noise and holes."""
    depth = np.full((HEIGHT, WIDTH), 1200.0)
    for item in instances(frame):
        depth[item.mask] = 800.0
    depth += rng.normal(0, 2, depth.shape)
    depth[rng.random(depth.shape) < 0.01] = 0
    return depth.astype(np.uint16)


class Bench:
    """A node with the 3-D side, fed directly."""

    def __init__(self) -> None:
        """Create the node and the messages of a few frames."""
        from rclpy.lifecycle import LifecycleNode
        from sensor_msgs.msg import CameraInfo
        from std_msgs.msg import Header

        from seem_ros.ros.messages import images
        from seem_ros.ros.messages.frame_result import FrameResult
        from seem_ros.ros.scope import Scope
        from seem_ros.ros.space.inputs import SpatialInputs
        from seem_ros.ros.space.outputs import SpatialOutputs
        from seem_ros.ros.space.parameters import SpatialParameters
        from seem_ros.ros.space.transforms import Transforms

        self.node = LifecycleNode(NODE)
        scope = Scope(self.node)
        self.inputs = SpatialInputs(scope, SpatialParameters, Transforms(self.node))
        self.spatial = SpatialOutputs(scope, self.inputs, SpatialParameters)
        self.node.trigger_configure()
        self.node.trigger_activate()
        k = [FOCAL, 0.0, 319.5, 0.0, FOCAL, 239.5, 0.0, 0.0, 1.0]
        info = CameraInfo(width=WIDTH, height=HEIGHT, k=k, distortion_model="plumb_bob")
        self.inputs.cameras.add(info)
        rng, self.frames = np.random.default_rng(0), []
        for frame in range(8):
            header = Header(frame_id=FRAME_ID)
            header.stamp.sec = frame + 1
            depth = images.image_message(depth_mm(frame, rng), "mono16", header)
            depth.encoding = "16UC1"
            result = FrameResult(header, discs(COUNT, frame)[0], tuple(instances(frame)), 1)
            self.frames.append((depth, result))

    def cost_ms(self, frames: int) -> float:
        """Return the median CPU milliseconds of a frame's 3-D side."""
        from dataclasses import replace

        times = []
        for number in range(frames):
            depth, result = self.frames[number % len(self.frames)]
            fresh = replace(result)
            begin = time.process_time()
            self.inputs.begin(fresh.header)
            self.inputs.depths.add(depth)
            self.spatial.publish(fresh)
            times.append((time.process_time() - begin) * 1000)
        return float(np.median(times))

    def wait_for_readers(self, topics: list[str]) -> None:
        """Wait until every topic has a subscriber."""
        end = time.monotonic() + PATIENCE_S
        while not all(self.node.count_subscribers(f"/{NODE}/{topic}") for topic in topics):
            if time.monotonic() > end:
                raise SystemExit(f"no subscriber on one of {topics}")
            time.sleep(0.05)
        time.sleep(0.5)


def read(topics: list[str]) -> None:
    """Subscribe to topics and read until killed: the other process."""
    import rclpy
    from rclpy.executors import ExternalShutdownException
    from sensor_msgs.msg import PointCloud2
    from visualization_msgs.msg import MarkerArray

    kinds = {"points": PointCloud2, "target_points": PointCloud2, "markers": MarkerArray}
    try:
        from vision_msgs.msg import Detection2DArray, Detection3DArray

        kinds |= {"detections": Detection2DArray, "detections_3d": Detection3DArray}
    except ImportError:
        pass
    rclpy.init()
    node = rclpy.create_node("reader")
    for topic in topics:
        node.create_subscription(kinds[topic], f"/{NODE}/{topic}", lambda message: None, 10)
    with contextlib.suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(node)


def measure(bench: Bench, topics: list[str], frames: int) -> float:
    """Return the cost of a frame with readers on these topics."""
    command = [sys.executable, "-m", "benchmarks.outputs", "--read", *topics]
    reader = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        bench.wait_for_readers(topics)
        bench.cost_ms(3)
        return bench.cost_ms(frames)
    finally:
        reader.send_signal(signal.SIGINT)  # so that it says goodbye to the publishers
        reader.wait()
        end = time.monotonic() + PATIENCE_S
        while any(bench.node.count_subscribers(f"/{NODE}/{topic}") for topic in topics):
            if time.monotonic() > end:
                raise SystemExit("the reader's subscriptions did not go away")
            time.sleep(0.05)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="nano")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--frames", type=int, default=15)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--read", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    environment.isolate(1 + os.getpid() % 100)
    if options.read:
        read(options.read)
        return
    import rclpy

    from seem_ros.segmenter import Segmenter

    rclpy.init()
    bench = Bench()
    figures = {"no subscriber": bench.cost_ms(options.frames)}
    every = ["points", "target_points", "markers"]
    if any(publisher.topic_name.endswith("/detections") for publisher in bench.node.publishers):
        every += ["detections", "detections_3d"]
    for topic in every:
        figures[topic] = measure(bench, [topic], options.frames)
    figures["all together"] = measure(bench, every, options.frames)
    segmenter = Segmenter.from_pretrained(options.model, device=options.device)
    figures["the model itself"] = frame_ms(segmenter, COUNT, options.frames)[1]
    print(f"{COUNT} instances, {WIDTH}x{HEIGHT}, CPU ms a frame, median of {options.frames}")
    for name, value in figures.items():
        print(f"{name:20} {value:8.2f}")
    share = figures["all together"] / figures["the model itself"]
    print(f"3-D outputs add {share:.1%} to {options.model}'s own time")
    if options.json:
        options.json.write_text(json.dumps({**figures, "share": share}, indent=1) + "\n")


if __name__ == "__main__":
    main()
