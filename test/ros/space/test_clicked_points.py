"""3-D clicks reach a running node: an instance, or a refusal on ~/prompt_status and overlay."""

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages: make setup")

from geometry_msgs.msg import PointStamped
from sensor_msgs.msg import Image

from seem_ros.msg import InstanceArray, PromptStatus
from seem_ros.ros import qos
from seem_ros.ros.messages import images
from support import robot_camera as rig

FRAME_ID = "camera_optical_frame"
# The flood segmenter's scene is 160x120, with a red thing at x 20..60, y 30..80.
K = np.array([[100.0, 0, 79.5], [0, 100.0, 59.5], [0, 0, 1]])
DISTANCE_M = 1.0
ON_RED = ((40 - 79.5) / 100, (50 - 59.5) / 100, DISTANCE_M)


def click(bench, point, topic="/clicked_point", frame_id=FRAME_ID):
    message = PointStamped()
    message.header.frame_id = frame_id
    message.point.x, message.point.y, message.point.z = map(float, point)
    bench.send(topic, message)


@pytest.fixture
def camera(bench):
    """Let the node see the scene, its camera_info, and flat depth of the same stamp."""
    bench.send("/camera_info", rig.camera_info(160, 120, K), qos.newest())
    bench.see()
    depth = rig.depth_message(np.full((120, 160), DISTANCE_M, np.float32), frame_id=FRAME_ID)
    inputs = bench.pipeline.spatial_inputs
    bench.until(lambda: inputs.cameras.newest is not None)
    shown = bench.header()
    depth.header = shown
    bench.send("/depth", depth, qos.newest(5))
    bench.until(lambda: len(inputs.depths.recent) > 0)
    picture = images.image_message(bench.worker.view.rgb, "rgb8", shown)
    bench.send("/image", picture)
    bench.until(lambda: bench.worker.view.header == shown)
    return bench


def ended(status):
    return status.code != PromptStatus.ACCEPTED


def test_a_click_in_space_starts_an_instance_and_a_negative_one_is_taken(camera):
    records = camera.listen("/seem_node/instances", InstanceArray)
    answers = camera.listen("/seem_node/prompt_status", PromptStatus)
    click(camera, ON_RED)
    answer = answers.wait(ended)
    assert (answer.code, answer.instance_id) == (PromptStatus.DONE, 1), answer.message
    (instance,) = records.wait(lambda array: len(array.instances) == 1).instances
    roi = instance.roi
    assert (roi.x_offset, roi.y_offset, roi.width, roi.height) == (20, 30, 40, 50)
    assert instance.has_3d
    assert instance.pose.position.z == pytest.approx(DISTANCE_M, abs=1e-3)


@pytest.mark.parametrize(
    ("point", "words"),
    [((0, 0, -1), "behind"), ((5, 0, 1), "outside the image"), ((0, 0, 2), "hidden")],
)
def test_a_refused_click_says_why_on_the_topic_and_in_the_picture(camera, point, words):
    answers = camera.listen("/seem_node/prompt_status", PromptStatus)
    click(camera, point)
    answer = answers.wait(ended)
    assert answer.code == PromptStatus.REFUSED
    assert words in answer.message
    line = camera.pipeline.monitor.overlay_line
    assert line.startswith("refused: ")
    assert words in line
    overlays = camera.listen("/seem_node/overlay", Image)
    camera.see()
    assert overlays.wait().height == 120


def test_a_click_before_any_image_is_refused(bench):
    answers = bench.listen("/seem_node/prompt_status", PromptStatus)
    click(bench, ON_RED)
    answer = answers.wait(ended)
    assert answer.code == PromptStatus.REFUSED
    assert "no image" in answer.message
