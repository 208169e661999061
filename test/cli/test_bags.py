"""Recordings in and out, without ROS; damaged and hostile ones do no harm."""

from __future__ import annotations

import builtins
import json
import struct
import sys
from itertools import product

import cv2
import numpy as np
import pytest

from seem_ros.cli import main
from seem_ros.exchange.picture_files import read_labels
from support.flood_segmenter import draw_scene
from support.full_disk import full_disk

rosbags = pytest.importorskip("rosbags", reason="needs requirements/bags.txt")
from rosbags.rosbag2 import CompressionFormat, CompressionMode, Reader, StoragePlugin, Writer

from seem_ros.cli.bag_types import COMPRESSED_IMAGE, IMAGE, message_types
from seem_ros.cli.bags import BagFrames
from seem_ros.cli.frames import open_frames

RED, BLUE = (10, 10, 50, 40), (90, 60, 130, 100)
START_NS = 1_700_000_000_000_000_000
STEP_NS = 100_000_000
TOPIC = "/camera/color/image_raw"


def scene(index: int) -> np.ndarray:
    x0, y0, x1, y1 = RED
    return draw_scene([("red", (x0 + 5 * index, y0, x1 + 5 * index, y1)), ("blue", BLUE)])


def make(kind: str, **fields):
    return message_types().types[kind](**fields)


def header(stamp_ns: int):
    seconds, nanoseconds = divmod(stamp_ns, 10**9)
    stamp = make("builtin_interfaces/msg/Time", sec=seconds, nanosec=nanoseconds)
    return make("std_msgs/msg/Header", stamp=stamp, frame_id="camera_optical")


def raw(index: int, stamp_ns: int | None = None, encoding: str = "bgr8"):
    pixels = np.ascontiguousarray(scene(index)[..., ::-1])
    height, width = pixels.shape[:2]
    return make(
        IMAGE, header=header(START_NS + index * STEP_NS if stamp_ns is None else stamp_ns),
        height=height, width=width, encoding=encoding, is_bigendian=0, step=3 * width,
        data=pixels.reshape(-1),
    )  # fmt: skip


def compressed(index: int):
    _, data = cv2.imencode(".png", np.ascontiguousarray(scene(index)[..., ::-1]))
    stamp = header(START_NS + index * STEP_NS)
    return make(COMPRESSED_IMAGE, header=stamp, format="png", data=data.reshape(-1))


def record(path, topics: dict, plugin=StoragePlugin.MCAP, mode=CompressionMode.NONE):
    """Write messages, and a string beside each, as a robot would."""
    store = message_types()
    writer = Writer(path, version=9, storage_plugin=plugin)
    writer.set_compression(mode, CompressionFormat.ZSTD)
    with writer:
        text = writer.add_connection("/chatter", "std_msgs/msg/String", typestore=store)
        for topic, messages in topics.items():
            kind = messages[0].__msgtype__
            connection = writer.add_connection(topic, kind, typestore=store)
            for index, message in enumerate(messages):
                log_ns = START_NS + index * STEP_NS + 5_000_000
                writer.write(connection, log_ns, store.serialize_cdr(message, kind))
                hello = make("std_msgs/msg/String", data="hello")
                writer.write(text, log_ns, store.serialize_cdr(hello, "std_msgs/msg/String"))


def messages_of(path) -> dict[str, list]:
    """Return topic -> [(time of recording, serialised message, type)]."""
    found: dict[str, list] = {}
    with Reader(path) as reader:
        for connection, log_ns, data in reader.messages():
            found.setdefault(connection.topic, []).append((log_ns, data, connection.msgtype))
    return found


@pytest.fixture
def robot(tmp_path, monkeypatch, flood_model):
    """A working folder with a recording of five images, as a folder and as a single file."""
    monkeypatch.chdir(tmp_path)
    record(tmp_path / "robot", {TOPIC: [raw(index) for index in range(5)]})
    (tmp_path / "robot.mcap").write_bytes((tmp_path / "robot" / "robot.mcap").read_bytes())
    return tmp_path


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


def test_images_that_cannot_be_read_are_told_and_left_out(tmp_path, capsys):
    messages = [raw(0), raw(1, encoding="secret"), raw(2)]
    record(tmp_path / "bag", {TOPIC: messages})
    assert len(list(open_frames(tmp_path / "bag"))) == 2
    assert f"1 images on {TOPIC} cannot be read" in capsys.readouterr().err
    record(tmp_path / "none", {TOPIC: [raw(0, encoding="secret")]})
    with pytest.raises(ValueError, match="'secret'"):
        list(open_frames(tmp_path / "none"))


def test_a_bomb_among_compressed_images_is_not_decoded(tmp_path, monkeypatch, capsys):
    header_only = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + header_only + b"\0" * 200
    bomb = make(
        COMPRESSED_IMAGE, header=header(START_NS), format="png", data=np.frombuffer(png, np.uint8)
    )
    record(tmp_path / "bag", {"/image/compressed": [bomb, compressed(1)]})
    assert len(list(open_frames(tmp_path / "bag"))) == 1
    assert "/image/compressed cannot be read: " in capsys.readouterr().err


def test_a_chunk_that_unpacks_beyond_what_it_tells_is_stopped(tmp_path, monkeypatch):
    from seem_ros.cli import bounded_chunks

    record(
        tmp_path / "bag", {TOPIC: [raw(index) for index in range(3)]}, mode=CompressionMode.STORAGE
    )
    path = tmp_path / "bag" / "bag.mcap"
    zstd, lz4 = bounded_chunks._zstd, bounded_chunks._lz4
    from backports import zstd as zstd_library
    from lz4 import frame as lz4_library

    bomb = bytes(50_000_000)
    assert len(zstd(zstd_library.compress(bomb), 1000)) == 1001
    assert len(lz4(lz4_library.compress(bomb), 1000)) == 1001
    monkeypatch.setattr(bounded_chunks, "MOST_BYTES", 1000)
    with pytest.raises(ValueError, match="unpacks to more than"):
        bounded_chunks.unpacked(zstd_library.compress(bomb))
    with pytest.raises(ValueError, match=r"bag\.mcap cannot be read: a part of it unpacks"):
        list(open_frames(path))


def test_definitions_in_a_recording_are_not_used(tmp_path):
    """A type of ours with another layout, and a name that would be code, change nothing."""
    path = tmp_path / "bag"
    store = message_types()
    evil = "x: int = __import__('builtins').setattr(__import__('builtins'), 'hacked', 1) #"
    writer = Writer(path, version=9, storage_plugin=StoragePlugin.MCAP)
    with writer:
        image = writer.add_connection(
            TOPIC, IMAGE, msgdef="uint8 nothing\n", rihs01="RIHS01_" + "0" * 64
        )
        other = writer.add_connection(
            "/evil", f"a/msg/B:\n    {evil}", msgdef="uint8 a\n", rihs01="RIHS01_" + "0" * 64
        )
        writer.write(image, START_NS, store.serialize_cdr(raw(0), IMAGE))
        writer.write(other, START_NS, b"\0\1\0\0\0")
    (frame,) = open_frames(path)
    assert np.array_equal(frame.rgb, scene(0))
    assert not hasattr(builtins, "hacked")


def test_damaged_recordings_give_one_line(robot, capsys):
    data = (robot / "robot.mcap").read_bytes()
    rng = np.random.default_rng(0)
    (robot / "cut.mcap").write_bytes(data[: len(data) // 2])
    assert main(["track", "cut.mcap", "--text", "red", "--out", "x0"]) == 1
    assert "it breaks off; `mcap recover cut.mcap`" in capsys.readouterr().err
    for number in range(40):
        broken = bytearray(data)
        for at in rng.integers(0, len(data), 20):
            broken[at] = int(rng.integers(0, 256))
        for at in rng.integers(len(data) - 2000, len(data), 5):  # the index is at the end
            broken[at] = int(rng.integers(0, 256))
        (robot / "broken.mcap").write_bytes(bytes(broken))
        code = main(
            ["track", "broken.mcap", "--text", "red", "--out", f"x{number}", "--overwrite"]
        )
        lines = [line for line in capsys.readouterr().err.splitlines() if line]
        assert code in (0, 1)
        assert all(line.startswith("seem-ros: ") for line in lines), lines
        assert bool(lines) or code == 0


def test_what_unpacks_to_the_disk_and_ros_1_are_refused(robot, capsys):
    messages = {TOPIC: [raw(0)]}
    record(robot / "whole", messages, StoragePlugin.SQLITE3, CompressionMode.FILE)
    assert main(["track", "whole", "--text", "red"]) == 1
    assert "compressed as a whole: unpack them first" in capsys.readouterr().err
    (robot / "old.bag").write_bytes(b"#ROSBAG V2.0\n")
    assert main(["track", "old.bag", "--text", "red"]) == 1
    assert "rosbags-convert" in capsys.readouterr().err


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
