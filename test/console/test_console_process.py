"""console_node, seem_node and a browser as processes; the node ends and comes back."""

import contextlib
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages: make setup")

from sensor_msgs.msg import Image

from seem_ros.ros import qos
from seem_ros.ros.messages import images
from support.browser_page import Operator
from support.flood_segmenter import draw_scene

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
NODE = ROOT / "test" / "support" / "flood_node.py"
CONSOLE = "from seem_ros.ros.console.console_node import main; main()"
PATIENCE_S = 60.0  # a limit for failing, never for passing
RED, GREEN = (20, 30, 60, 80), (90, 30, 140, 90)


@contextlib.contextmanager
def process(log, *command):
    """Run a Python program until the end of the block; it must end well."""
    with log.open("w") as file:
        started = subprocess.Popen(
            [sys.executable, *command], stdout=file, stderr=subprocess.STDOUT, cwd=ROOT
        )
        try:
            yield started
        finally:
            started.send_signal(signal.SIGINT)
            try:
                code = started.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                started.kill()
                raise
    assert code == 0, log.read_text()


@pytest.fixture
def camera(ros):
    """A camera that shows two plates, ten times a second."""
    node = ros.create_node("drawn_camera")
    publisher = node.create_publisher(Image, "image", qos.newest())
    message = images.image_message(draw_scene([("red", RED), ("green", GREEN)]), "rgb8", _header())
    ended = threading.Event()

    def play():
        while not ended.wait(0.1):
            message.header.stamp = node.get_clock().now().to_msg()
            publisher.publish(message)

    thread = threading.Thread(target=play)
    thread.start()
    yield
    ended.set()
    thread.join()
    node.destroy_node()


def _header():
    from std_msgs.msg import Header

    return Header(frame_id="camera_optical_frame")


def address(log):
    """Wait until the console says where it is."""
    end_s = time.monotonic() + PATIENCE_S
    while not (found := re.search(r"open (http://\S+)", log.read_text())):
        assert time.monotonic() < end_s, log.read_text()
        time.sleep(0.1)
    return found.group(1)


def test_the_page_goes_on_when_the_node_was_restarted(browser, camera, tmp_path):
    logs = [tmp_path / name for name in ("console", "first", "second")]
    console = ("-c", CONSOLE, "--ros-args", "-p", "port:=0")
    with contextlib.ExitStack() as first, process(logs[0], *console):
        first.enter_context(process(logs[1], str(NODE)))
        with Operator(browser, address(logs[0])) as operator:
            operator.page.locator("#state", has_text="Live").wait_for()
            operator.click(40, 50)
            operator.wait_for_boxes(RED)
            operator.say("nothing like it")
            operator.page.locator(".toast", has_text="not found").wait_for()
            first.close()
            operator.page.locator("#state", has_text="seem_node does not answer").wait_for()
            operator.until("page.frame.labels === null")  # the camera is still shown
            operator.click(100, 50)
            operator.page.locator(".toast", has_text="does not answer").wait_for()
            with process(logs[2], str(NODE)):
                operator.page.locator("#state", has_text="Live").wait_for()
                operator.until("page.frame.labels !== null")
                operator.click(100, 50)
                operator.wait_for_boxes(GREEN)
                assert operator.problems == []


def test_a_page_that_is_killed_stops_nobody(browser, camera, tmp_path):
    logs = [tmp_path / name for name in ("console", "node")]
    console = ("-c", CONSOLE, "--ros-args", "-p", "port:=0")
    with process(logs[1], str(NODE)), process(logs[0], *console):
        with Operator(browser, address(logs[0])) as operator:
            operator.page.locator("#state", has_text="Live").wait_for()
            operator.click(40, 50)
            operator.wait_for_boxes(RED)
            operator.page.goto("about:blank")
        with Operator(browser, address(logs[0])) as operator:
            operator.wait_for_boxes(RED)
