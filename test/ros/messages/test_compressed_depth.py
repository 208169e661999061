"""Depth of image_transport's compressedDepth, as the plugin's own encoder writes it."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import pytest

from seem_ros.ros.messages.compressed_depth import compressed_to_depth
from seem_ros.ros.messages.encodings import UnknownEncodingError
from seem_ros.ros.messages.images import compressed_to_rgb
from test.ros.messages.test_images import CompressedLike

QUANTISATION_M, LARGEST_M = 100.0, 10.0  # the plugin's defaults


def png(values: np.ndarray) -> bytes:
    return cv2.imencode(".png", values)[1].tobytes()


def millimetres(values: np.ndarray, form: str = "16UC1; compressedDepth png") -> CompressedLike:
    return CompressedLike(form, bytes(12) + png(values))


def quantised(metres: np.ndarray) -> CompressedLike:
    """Quantise (H, W) metres by inverse depth, as image_transport's plugin does with 32FC1."""
    a = QUANTISATION_M * (QUANTISATION_M + 1.0)
    b = 1.0 - a / LARGEST_M
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.where(metres > 0, a / metres + b, 0)
    header = struct.pack("<iff", 0, a, b)
    return CompressedLike("32FC1; compressedDepth", header + png(steps.astype(np.uint16)))


@pytest.fixture
def depth_m() -> np.ndarray:
    depth = np.tile(np.linspace(0.5, 9.0, 64, dtype=np.float32), (48, 1))
    depth[:4, :4] = np.nan
    return depth


@pytest.mark.parametrize(
    "form", ["16UC1; compressedDepth png", "16UC1; compressedDepth", "16UC1;compressedDepth"]
)
def test_millimetres_are_exact(depth_m, form):
    values = np.nan_to_num(depth_m * 1000).astype(np.uint16)
    read = compressed_to_depth(millimetres(values, form))
    assert read.dtype == np.float32
    assert np.isnan(read[:4, :4]).all()
    np.testing.assert_allclose(read[4:], values[4:] / 1000, atol=1e-6)


def test_other_units_are_scaled(depth_m):
    values = np.nan_to_num(depth_m * 4000).astype(np.uint16)
    np.testing.assert_allclose(
        compressed_to_depth(millimetres(values), 0.00025)[4:], depth_m[4:], atol=3e-4
    )


def test_quantised_metres_come_back_within_a_step(depth_m):
    read = compressed_to_depth(quantised(depth_m))
    assert np.isnan(read[:4, :4]).all()
    step = depth_m[4:] ** 2 / (QUANTISATION_M * (QUANTISATION_M + 1.0))
    assert (np.abs(read[4:] - depth_m[4:]) <= 1.5 * step).all()


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("jpeg", "set|topic"),
        ("rgb8; jpeg compressed bgr8", "compressedDepth"),
        ("", "compressedDepth"),
        ("8UC1; compressedDepth", "compressedDepth"),
    ],
)
def test_other_formats_are_refused(form, words):
    with pytest.raises(UnknownEncodingError, match=words):
        compressed_to_depth(millimetres(np.ones((4, 4), np.uint16), form))


def test_rvl_is_refused_with_what_to_set():
    message = CompressedLike("16UC1; compressedDepth rvl", bytes(12) + bytes(range(64)))
    with pytest.raises(UnknownEncodingError, match="RVL.*png"):
        compressed_to_depth(message)


@pytest.mark.parametrize("kept", [0, 5, 12, 20, 40, 80])
def test_what_is_cut_off_is_refused(depth_m, kept):
    whole = quantised(depth_m)
    with pytest.raises(ValueError, match="broken"):
        compressed_to_depth(CompressedLike(whole.format, whole.data[:kept]))


@pytest.mark.parametrize(("side", "said"), [(9_000, "9000x9000 pixels"), (100_000, "more than")])
def test_a_small_file_that_claims_a_huge_picture_is_not_decoded(monkeypatch, side, said):
    content = bytearray(png(np.ones((4, 4), np.uint16)))
    content[16:24] = struct.pack(">II", side, side)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    monkeypatch.setattr(cv2, "imdecode", lambda *about: pytest.fail("decoded"))
    with pytest.raises(ValueError, match=f"depth claims.*{said}.*: too many"):
        compressed_to_depth(CompressedLike("16UC1; compressedDepth", bytes(12) + bytes(content)))
    with pytest.raises(ValueError, match=f"image claims.*{said}.*: too many"):
        compressed_to_rgb(CompressedLike("png", bytes(content)))


def test_colour_and_eight_bits_are_no_depth():
    for values in (np.ones((4, 4, 3), np.uint8), np.ones((4, 4), np.uint8)):
        with pytest.raises(ValueError, match="not of 16 bits"):
            compressed_to_depth(millimetres(values))


def test_a_header_of_nonsense_is_refused(depth_m):
    whole = quantised(depth_m)
    data = struct.pack("<iff", 0, float("nan"), 1.0) + whole.data[12:]
    with pytest.raises(ValueError, match="broken"):
        compressed_to_depth(CompressedLike(whole.format, data))
