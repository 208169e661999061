"""3-D clicks and depth through seem_node: the pixel they mean, and the pose that comes out."""

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import PointStamped
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import String

from seem_ros import msg
from seem_ros.ros import qos
from support.node_bench import Bench

FOCAL, CX, CY = 100.0, 80.0, 60.0
DISTANCE_M = 0.8


def camera_info(header):
    info = CameraInfo(header=header, height=120, width=160, distortion_model="plumb_bob")
    info.k = [FOCAL, 0.0, CX, 0.0, FOCAL, CY, 0.0, 0.0, 1.0]
    info.p = [FOCAL, 0.0, CX, 0.0, 0.0, FOCAL, CY, 0.0, 0.0, 0.0, 1.0, 0.0]
    info.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    info.d = [0.0] * 5
    return info


def depth_image(header):
    """Return a flat wall at DISTANCE_M in 16UC1 millimetres."""
    pixels = np.full((120, 160), round(DISTANCE_M * 1000), np.uint16)
    message = Image(header=header, encoding="16UC1", height=120, width=160, step=320)
    message.data.frombytes(pixels.tobytes())
    return message


def point(header, x, y, z):
    message = PointStamped(header=header)
    message.point.x, message.point.y, message.point.z = x, y, z
    return message


def see_with_depth(bench):
    """Send camera_info and depth of the next image, wait until they lie there, send the image."""
    inputs = bench.pipeline.spatial_inputs
    header = bench.header()
    bench.send("/camera_info", camera_info(header), qos.reliable())
    bench.send("/depth", depth_image(header), qos.reliable())
    bench.until(lambda: len(inputs.depths.recent) > 0 and inputs.cameras.newest is not None)
    return bench.see(header=header)


def test_a_3d_click_becomes_an_instance_with_its_pose(bench):
    instances = bench.listen("/seem_node/instances", msg.InstanceArray)
    image = see_with_depth(bench)
    x, y = (30.5 - CX) / FOCAL * DISTANCE_M, (40.5 - CY) / FOCAL * DISTANCE_M
    bench.send("/clicked_point", point(image.header, x, y, DISTANCE_M))
    array = instances.wait(lambda message: message.instances)
    assert array.header == image.header
    (one,) = array.instances
    assert (one.class_name, one.area, one.has_3d) == ("red", 40 * 50, True)
    assert one.pose_frame == image.header.frame_id != ""
    # The red rectangle covers x 20..60 and y 30..80 pixels of a wall at 0.8 m.
    centre = [(39.5 - CX) / FOCAL * DISTANCE_M, (54.5 - CY) / FOCAL * DISTANCE_M, DISTANCE_M]
    position = one.pose.position
    np.testing.assert_allclose([position.x, position.y, position.z], centre, atol=0.02)


@pytest.mark.parametrize(
    ("where", "reason"),
    [((0.0, 0.0, -1.0), "behind"), ((5.0, 0.0, 1.0), "outside")],
)
def test_a_3d_click_that_means_no_pixel_is_refused(bench, where, reason):
    answers = bench.listen("/seem_node/prompt_status", msg.PromptStatus)
    image = see_with_depth(bench)
    bench.send("/clicked_point_negative", point(image.header, *where))
    answer = answers.wait()
    assert answer.code == msg.PromptStatus.REFUSED
    assert reason in answer.message
    assert answer.header == image.header


def test_a_3d_click_before_any_image_is_refused(bench):
    answers = bench.listen("/seem_node/prompt_status", msg.PromptStatus)
    bench.send("/clicked_point", point(bench.header(), 0.0, 0.0, 1.0))
    answer = answers.wait()
    assert answer.code == msg.PromptStatus.REFUSED
    assert answer.message.startswith("no image yet")


def test_without_use_depth_none_is_missed(ros):
    with Bench(use_depth=False, status_period=0.1) as bench:
        bench.activate()
        assert "/depth" not in {item.topic_name for item in bench.node.subscriptions}
        bench.listen("/seem_node/instances", msg.InstanceArray)
        diagnostics = bench.listen("/diagnostics", DiagnosticArray)
        image = bench.see()
        bench.send("/camera_info", camera_info(image.header), qos.reliable())
        bench.until(lambda: bench.pipeline.spatial_inputs.cameras.newest is not None)
        bench.send("/seem_node/text", String(data="red"))
        bench.until(lambda: bench.worker.view.instances)
        before = len(diagnostics.messages)
        bench.until(lambda: len(diagnostics.messages) > before + 2)
        in_space = diagnostics.messages[-1].status[2]
        assert (in_space.level, in_space.message) == (DiagnosticStatus.OK, "OK")


def test_a_camera_info_latched_before_the_start_is_received(ros):
    with Bench() as bench:
        publisher = bench.operator.create_publisher(CameraInfo, "/camera_info", qos.latched())
        info = camera_info(bench.header())
        publisher.publish(info)
        bench.activate()
        inputs = bench.pipeline.spatial_inputs

        def known():
            bench.show()
            return inputs.cameras.newest is not None

        bench.until(known)
        assert inputs.cameras.newest.k.tolist() == list(info.k)


def test_the_calibration_comes_beside_the_overlay_with_its_stamp(bench):
    infos = bench.listen("/seem_node/camera_info", CameraInfo)
    image = see_with_depth(bench)
    info = infos.wait()
    assert info.header == image.header
    assert (info.width, info.height, info.k[0], info.k[2]) == (160, 120, FOCAL, CX)
    bench.send("/camera_info", camera_info(bench.header()), qos.reliable())
    later = bench.see()
    assert infos.wait(lambda message: message.header == later.header).k[0] == FOCAL
