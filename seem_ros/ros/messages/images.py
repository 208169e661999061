"""sensor_msgs/Image and CompressedImage to NumPy arrays and back; of cv_bridge, see bridge.py.

Reading accepts any object with the fields of the message, so it works without ROS. Making a
message imports sensor_msgs when it is called. An array that needs no conversion is a view of the
message's data: it must not be written to.
"""

from __future__ import annotations

import array
import sys
from typing import TYPE_CHECKING

import cv2
import numpy as np

from seem_ros.geometry.depth import depth_to_metres
from seem_ros.ros.messages import bridge, encodings
from seem_ros.ros.messages.bit_depth import Narrow, upper_bits
from seem_ros.ros.messages.claimed_size import check_claimed_size
from seem_ros.ros.messages.encodings import Encoding, UnknownEncodingError

if TYPE_CHECKING:
    from sensor_msgs.msg import CompressedImage, Image
    from std_msgs.msg import Header

__all__ = [
    "UnknownEncodingError",
    "as_bytes",
    "compressed_message",
    "compressed_to_rgb",
    "image_message",
    "mask_message",
    "to_depth",
    "to_labels",
    "to_mask",
    "to_rgb",
]

_ENCODING_OF = {"rgb8": (np.uint8, 3), "mono8": (np.uint8, 2), "mono16": (np.uint16, 2)}


def to_rgb(message: Image, narrow: Narrow = upper_bits) -> np.ndarray:
    """Return the colours of a sensor_msgs/Image as (H, W, 3) uint8 RGB, C-contiguous.

    `narrow` makes 8 bits of 16-bit encodings. rgb8 without padding is a view, no copy.

    Raises:
        UnknownEncodingError: the encoding cannot be read.
        ValueError: the image is empty, or its sizes, step and data do not fit each other.

    """
    if (
        message.encoding not in encodings.COLOUR
        and (bridged := bridge.to_rgb(message)) is not None
    ):
        return bridged
    encoding = encodings.lookup(encodings.COLOUR, message.encoding, "image")
    _check_even(message, encoding)
    pixels = _pixels(message, encoding)
    if encoding.to_rgb is not None:
        pixels = cv2.cvtColor(pixels, encoding.to_rgb)
    if pixels.dtype == np.uint16:
        pixels = narrow(pixels)
    return np.ascontiguousarray(pixels)


def compressed_to_rgb(message: CompressedImage, narrow: Narrow = upper_bits) -> np.ndarray:
    """Return a sensor_msgs/CompressedImage (JPEG, PNG, …) as (H, W, 3) uint8 RGB.

    `narrow` makes 8 bits of 16-bit pictures. Pixels stay where the camera put them: an EXIF
    orientation is not applied.

    Raises:
        UnknownEncodingError: the data is no picture that OpenCV can decode.
        ValueError: there is no data.

    """
    data = np.frombuffer(message.data, np.uint8)
    if data.size == 0:
        raise ValueError("compressed image holds no data")
    check_claimed_size(data.data, "compressed image")
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(data, flags)
    if pixels is None or pixels.dtype not in (np.uint8, np.uint16):
        raise UnknownEncodingError(
            f"compressed image with format {message.format!r} cannot be decoded; "
            "JPEG and PNG colour images can"
        )
    if pixels.dtype == np.uint16:
        pixels = narrow(pixels)
    if "compressed rgb8" in message.format:  # the sender stored RGB where JPEG has BGR
        return pixels
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)


def to_depth(message: Image, metres_per_unit: float = 0.0) -> np.ndarray:
    """Return a depth image as (H, W) float32 metres along the optical axis; NaN is unknown.

    16UC1 holds millimetres and 0 for unknown, 32FC1 metres (REP 118), unless `metres_per_unit`
    says otherwise.

    Raises:
        UnknownEncodingError: the encoding is neither.
        ValueError: the image is empty, its sizes, step and data do not fit each other, or its
            values are in another unit.

    """
    encoding = encodings.lookup(encodings.DEPTH, message.encoding, "depth image")
    return depth_to_metres(_pixels(message, encoding), metres_per_unit)


def to_labels(message: Image) -> np.ndarray:
    """Return a label image as (H, W) uint8 or uint16, of native byte order; a view where it is.

    Raises:
        UnknownEncodingError: the encoding is not mono8, mono16 or their OpenCV names.
        ValueError: the image is empty, or its sizes, step and data do not fit each other.

    """
    return _pixels(message, encodings.lookup(encodings.MASK, message.encoding, "label image"))


def to_mask(message: Image) -> np.ndarray:
    """Return a one-channel image as (H, W) bool, True where it is not 0.

    Raises:
        UnknownEncodingError: the encoding is not mono8, mono16 or their OpenCV names.
        ValueError: the image is empty, or its sizes, step and data do not fit each other.

    """
    return _pixels(message, encodings.lookup(encodings.MASK, message.encoding, "mask")) != 0


def image_message(pixels: np.ndarray, encoding: str, header: Header) -> Image:
    """Return a sensor_msgs/Image with a given header.

    Args:
        pixels: (H, W, 3) uint8 for rgb8, (H, W) uint8 for mono8, (H, W) uint16 for mono16.
        encoding: one of these three.
        header: std_msgs/Header, used as it is.

    Raises:
        ValueError: pixels and encoding do not fit.

    """
    from sensor_msgs.msg import Image

    dtype, dimensions = _ENCODING_OF.get(encoding, (None, 0))
    if pixels.dtype != dtype or pixels.ndim != dimensions:
        raise ValueError(f"{encoding} does not fit an array {pixels.shape} of {pixels.dtype}")
    message = Image(header=header, encoding=encoding)
    message.height, message.width = pixels.shape[:2]
    message.is_bigendian = int(sys.byteorder == "big")
    message.step = pixels.itemsize * int(np.prod(pixels.shape[1:]))
    message.data = as_bytes(pixels)
    return message


def mask_message(mask: np.ndarray, header: Header) -> Image:
    """Return (H, W) bool as a mono8 image of 0 and 255."""
    return image_message(mask.astype(np.uint8) * 255, "mono8", header)


def compressed_message(rgb: np.ndarray, header: Header, jpeg_quality: int = 80) -> CompressedImage:
    """Return (H, W, 3) uint8 RGB as a JPEG sensor_msgs/CompressedImage with a given header."""
    from sensor_msgs.msg import CompressedImage

    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    done, coded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality])
    if not done:
        raise ValueError(f"image of shape {rgb.shape} cannot be written as JPEG")
    message = CompressedImage(header=header, format="rgb8; jpeg compressed bgr8")
    message.data = as_bytes(coded)
    return message


def as_bytes(values: np.ndarray) -> array.array[int]:
    """Copy an array into the one type that rclpy takes over without looking at every byte."""
    data = array.array("B")
    data.frombytes(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
    return data


def _check_even(message: Image, encoding: Encoding) -> None:
    odd_width = message.width % 2 and "width" in encoding.even
    odd_height = message.height % 2 and "height" in encoding.even
    if odd_width or odd_height:
        raise ValueError(
            f"{message.encoding} needs an even {encoding.even}, "
            f"the image is {message.width}x{message.height}"
        )


def _pixels(message: Image, encoding: Encoding) -> np.ndarray:
    """Return (H, W) or (H, W, C) of native byte order: a view where the byte order allows it."""
    height, width, step = message.height, message.width, message.step
    if height == 0 or width == 0:
        raise ValueError(f"image is empty: {width}x{height}")
    row_bytes = width * encoding.pixel_bytes
    if step < row_bytes:
        raise ValueError(
            f"step {step} is too small: {width} {message.encoding} pixels take {row_bytes} bytes"
        )
    size, needed = len(message.data), step * (height - 1) + row_bytes
    if size < needed:
        raise ValueError(
            f"data is too short: {size} bytes, {width}x{height} {message.encoding} "
            f"with step {step} takes {needed}"
        )
    return _native(_strided(message, encoding), message)


def _strided(message: Image, encoding: Encoding) -> np.ndarray:
    item = np.dtype(encoding.dtype).newbyteorder(">" if message.is_bigendian else "<")
    shape: tuple[int, ...] = (message.height, message.width)
    strides: tuple[int, ...] = (message.step, encoding.pixel_bytes)
    if encoding.channels > 1:
        shape, strides = (*shape, encoding.channels), (*strides, item.itemsize)
    return np.ndarray(shape, item, buffer=message.data, strides=strides)


def _native(pixels: np.ndarray, message: Image) -> np.ndarray:
    """Swap bytes where needed; copy rows that start at odd addresses, which OpenCV refuses."""
    native = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    return native if message.step % pixels.itemsize == 0 else np.ascontiguousarray(native)
