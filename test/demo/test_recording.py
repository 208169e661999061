"""What is written is read back by an independent reader, with the real definitions."""

from __future__ import annotations

import contextlib

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages: make setup")
pytest.importorskip("mcap", reason="needs mcap")
reader = pytest.importorskip("mcap_ros2.reader", reason="needs mcap-ros2-support")

from seem_ros.demo.recording import Recording, definition, type_name


def test_type_names_are_those_of_ros():
    from sensor_msgs.msg import Image

    from seem_ros.msg import Prompt

    assert type_name(Prompt) == "seem_ros/msg/Prompt"
    assert type_name(Image) == "sensor_msgs/msg/Image"


def test_a_definition_holds_every_type_once():
    parts = definition("seem_ros/msg/Prompt").split("=" * 80 + "\n")
    assert "uint8 ADD=0" in parts[0]
    assert [part.splitlines()[0] for part in parts[1:]] == [
        "MSG: std_msgs/Header",
        "MSG: builtin_interfaces/Time",
        "MSG: geometry_msgs/Point32",
        "MSG: seem_ros/Box",
        "MSG: seem_ros/Stroke",
        "MSG: sensor_msgs/Image",
    ]


def test_messages_are_read_back_as_written(tmp_path):
    from seem_ros.msg import Box, Prompt, PromptStatus

    path = tmp_path / "demo.mcap"
    prompt = Prompt(id="a", text="red mug", boxes=[Box(x0=1.0, y0=2.0, x1=3.5, y1=4.0)])
    with contextlib.closing(Recording(path)) as recording:
        recording.write("seem_node/prompt", prompt, 5_000_000_001)
        recording.write("seem_node/prompt_status", PromptStatus(id="a", code=3), 6_000_000_000)
        recording.write("seem_node/prompt", Prompt(id="b"), 7_000_000_000)
    first, status, second = reader.read_ros2_messages(path)
    assert (first.channel.topic, first.schema.name) == ("/seem_node/prompt", "seem_ros/msg/Prompt")
    assert first.log_time_ns == 5_000_000_001
    assert first.ros_msg.text == "red mug"
    assert (first.ros_msg.boxes[0].x0, first.ros_msg.boxes[0].x1) == (1.0, 3.5)
    assert (status.ros_msg.id, status.ros_msg.code) == ("a", 3)
    assert second.channel.id == first.channel.id
