"""A pick pipeline in a process of its own asks a node in another for a thing by name."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages: make setup")

from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import CameraInfo, Image

from seem_ros.msg import Status
from seem_ros.ros import qos
from seem_ros.ros.messages import images
from support import robot_camera as rig
from support.flood_segmenter import draw_scene

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "examples" / "pick_client.py"
NODE = ROOT / "test" / "support" / "flood_node.py"
PATIENCE_S = 60.0  # a limit for failing, never for passing

# The plates of robot_camera in colours that the flood segmenter knows by name.
RGB = draw_scene([("red", rig.PLATES[1][0]), ("green", rig.PLATES[2][0])], rig.HEIGHT, rig.WIDTH)


class Robot:
    """A camera that shows the plates while it is switched on."""

    def __init__(self) -> None:
        self.node = rclpy.create_node("robot_camera")
        self.with_depth = True
        self._image = self.node.create_publisher(Image, "image", qos.newest())
        self._info = self.node.create_publisher(CameraInfo, "camera_info", qos.newest())
        self._depth = self.node.create_publisher(Image, "depth", qos.newest(5))
        self.statuses: list[Status] = []
        self.node.create_subscription(
            Status, "/seem_node/status", self.statuses.append, qos.latched()
        )
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self._shows = False
        self._showing = threading.Lock()
        self._ended = threading.Event()
        self._stamp_s = 100.0
        self._on_since_s: float | None = None
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()

    def switch_on(self, with_depth: bool = True) -> None:
        with self._showing:
            self.with_depth, self._shows = with_depth, True
            self._on_since_s = self._stamp_s

    def switch_off(self) -> None:
        """Show nothing from now on; an image that is being sent is sent to its end."""
        with self._showing:
            self._shows = False

    def wait_until_dark(self) -> None:
        """Wait until the node misses images, those included that came since the last switch-on.

        Without the stamp, a state from before the camera was switched on would count, and images
        could still be on their way.
        """

        def is_dark(status: Status) -> bool:
            stamp_s = status.header.stamp.sec + status.header.stamp.nanosec / 1e9
            has_seen = self._on_since_s is None or stamp_s > self._on_since_s
            return status.state in (Status.WAITING, Status.STALE) and has_seen

        end = time.monotonic() + PATIENCE_S
        while not (self.statuses and is_dark(self.statuses[-1])):
            states = [status.state for status in self.statuses]
            assert time.monotonic() < end, f"the node's states were {states}"
            time.sleep(0.05)

    def _play(self) -> None:
        shown_s = 0.0
        while not self._ended.is_set():
            self._executor.spin_once(timeout_sec=0.05)
            with self._showing:
                if self._shows and time.monotonic() > shown_s + 0.1:
                    shown_s = time.monotonic()
                    self._show()

    def _show(self) -> None:
        self._stamp_s += 0.125
        header = rig.header(self._stamp_s)
        self._info.publish(rig.camera_info())
        if self.with_depth:
            self._depth.publish(rig.depth_message(rig.depth_image(), self._stamp_s))
        self._image.publish(images.image_message(RGB, "rgb8", header))

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        self.node.destroy_node()


class Pick:
    """A run of the example client."""

    def __init__(self, out: Path, *arguments: str) -> None:
        command = [sys.executable, str(CLIENT), *arguments, "--out", str(out)]
        self.out = out
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stdout:
            self.lines.append(line)

    def until_it_says(self, words: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while not any(words in line for line in self.lines):
            assert time.monotonic() < end, f"never said {words!r}: {self.said}"
            time.sleep(0.05)

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def wait(self) -> int:
        code = self._process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        return code

    @property
    def said(self) -> str:
        return "".join(self.lines)


@pytest.fixture(scope="module")
def robot(ros):
    made = Robot()
    yield made
    made.close()


@pytest.fixture(scope="module")
def node(tmp_path_factory, robot):
    log = tmp_path_factory.mktemp("node") / "log.txt"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, str(NODE)], stdout=file, stderr=subprocess.STDOUT
        )
    robot.wait_until_dark()
    yield
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE_S) == 0


@pytest.fixture(autouse=True)
def dark(robot, node):
    """Start every test with the camera off, and a node that knows it."""
    robot.switch_off()
    robot.wait_until_dark()


def read_ply(path: Path) -> np.ndarray:
    data = path.read_bytes()
    start = data.index(b"end_header\n") + len(b"end_header\n")
    fields = [("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("r", "u1"), ("g", "u1"), ("b", "u1")]
    return np.frombuffer(data[start:], fields)


def test_a_thing_by_name_gives_mask_box_and_cloud_of_one_stamp(robot, tmp_path):
    robot.switch_on()
    pick = Pick(tmp_path, "red", "--timeout", "30")
    assert pick.wait() == 0, pick.said
    record = json.loads((tmp_path / "result.json").read_text())
    mask = cv2.imread(str(tmp_path / "mask.png"), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(mask == 255, rig.plate_mask(1))
    assert set(np.unique(mask)) == {0, 255}
    x0, y0, x1, y1 = rig.PLATES[1][0]
    assert record["box_px"] == [x0, y0, x1 - x0, y1 - y0]
    assert record["frame_id"] == record["cloud"]["frame_id"] == rig.FRAME_ID
    # The client refuses parts of different stamps; this is the stamp that the camera gave.
    assert record["stamp"][0] >= 100
    assert record["stamp"][1] % 125_000_000 == 0
    assert np.allclose(record["box_3d"]["position"], rig.plate_centre(1), atol=0.003)
    assert sorted(record["box_3d"]["size"])[1:] == pytest.approx(
        sorted(rig.plate_size(1)), rel=0.03
    )
    cloud = read_ply(tmp_path / "cloud.ply")
    assert len(cloud) == record["cloud"]["points"] == rig.plate_mask(1).sum()
    centre = [cloud[axis].mean() for axis in "xyz"]
    assert np.allclose(centre, rig.plate_centre(1), atol=1e-4)
    assert (cloud["r"][0], cloud["g"][0], cloud["b"][0]) == (200, 30, 30)


def test_what_is_not_in_view_is_not_found(robot, tmp_path):
    robot.switch_on()
    pick = Pick(tmp_path, "blue", "--timeout", "30")
    assert pick.wait() == 1
    assert "aborted: " in pick.said
    assert "blue" in pick.said
    assert not (tmp_path / "mask.png").exists()


def test_a_cloud_without_depth_fails_with_the_reason(robot, tmp_path):
    robot.switch_on(with_depth=False)
    pick = Pick(tmp_path, "red", "--timeout", "30")
    assert pick.wait() == 1
    assert "no cloud: depth: no depth" in pick.said
    without = Pick(tmp_path, "red", "--timeout", "30", "--no-cloud")
    assert without.wait() == 0, without.said
    assert (tmp_path / "mask.png").exists()
    assert not (tmp_path / "cloud.ply").exists()


def test_without_images_the_time_runs_out(tmp_path):
    pick = Pick(tmp_path, "red", "--timeout", "1")
    assert pick.wait() == 1
    assert "aborted: no image within 1 s" in pick.said


def test_ctrl_c_cancels_the_goal(robot, tmp_path):
    pick = Pick(tmp_path, "red", "--timeout", "50")
    pick.until_it_says("waiting for image")
    pick.interrupt()
    assert pick.wait() == 130
    robot.switch_on()
    assert Pick(tmp_path, "red", "--timeout", "30").wait() == 0, "the node goes on"


def test_a_second_goal_aborts_the_first(robot, tmp_path):
    first = Pick(tmp_path / "first", "red", "--timeout", "50")
    first.until_it_says("waiting for image")
    second = Pick(tmp_path / "second", "green", "--timeout", "50")
    assert first.wait() == 1
    assert "aborted: a newer goal took its place" in first.said
    robot.switch_on()
    assert second.wait() == 0, second.said
    record = json.loads((tmp_path / "second" / "result.json").read_text())
    assert np.allclose(record["box_3d"]["position"], rig.plate_centre(2), atol=0.003)
