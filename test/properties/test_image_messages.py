"""Images, depth and label images of any content become pixels, or are refused by a ValueError."""

from __future__ import annotations

import struct

import cv2
import numpy as np
import pytest

pytest.importorskip("hypothesis", reason="needs hypothesis")

from hypothesis import given
from hypothesis import strategies as st

from seem_ros.geometry.depth import depth_to_metres
from seem_ros.ros.messages import images
from seem_ros.ros.messages.compressed_depth import compressed_to_depth
from seem_ros.ros.messages.encodings import COLOUR, DEPTH, MASK
from test.ros.messages.test_images import CompressedLike, ImageLike

ENCODINGS = st.sampled_from(sorted({*COLOUR, *DEPTH, *MASK})) | st.text(max_size=12)
SIDES = st.integers(0, 12) | st.integers(0, 2**32 - 1)


@st.composite
def messages(draw) -> ImageLike:
    """Draw an image message: nonsense, or one whose data nearly or wholly fits."""
    height, width = draw(SIDES), draw(SIDES)
    step = draw(st.integers(0, 2**32 - 1) | st.integers(0, 8).map(lambda n: n * min(width, 64)))
    size = step * height if step * height < 4096 else 0
    size = max(0, size + draw(st.integers(-3, 3)))
    data = draw(st.binary(max_size=256) | st.binary(min_size=size, max_size=size))
    return ImageLike(height, width, draw(ENCODINGS), step, data, draw(st.integers(0, 255)))


READERS = {
    "colour": (images.to_rgb, (np.uint8,), 3),
    "mask": (images.to_mask, (np.bool_,), 2),
    "labels": (images.to_labels, (np.uint8, np.uint16), 2),
    "depth": (images.to_depth, (np.float32,), 2),
}


@pytest.mark.parametrize("kind", READERS)
@given(message=messages())
def test_an_image_becomes_pixels_of_its_size_or_is_refused(kind, message):
    read, dtypes, dimensions = READERS[kind]
    before = bytes(message.data)
    try:
        pixels = read(message)
    except ValueError as error:
        assert str(error)
        return
    assert pixels.shape[:2] == (message.height, message.width)
    assert pixels.ndim == dimensions
    assert pixels.dtype in dtypes
    assert bytes(message.data) == before


WHOLE = [
    cv2.imencode(ending, np.arange(300, dtype=kind).reshape(10, 10, 3))[1].tobytes()
    for ending, kind in ((".jpg", np.uint8), (".png", np.uint8), (".png", np.uint16))
]
WHOLE.append(cv2.imencode(".png", np.arange(100, dtype=np.uint16).reshape(10, 10))[1].tobytes())


@st.composite
def damaged(draw) -> bytes:
    """Draw a picture file that some bytes were changed in, cut off or put into."""
    content = bytearray(draw(st.sampled_from(WHOLE)))
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.integers(0, len(content) - 1))
        content[place] = draw(st.integers(0, 255))
    if draw(st.booleans()):
        del content[draw(st.integers(0, len(content))) :]
    place = draw(st.integers(0, len(content)))
    content[place:place] = draw(st.binary(max_size=8))
    return bytes(content)


FORMATS = st.text(max_size=20) | st.sampled_from(
    ["jpeg", "png", "rgb8; jpeg compressed bgr8", "rgb8; jpeg compressed rgb8"]
)


@given(data=st.binary(max_size=200) | damaged(), form=FORMATS)
def test_a_compressed_image_becomes_pixels_or_is_refused(data, form):
    try:
        pixels = images.compressed_to_rgb(CompressedLike(form, data))
    except ValueError as error:
        assert str(error)
        return
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3


DEPTH_FORMATS = st.text(max_size=20) | st.sampled_from(
    ["16UC1; compressedDepth", "32FC1; compressedDepth png", "16UC1; compressedDepth rvl"]
)
HEADERS = st.binary(max_size=16) | st.tuples(
    st.integers(-(2**31), 2**31 - 1), st.floats(width=32), st.floats(width=32)
).map(lambda values: struct.pack("<iff", *values))


@given(header=HEADERS, data=st.binary(max_size=200) | damaged(), form=DEPTH_FORMATS)
def test_compressed_depth_becomes_metres_or_is_refused(header, data, form):
    try:
        metres = compressed_to_depth(CompressedLike(form, header + data))
    except ValueError as error:
        assert str(error)
        return
    assert metres.dtype == np.float32
    assert not np.any(metres <= 0)


@given(
    values=st.lists(st.floats(width=32) | st.integers(0, 65535), min_size=1, max_size=40),
    scale=st.floats(0.0, 1.0),
    whole=st.booleans(),
)
def test_depth_is_a_distance_or_unknown(values, scale, whole):
    if whole:
        depth = np.array([int(v) % 65536 if np.isfinite(v) else 0 for v in values], np.uint16)
    else:
        depth = np.array(values, np.float32)
    try:
        metres = depth_to_metres(depth.reshape(1, -1), scale)
    except ValueError as error:
        assert "depth" in str(error)
        return
    assert np.all(np.isnan(metres) | ((metres >= 0) & (metres < np.inf)))
    assert np.all(np.isnan(metres[0][~(depth > 0)]))
