"""Cameras that stop, come back, and change in mid-stream."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages: make setup")

from sensor_msgs.msg import Image

from seem_ros.ros.messages import images
from support.fault_watch import FaultWatch
from support.node_bench import Bench


@pytest.fixture
def watch(rclpy):
    """A node that follows a plate, and says quickly that images are missing."""
    with Bench(no_image_timeout=0.3, status_period=0.1) as bench:
        bench.activate()
        yield FaultWatch(bench).begin()


def test_a_camera_that_goes_and_comes_back_with_a_prompt_between(watch):
    bench = watch.bench
    bench.operator.destroy_publisher(bench._publishers.pop("/image"))
    bench.until(lambda: bench.node.count_publishers("/image") == 0)
    bench.until(lambda: "image" in str(bench.node.pipeline.monitor.problems.current))
    watch.click()  # on the last image
    watch.all_is_well()


@pytest.mark.parametrize("encoding", ["bgr8", "rgba8", "bgra8", "no_such"])
def test_another_encoding_and_size_in_mid_stream(watch, encoding):
    bench = watch.bench
    for height, width in ((60, 120), (240, 320), (120, 160)):
        rgb, header = watch.scene(height, width), bench.header()
        watch.note(rgb, header)
        opaque = np.full((height, width, 1), 255, np.uint8)
        order = [2, 1, 0] if encoding.startswith("bgr") else [0, 1, 2]
        pixels = rgb[..., order]
        if encoding.endswith("a8"):
            pixels = np.concatenate([pixels, opaque], axis=2)
        message = Image(header=header, height=height, width=width, encoding=encoding)
        message.step, message.data = width * pixels.shape[2], images.as_bytes(pixels)
        unreadable = bench.worker.unreadable
        bench.send("/image", message)
        if encoding == "no_such":
            bench.until(lambda before=unreadable: bench.worker.unreadable > before)
        else:
            bench.until(lambda rgb=rgb: np.array_equal(bench.worker.view.rgb, rgb))
        watch.click()
    watch.all_is_well()
