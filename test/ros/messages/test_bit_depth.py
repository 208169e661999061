"""Cameras that use fewer than 16 bits of a 16-bit picture."""

import cv2
import numpy as np
import pytest

pytest.importorskip("seem_ros.ros.messages.images")

from seem_ros.ros.messages import images
from seem_ros.ros.messages.bit_depth import Narrowing, upper_bits


class ImageLike:
    """The fields of sensor_msgs/Image."""

    def __init__(self, pixels, encoding):
        self.height, self.width = pixels.shape[:2]
        self.encoding, self.is_bigendian = encoding, 0
        self.step = pixels.strides[0]
        self.data = pixels.tobytes()


class CompressedLike:
    """The fields of sensor_msgs/CompressedImage."""

    def __init__(self, format_, data):
        self.format, self.data = format_, data


GREY = np.tile(np.arange(0, 256, 2, dtype=np.uint16), (96, 1))  # (96, 128)
FAINT = 7200 + 4 * GREY


def test_by_default_the_upper_bits_are_kept():
    result = images.to_rgb(ImageLike(FAINT, "mono16"))
    assert np.ptp(result) <= 4
    assert np.array_equal(upper_bits(FAINT), FAINT >> 8)


@pytest.mark.parametrize("encoding", ["mono16", "16UC1"])
def test_a_faint_picture_is_stretched_by_its_own_range(encoding):
    result = images.to_rgb(ImageLike(FAINT, encoding), Narrowing())
    assert np.abs(result[..., 0].astype(int) - GREY).max() <= 3
    assert np.array_equal(result[..., 0], result[..., 2])


def test_colours_are_stretched_alike():
    raw = np.full((64, 64), 300, np.uint16)
    raw[:, 20:40] = 900
    raw[0::2, 0::2] *= 2  # red is twice as bright
    result = images.to_rgb(ImageLike(raw, "bayer_rggb16"), Narrowing())
    middle = result[32, 30].astype(int)
    assert middle[0] > 240
    assert abs(middle[1] - middle[2]) <= 1
    assert middle[1] == pytest.approx((900 - 300) / (1800 - 300) * 256, abs=4)


def test_a_bit_depth_says_it_outright():
    pixels = np.array([[0, 16, 1024, 4095, 60000]], np.uint16)
    assert Narrowing(lambda: 12)(pixels).tolist() == [[0, 1, 64, 255, 255]]
    assert np.array_equal(Narrowing(lambda: 16)(FAINT), upper_bits(FAINT))


def test_a_png_of_sixteen_bits():
    _, coded = cv2.imencode(".png", FAINT)
    message = CompressedLike("mono16; png compressed", coded.tobytes())
    result = images.compressed_to_rgb(message, Narrowing())
    assert np.abs(result[..., 1].astype(int) - GREY).max() <= 3
    assert np.array_equal(images.compressed_to_rgb(message)[..., 1], FAINT >> 8)


def test_a_blank_picture_stays_blank():
    noise = np.random.default_rng(0).normal(7200, 2.5, (96, 128)).astype(np.uint16)
    assert Narrowing()(noise).std() < 3.0
    assert np.ptp(Narrowing()(np.full((96, 128), 7200, np.uint16))) == 0


def test_the_range_moves_slowly_and_widens_fast():
    narrow = Narrowing()
    first = narrow(FAINT)
    covered = narrow(np.full_like(FAINT, 7210))
    assert np.ptp(covered) == 0
    again = narrow(FAINT)
    assert np.abs(again.astype(int) - first).max() <= 12
    brighter = FAINT.copy()
    brighter[:, 64:] += 2000
    for _ in range(8):
        widened = narrow(brighter)
    assert np.count_nonzero(widened == 255) < 0.05 * widened.size
    other = narrow(np.full_like(FAINT, 100) + GREY)
    assert other.max() > 240
