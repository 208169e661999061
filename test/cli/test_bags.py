"""Recordings in and out, without ROS."""

from __future__ import annotations

import json
import sys
from itertools import product

import cv2
import numpy as np
import pytest

from seem_ros.cli import main
from seem_ros.exchange.picture_files import read_labels
from support.full_disk import full_disk

rosbags = pytest.importorskip("rosbags", reason="needs requirements/bags.txt")
from rosbags.rosbag2 import CompressionMode, StoragePlugin

from seem_ros.cli.bag_types import message_types
from seem_ros.cli.bags import BagFrames
from seem_ros.cli.frames import open_frames
from support.robot_bags import (
    RED,
    START_NS,
    STEP_NS,
    TOPIC,
    compressed,
    header,
    messages_of,
    raw,
    record,
    scene,
)


def test_labels_and_a_recording_of_all_that(robot):
    command = ["track", "robot.mcap", "--topic", TOPIC, "--text", "red", "--out", "labels"]
    assert main([*command, "--bag", "out.mcap", "--json", "t.json"]) == 0
    masks = [(scene(index) == (200, 30, 30)).all(axis=2) for index in range(5)]
    for index, mask in enumerate(masks):
        assert np.array_equal(read_labels(robot / "labels" / f"{index:05d}.png") == 1, mask)
    stamps = [frame["stamp_ns"] for frame in json.loads((robot / "t.json").read_text())["frames"]]
    assert stamps == [START_NS + index * STEP_NS for index in range(5)]

    written = messages_of(robot / "out.mcap")
    assert {topic: len(messages) for topic, messages in written.items()} == {
        TOPIC: 5, "/seem_node/instances": 5, "/seem_node/label_image": 5, "/seem_node/overlay": 5,
    }  # fmt: skip
    assert [item[:2] for item in written[TOPIC]] == [
        item[:2] for item in messages_of(robot / "robot")[TOPIC]
    ]
    store = message_types()
    for index, (log_ns, data, kind) in enumerate(written["/seem_node/instances"]):
        array = store.deserialize_cdr(data, kind)
        assert log_ns == START_NS + index * STEP_NS + 5_000_000
        assert array.header == header(START_NS + index * STEP_NS)
        (instance,) = array.instances
        x0, y0, x1, _ = RED
        assert (instance.id, instance.class_name, instance.state) == (1, "red", 0)
        assert (instance.roi.x_offset, instance.roi.y_offset) == (x0 + 5 * index, y0)
        assert (instance.roi.width, instance.area) == (x1 - x0, 40 * 30)
    labels = store.deserialize_cdr(*written["/seem_node/label_image"][3][1:])
    assert (labels.encoding, labels.step) == ("mono16", 320)
    assert np.array_equal(labels.data.view(np.uint16).reshape(120, 160) == 1, masks[3])
    overlay = store.deserialize_cdr(*written["/seem_node/overlay"][3][1:])
    painted = overlay.data.reshape(120, 160, 3)
    assert (np.abs(painted.astype(int) - scene(3)).max(axis=2) > 20)[masks[3]].mean() > 0.5


def test_ros_reads_what_was_written(robot):
    pytest.importorskip("rclpy", reason="needs ROS 2")
    messages = pytest.importorskip("seem_ros.msg", reason="needs the built messages")
    from rclpy.serialization import deserialize_message

    command = ["track", "robot", "--text", "red", "--text", "green", "--out", "labels"]
    assert main([*command, "--bag", "out"]) == 0
    data = messages_of(robot / "out")["/seem_node/instances"][2][1]
    array = deserialize_message(data, messages.InstanceArray)
    assert (array.height, array.width, len(array.instances)) == (120, 160, 1)
    assert array.instances[0].class_name == "red"
    assert array.instances[0].last_seen.sec == START_NS // 10**9
    assert (robot / "out" / "metadata.yaml").is_file()


@pytest.mark.parametrize(
    ("plugin", "mode"),
    [
        *product(StoragePlugin, (CompressionMode.NONE, CompressionMode.MESSAGE)),
        (StoragePlugin.MCAP, CompressionMode.STORAGE),  # in chunks, which SQLite has not
    ],
)
def test_every_kind_of_storage(tmp_path, plugin, mode):
    record(tmp_path / "bag", {TOPIC: [raw(index) for index in range(3)]}, plugin, mode)
    frames = list(open_frames(tmp_path / "bag"))
    assert [frame.stamp_ns for frame in frames] == [START_NS + k * STEP_NS for k in range(3)]
    for index, frame in enumerate(frames):
        assert np.array_equal(frame.rgb, scene(index))


def test_compressed_images_and_their_overlay(robot):
    record(robot / "c", {f"{TOPIC}/compressed": [compressed(index) for index in range(3)]})
    command = ["track", "c", "--topic", TOPIC.lstrip("/"), "--text", "red", "--out", "labels"]
    assert main([*command, "--bag", "out"]) == 0
    written = messages_of(robot / "out")
    assert set(written) == {
        f"{TOPIC}/compressed", "/seem_node/instances", "/seem_node/label_image",
        "/seem_node/overlay/compressed",
    }  # fmt: skip
    overlay = message_types().deserialize_cdr(*written["/seem_node/overlay/compressed"][0][1:])
    assert cv2.imdecode(overlay.data, cv2.IMREAD_COLOR).shape == (120, 160, 3)


def test_the_topic_is_found_or_asked_for(tmp_path):
    images, small = [raw(index) for index in range(3)], [compressed(index) for index in range(2)]
    record(tmp_path / "one", {TOPIC: images, f"{TOPIC}/compressed": small})
    assert BagFrames(tmp_path / "one", None).topic == TOPIC
    record(tmp_path / "two", {TOPIC: images, "/left/image": images})
    with pytest.raises(ValueError, match=r"say which --topic .*: /camera.*\(3\), /left/image"):
        open_frames(tmp_path / "two")
    with pytest.raises(ValueError, match=r"no images on /right; with images are: /camera"):
        open_frames(tmp_path / "two", "right")
    with pytest.raises(ValueError, match="no images on /chatter"):
        open_frames(tmp_path / "two", "/chatter")


def test_pictures_without_a_time_are_pictures_too(tmp_path):
    stamps = [0, START_NS + 900_000_000, START_NS]  # none, and a clock that was set back
    record(tmp_path / "bag", {TOPIC: [raw(0, stamp_ns) for stamp_ns in stamps]})
    read = [frame.stamp_ns for frame in open_frames(tmp_path / "bag")]
    assert read == [START_NS + 5_000_000, START_NS + 900_000_000, START_NS + 900_000_001]


def test_a_recording_is_not_written_over(robot, capsys):
    command = ["track", "robot", "--text", "red", "--out", "labels", "--bag", "out"]
    assert main(command) == 0
    assert main([*command, "--overwrite"]) == 0
    assert len(messages_of(robot / "out")["/seem_node/instances"]) == 5
    (robot / "out" / "notes.txt").write_text("mine")
    assert main([*command, "--overwrite"]) == 1
    assert "out holds more than a recording" in capsys.readouterr().err
    assert main([*command[:-1], "robot", "--overwrite"]) == 1
    assert "robot is read, so it cannot be written to" in capsys.readouterr().err
    assert (robot / "robot" / "robot.mcap").is_file()


def test_without_the_library_it_says_what_to_install(robot, capsys, monkeypatch):
    for name in [name for name in sys.modules if name.startswith(("rosbags", "seem_ros.cli.bag"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "rosbags", None)
    monkeypatch.setitem(sys.modules, "rosbags.typesys", None)
    assert main(["track", "robot.mcap", "--text", "red"]) == 1
    assert "pip install 'seem-ros[bags]'" in capsys.readouterr().err


@pytest.mark.parametrize("out", ["out.mcap", "out"])
def test_a_recording_on_a_full_disk_is_no_success_and_leaves_nothing(robot, capfd, out):
    command = ["track", "robot.mcap", "--topic", TOPIC, "--text", "red", "--overwrite"]
    with full_disk(3_000):
        assert main([*command, "--bag", out]) == 1
    (error,) = capfd.readouterr().err.splitlines()
    assert error.startswith(f"seem-ros: cannot write {out}: File too large")
    assert sorted(path.name for path in robot.iterdir()) == ["robot", "robot.mcap", "seem_out"]
    assert main([*command, "--bag", out]) == 0
    assert len(messages_of(robot / out)[TOPIC]) == 5
