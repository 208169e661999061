"""Views as bytes: exact labels, pictures of the size that is wanted."""

import asyncio
import struct
import zlib

import cv2
import numpy as np
import pytest

from seem_ros.console import pictures, wire
from seem_ros.console.pace import LEVELS, Level
from seem_ros.console.session import Thing, View
from support.console_bench import SCENE, unpacked


def expand(coded, shape):
    runs = zlib.decompress(coded)
    (count,) = struct.unpack_from("<I", runs)
    lengths = np.frombuffer(runs, "<u4", count, 4)
    values = np.frombuffer(runs, np.uint8, count, 4 + 4 * count)
    return np.repeat(values, lengths).reshape(shape)


def view_of(rgb, labels=None, things=(), **fields):
    size = rgb.shape[:2]
    made = (lambda: labels) if labels is not None else None
    return View(5, size, 0.0, lambda: rgb, made, things=things, **fields)


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (64, 48)])
@pytest.mark.parametrize("seed", range(3))
def test_run_lengths_give_back_every_pixel(shape, seed):
    labels = np.random.default_rng(seed).choice([0, 7, 7, 300, 65535], shape).astype(np.uint16)
    got = expand(pictures.run_lengths(labels, [300, 7]), shape)
    assert np.array_equal(got, np.select([labels == 300, labels == 7], [1, 2], 0))


def test_ids_beyond_the_labels_do_no_harm():
    labels = np.array([[0, 3]], np.uint8)
    assert expand(pictures.run_lengths(labels, [3, 900]), (1, 2)).tolist() == [[0, 1]]
    assert expand(pictures.run_lengths(labels, []), (1, 2)).tolist() == [[0, 0]]


def test_a_message_holds_picture_labels_and_things():
    labels = np.zeros(SCENE.shape[:2], np.uint16)
    labels[80:240, 60:180] = 300
    things = (Thing(300, "cup", box=(60, 80, 180, 240), score=0.5), Thing(4, state="lost"))
    view = view_of(SCENE, labels, things, target_id=300)
    header, got = unpacked(wire.picture(view, pictures.code(view, LEVELS[0]), 9, 0.25, 0.5))
    assert np.array_equal(got, labels)
    decoded = cv2.cvtColor(
        cv2.imdecode(np.frombuffer(header["picture"], np.uint8), 1), cv2.COLOR_BGR2RGB
    )
    assert decoded.shape == SCENE.shape
    assert np.abs(decoded.astype(int) - SCENE).mean() < 3
    assert (header["number"], header["stamp"], header["target"]) == (9, "5", 300)
    assert (header["age_ms"], header["shown_age_ms"]) == (250, 500)
    assert [(thing["id"], thing["box"]) for thing in header["things"]] == [
        (300, [60, 80, 180, 240]),
        (4, None),
    ]


def test_large_pictures_are_shrunk_with_their_labels():
    labels = np.zeros((720, 1280), np.uint16)
    labels[:, 640:] = 2
    rgb = np.zeros((720, 1280, 3), np.uint8)
    coded = pictures.code(view_of(rgb, labels, (Thing(2, box=(0, 0, 1, 1)),)), Level(64, 50))
    assert cv2.imdecode(np.frombuffer(coded.jpeg, np.uint8), 1).shape == (36, 64, 3)
    assert coded.size == (360, 640)  # outlines stay fine
    got = expand(coded.labels, coded.size)
    assert (got[:, :320] == 0).all()
    assert (got[:, 320:] == 1).all()


def test_the_cameras_own_jpeg_is_passed_on_where_it_fits():
    view = view_of(SCENE, jpeg=b"as the camera made it")
    assert pictures.code(view, Level(640, 80)).jpeg == b"as the camera made it"
    assert pictures.code(view, Level(639, 80)).jpeg[:2] == b"\xff\xd8"


def test_pages_of_one_level_share_the_work():
    asked = []

    def rgb():
        asked.append(1)
        return SCENE

    view = View(1, SCENE.shape[:2], 0.0, rgb)

    async def both():
        coder = pictures.Coder()
        first, second = await asyncio.gather(coder.coded(view, 0), coder.coded(view, 0))
        third = await coder.coded(view, 4)
        coder.close()
        return first, second, third

    first, second, third = asyncio.run(both())
    assert first is second
    assert len(asked) == 2
    assert len(third.jpeg) < len(first.jpeg)
