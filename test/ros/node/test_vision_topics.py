"""~/label_info and ~/vision_info of a running node."""

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")
vision_msgs = pytest.importorskip("vision_msgs.msg", reason="vision_msgs is not installed")

from geometry_msgs.msg import Point, PointStamped

from seem_ros.ros import qos
from support.node_bench import Bench


def test_a_late_listener_gets_the_names_that_hold(bench: Bench):
    bench.see()
    point = PointStamped(point=Point(x=30.0, y=40.0))
    bench.send("/seem_node/click_pixel", point)
    labels = bench.listen("/seem_node/label_info", vision_msgs.LabelInfo, qos.latched())
    vision = bench.listen("/seem_node/vision_info", vision_msgs.VisionInfo, qos.latched())
    bench.see()
    named = labels.wait(lambda message: len(message.class_map) == 2)
    assert [(item.class_id, item.class_name) for item in named.class_map] == [
        (0, "background"), (1, "red"),
    ]  # fmt: skip
    about = vision.wait(lambda message: message.database_version == 2)
    assert about.database_location == "/seem_node/label_info"
