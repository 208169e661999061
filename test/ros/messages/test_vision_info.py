"""What label images and detections mean, as vision_msgs says it."""

import numpy as np
import pytest

pytest.importorskip("sensor_msgs.msg", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

from std_msgs.msg import Header

from seem_ros.instances import Instance
from seem_ros.ros.messages.frame_result import FrameResult
from seem_ros.ros.messages.vision_info import label_info, label_names, vision_info


def result(*instances):
    return FrameResult(Header(frame_id="camera"), np.zeros((6, 8, 3), np.uint8), instances, 0)


SOME = (
    Instance(id=300, class_name="cup"),
    Instance(id=255, label="my mug", class_name="cup"),
    Instance(id=7, state="lost", label="pen"),
)


def test_each_value_has_the_name_of_its_instance():
    names = label_names(result(*SOME), "mono16")
    assert names == {0: "background", 7: "pen", 255: "my mug", 300: "cup"}
    assert list(names) == [0, 7, 255, 300]


def test_the_last_value_of_mono8_stands_for_no_single_thing():
    assert label_names(result(*SOME), "mono8") == {0: "background", 7: "pen", 255: "above 254"}


def test_the_messages():
    pytest.importorskip("vision_msgs.msg", reason="vision_msgs is not installed")
    header = Header(frame_id="camera")
    message = label_info(header, {0: "background", 7: "pen"}, 0.25)
    assert message.header == header
    assert [(item.class_id, item.class_name) for item in message.class_map] == [
        (0, "background"), (7, "pen"),
    ]  # fmt: skip
    assert message.threshold == 0.25
    message = vision_info(header, "nano", "/seem_node/label_info", 3)
    assert (message.method, message.database_location) == (
        "seem_ros nano",
        "/seem_node/label_info",
    )
    assert (message.header, message.database_version) == (header, 3)
