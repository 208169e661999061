"""Image conversions: every encoding, padding, byte order and damage, by value."""

from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest

from seem_ros.ros.messages import images


@dataclass
class ImageLike:
    """The fields of sensor_msgs/Image."""

    height: int
    width: int
    encoding: str
    step: int
    data: bytes
    is_bigendian: int = 0
    header: object = None


@dataclass
class CompressedLike:
    """The fields of sensor_msgs/CompressedImage."""

    format: str
    data: bytes
    header: object = field(default=None)


def as_message(pixels, encoding, *, padding=0, big=False):
    """Pack an array row by row as a camera driver would, with `padding` bytes after each row."""
    packed = pixels.astype(pixels.dtype.newbyteorder(">" if big else "<"))
    rows = [row.tobytes() + b"\xee" * padding for row in packed]
    height, width = pixels.shape[:2]
    return ImageLike(height, width, encoding, len(rows[0]), b"".join(rows), int(big))


@pytest.fixture
def rgb():
    """Four flat quarters, so that formats that share colour between neighbours keep it exactly."""
    image = np.zeros((16, 24, 3), np.uint8)
    image[:8, :12] = (200, 30, 40)
    image[:8, 12:] = (20, 180, 60)
    image[8:, :12] = (10, 50, 220)
    image[8:, 12:] = (120, 120, 120)
    return image


QUARTERS = (slice(2, 6), slice(2, 10)), (slice(2, 6), slice(14, 22)), (slice(10, 14), slice(2, 10))


@pytest.mark.parametrize("padding", [0, 1, 7, 64])
@pytest.mark.parametrize(
    ("encoding", "order"),
    [
        ("rgb8", [0, 1, 2]),
        ("bgr8", [2, 1, 0]),
        ("rgba8", [0, 1, 2, 0]),
        ("bgra8", [2, 1, 0, 0]),
        ("8UC3", [2, 1, 0]),
        ("8UC4", [2, 1, 0, 0]),
    ],
)
def test_colour_orders(rgb, encoding, order, padding):
    result = images.to_rgb(as_message(rgb[..., order], encoding, padding=padding))
    assert result.dtype == np.uint8
    assert result.flags.c_contiguous
    np.testing.assert_array_equal(result, rgb)


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize(("encoding", "order"), [("rgb16", [0, 1, 2]), ("bgr16", [2, 1, 0])])
def test_colour_16_bit_keeps_the_upper_byte(rgb, encoding, order, big):
    wide = rgb[..., order].astype(np.uint16) * 256 + 99
    np.testing.assert_array_equal(images.to_rgb(as_message(wide, encoding, big=big)), rgb)


@pytest.mark.parametrize("padding", [0, 2, 5])
def test_mono8(padding):
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    result = images.to_rgb(as_message(grey, "mono8", padding=padding))
    np.testing.assert_array_equal(result, np.repeat(grey[..., None], 3, axis=2))


@pytest.mark.parametrize("padding", [0, 2, 3])
@pytest.mark.parametrize("big", [False, True])
def test_mono16(big, padding):
    wide = np.array([[0, 255, 256], [0x1234, 0xFF00, 0xFFFF]], np.uint16)
    result = images.to_rgb(as_message(wide, "mono16", big=big, padding=padding))
    np.testing.assert_array_equal(result[..., 0], [[0, 0, 1], [0x12, 0xFF, 0xFF]])
    np.testing.assert_array_equal(result[..., 1], result[..., 2])


def yuv_pixels(rgb):
    """Return Y, U, V of BT.601 limited range, chroma of every second column (ITU-R BT.601)."""
    r, g, b = (rgb[..., i].astype(float) for i in range(3))
    y = 16 + (65.481 * r + 128.553 * g + 24.966 * b) / 255
    u = 128 + (-37.797 * r - 74.203 * g + 112.0 * b) / 255
    v = 128 + (112.0 * r - 93.786 * g - 18.214 * b) / 255
    chroma = np.where(np.arange(rgb.shape[1]) % 2 == 0, u, v)
    return y.round().astype(np.uint8), chroma.round().astype(np.uint8)


@pytest.mark.parametrize("padding", [0, 6])
@pytest.mark.parametrize(
    ("encoding", "luma_first"),
    [("yuv422", False), ("uyvy", False), ("yuv422_yuy2", True), ("yuyv", True)],
)
def test_yuv422(rgb, encoding, luma_first, padding):
    y, chroma = yuv_pixels(rgb)
    pair = np.stack([y, chroma] if luma_first else [chroma, y], axis=2)
    result = images.to_rgb(as_message(pair, encoding, padding=padding)).astype(int)
    assert np.abs(result - rgb).max() <= 3  # rounding of two 8-bit conversions


@pytest.mark.parametrize("padding", [0, 8])
@pytest.mark.parametrize("pattern", ["rggb", "bggr", "gbrg", "grbg"])
@pytest.mark.parametrize("bits", [8, 16])
def test_bayer(rgb, pattern, bits, padding):
    mosaic = np.zeros(rgb.shape[:2], np.uint16)
    for index, letter in enumerate(pattern):
        rows, columns = slice(index // 2, None, 2), slice(index % 2, None, 2)
        mosaic[rows, columns] = rgb[rows, columns, "rgb".index(letter)]
    pixels = mosaic.astype(np.uint8) if bits == 8 else mosaic * 256
    result = images.to_rgb(as_message(pixels, f"bayer_{pattern}{bits}", padding=padding))
    for inner in QUARTERS:  # away from the edges, demosaicing a flat colour is exact
        np.testing.assert_array_equal(result[inner], rgb[inner])


def test_rgb8_is_a_view_and_the_last_row_may_lack_its_padding(rgb):
    message = as_message(rgb, "rgb8")
    message.data = bytearray(message.data)
    result = images.to_rgb(message)
    message.data[0] = 7
    assert result[0, 0, 0] == 7
    padded = as_message(rgb, "rgb8", padding=10)
    padded.data = padded.data[:-10]
    np.testing.assert_array_equal(images.to_rgb(padded), rgb)


def test_unknown_encoding_names_itself_and_the_readable_ones(rgb):
    with pytest.raises(images.UnknownEncodingError, match="'jpeg2000'.*rgb8, bgr8.*bayer_grbg16"):
        images.to_rgb(as_message(rgb, "jpeg2000"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"height": 0}, "image is empty: 24x0"),
        ({"width": 0}, "image is empty: 0x16"),
        ({"step": 71}, "step 71 is too small: 24 rgb8 pixels take 72 bytes"),
        ({"data": b"\x00" * 1151}, "data is too short: 1151 bytes.*takes 1152"),
        ({"encoding": "yuv422", "width": 23}, "yuv422 needs an even width.*23x16"),
        ({"encoding": "bayer_rggb8", "height": 15}, "needs an even width and height.*24x15"),
    ],
)
def test_damaged_images_say_what_is_wrong(rgb, change, reason):
    message = as_message(rgb, "rgb8")
    for name, value in change.items():
        setattr(message, name, value)
    with pytest.raises(ValueError, match=reason):
        images.to_rgb(message)


@pytest.mark.parametrize("big", [False, True])
def test_depth_in_millimetres(big):
    depth = np.array([[0, 1, 1500], [250, 65535, 0]], np.uint16)
    result = images.to_depth(as_message(depth, "16UC1", big=big, padding=4))
    assert result.dtype == np.float32
    expected = [[np.nan, 0.001, 1.5], [0.25, 65.535, np.nan]]
    np.testing.assert_allclose(result, expected, rtol=1e-6)


@pytest.mark.parametrize("big", [False, True])
def test_depth_in_metres(big):
    depth = np.array([[0.5, np.nan, np.inf], [-1.0, 0.0, 3.25]], np.float32)
    result = images.to_depth(as_message(depth, "32FC1", big=big))
    np.testing.assert_array_equal(result, [[0.5, np.nan, np.nan], [np.nan, np.nan, 3.25]])


def test_colour_is_no_depth(rgb):
    with pytest.raises(images.UnknownEncodingError, match="depth image.*'rgb8'.*16UC1"):
        images.to_depth(as_message(rgb, "rgb8"))


@pytest.mark.parametrize("big", [False, True])
def test_mask(big):
    labels = np.array([[0, 256, 1], [65535, 0, 0]], np.uint16)
    result = images.to_mask(as_message(labels, "mono16", big=big))
    np.testing.assert_array_equal(result, [[False, True, True], [True, False, False]])
    grey = np.array([[0, 1, 255]], np.uint8)
    assert images.to_mask(as_message(grey, "mono8", padding=3)).tolist() == [[False, True, True]]


def coded(rgb, extension):
    return cv2.imencode(extension, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1].tobytes()


def test_compressed_png_is_exact(rgb):
    message = CompressedLike("rgb8; png compressed bgr8", coded(rgb, ".png"))
    np.testing.assert_array_equal(images.compressed_to_rgb(message), rgb)


def test_compressed_jpeg_keeps_the_colour_order(rgb):
    message = CompressedLike("jpeg", coded(rgb, ".jpg"))
    result = images.compressed_to_rgb(message)
    for inner in QUARTERS:
        assert np.abs(result[inner].astype(int) - rgb[inner]).max() <= 25  # 8x8 JPEG blocks
    swapped = CompressedLike("rgb8; jpeg compressed rgb8", message.data)
    np.testing.assert_array_equal(images.compressed_to_rgb(swapped), result[..., ::-1])


def test_compressed_damage_says_what_is_wrong():
    with pytest.raises(ValueError, match="holds no data"):
        images.compressed_to_rgb(CompressedLike("jpeg", b""))
    with pytest.raises(images.UnknownEncodingError, match="'theora' cannot be decoded"):
        images.compressed_to_rgb(CompressedLike("theora", b"\x01\x02\x03\x04" * 20))


def test_real_messages_round_trip(rgb):
    header = pytest.importorskip("std_msgs.msg", reason="needs ROS 2").Header(frame_id="camera")
    header.stamp.sec = 12
    labels = np.array([[0, 1], [258, 65535]], np.uint16)
    for pixels, encoding, read in [
        (rgb, "rgb8", images.to_rgb),
        (rgb[..., 0] > 100, "mono8", images.to_mask),
        (labels, "mono16", images.to_mask),
    ]:
        array = pixels.astype(np.uint8) if pixels.dtype == bool else pixels
        message = images.image_message(array, encoding, header)
        assert (message.height, message.width) == pixels.shape[:2]
        assert message.step * message.height == len(message.data)
        assert message.header == header
        np.testing.assert_array_equal(
            read(message), pixels if encoding == "rgb8" else pixels.astype(bool)
        )
    message = images.image_message(labels, "mono16", header)
    np.testing.assert_array_equal(np.frombuffer(message.data, np.uint16).reshape(2, 2), labels)
    jpeg = images.compressed_message(rgb, header, jpeg_quality=95)
    assert jpeg.header == header
    centre = images.compressed_to_rgb(jpeg)[4, 5].astype(int)
    assert np.abs(centre - rgb[4, 5]).max() <= 10
    with pytest.raises(ValueError, match="mono16 does not fit an array"):
        images.image_message(rgb, "mono16", header)
