"""cv_bridge where it is installed: the same values, and help with encodings we do not know."""

import sys
import types

import cv2
import numpy as np
import pytest

sensor_msgs = pytest.importorskip("sensor_msgs.msg", reason="needs ROS 2")

from seem_ros.ros.messages import bridge, encodings, images


@pytest.fixture
def fresh():
    """Forget which cv_bridge was found, before and after."""
    bridge._bridge.cache_clear()
    yield
    bridge._bridge.cache_clear()


def message(encoding, data, width=4, height=2):
    given = sensor_msgs.Image(encoding=encoding, height=height, width=width)
    given.step = len(data) // height
    given.data.frombytes(data)
    return given


class Nv21Bridge:
    """Reads what the real one reads and our table lacks."""

    def imgmsg_to_cv2(self, given, desired_encoding):
        assert desired_encoding == "rgb8"
        if given.encoding != "nv21":
            raise RuntimeError("unknown")
        rows = np.frombuffer(given.data, np.uint8).reshape(given.height * 3 // 2, given.width)
        return cv2.cvtColor(rows, cv2.COLOR_YUV2RGB_NV21)


def install(monkeypatch, **names):
    monkeypatch.setitem(sys.modules, "cv_bridge", types.SimpleNamespace(**names))


def nv21():
    given = message("nv21", bytes([128] * 12))
    given.step = 4
    return given


def test_an_encoding_that_only_cv_bridge_knows(monkeypatch, fresh):
    install(monkeypatch, CvBridge=Nv21Bridge)
    pixels = images.to_rgb(nv21())
    assert pixels.shape == (2, 4, 3)
    assert pixels.dtype == np.uint8
    assert len(np.unique(pixels)) == 1
    with pytest.raises(images.UnknownEncodingError, match="'nv99'"):
        images.to_rgb(message("nv99", bytes(12)))


def test_without_it_or_with_one_of_another_numpy_the_encoding_is_refused(monkeypatch, fresh):
    monkeypatch.setitem(sys.modules, "cv_bridge", None)  # importing it fails
    with pytest.raises(images.UnknownEncodingError, match="'nv21'"):
        images.to_rgb(nv21())
    bridge._bridge.cache_clear()

    class OfAnotherNumpy:
        def imgmsg_to_cv2(self, given, desired_encoding):
            raise AttributeError("_ARRAY_API not found")

    install(monkeypatch, CvBridge=OfAnotherNumpy)
    with pytest.raises(images.UnknownEncodingError, match="'nv21'"):
        images.to_rgb(nv21())


@pytest.mark.parametrize(
    "encoding",
    [name for name, facts in encodings.COLOUR.items() if facts.dtype == np.uint8],
)
def test_both_read_the_same_values(encoding, fresh):
    cv_bridge = pytest.importorskip("cv_bridge", reason="cv_bridge is not installed")
    given = np.random.default_rng(3).integers(0, 256, 8 * 6 * 4, np.uint8)
    size = 8 * 6 * encodings.COLOUR[encoding].pixel_bytes
    image = message(encoding, given[:size].tobytes(), 8, 6)
    theirs = cv_bridge.CvBridge().imgmsg_to_cv2(image, desired_encoding="rgb8")
    np.testing.assert_array_equal(images.to_rgb(image), theirs)
