"""Damaged and hostile recordings do no harm, and what is wrong with them is one line."""

from __future__ import annotations

import builtins
import struct

import numpy as np
import pytest

from seem_ros.cli import main

rosbags = pytest.importorskip("rosbags", reason="needs requirements/bags.txt")
from rosbags.rosbag2 import CompressionMode, StoragePlugin, Writer

from seem_ros.cli.bag_types import COMPRESSED_IMAGE, IMAGE, message_types
from seem_ros.cli.frames import open_frames
from support.robot_bags import START_NS, TOPIC, compressed, header, make, raw, record, scene


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
