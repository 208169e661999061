"""Cameras that stop, come back, and change in mid-stream."""

from __future__ import annotations

import time

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages: make setup")

from sensor_msgs.msg import Image

from seem_ros.ros.messages import images, stamps
from support.fault_watch import FaultWatch
from support.node_bench import Bench

FLOOD_S = 4.0


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
    bench.until(lambda: "image" in str(bench.pipeline.monitor.problems.current))
    watch.click()  # on the last image
    watch.all_is_well()


def test_a_camera_that_floods(watch, monkeypatch):
    """120 images a second into a model that does ten: the newest is taken, none waits in line."""
    bench, look = watch.bench, watch.bench.segmenter.look
    monkeypatch.setattr(bench.segmenter, "look", lambda *args: time.sleep(0.1) or look(*args))
    counts = bench.worker.inbox
    before, began_s, sent, ages_s = counts.images_received, time.monotonic(), 0, []
    while time.monotonic() < began_s + FLOOD_S:
        rgb, header = watch.scene(), bench.header()
        watch.note(rgb, header)
        bench.show(rgb, header=header)
        sent += 1
        if sent % 60 == 0:
            watch.click()
        worked_on = bench.worker.view
        ages_s.append(time.monotonic() - worked_on.received_s - worked_on.inference_s)
        time.sleep(max(0.0, began_s + sent / 120 - time.monotonic()))
    received = counts.images_received - before
    assert received > 11 * FLOOD_S, f"the test itself is too slow: {sent} sent"
    assert counts.images_dropped >= received - 11 * FLOOD_S  # what the model cannot do
    assert max(ages_s) < 0.8 * FLOOD_S, "an old image was worked on"
    watch.all_is_well()
    stamps_ns = [stamps.to_ns(message.header.stamp) for message in watch.labels.messages]
    assert stamps_ns == sorted(stamps_ns)


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
