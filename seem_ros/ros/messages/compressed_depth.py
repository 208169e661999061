"""Depth as image_transport's plugin compressedDepth sends it: a header of 12 bytes, and a PNG.

The header is what the plugin keeps in memory, little-endian: an int32 for the kind of
quantisation and two float32, a and b. 16UC1 is in the PNG as it is. 32FC1 is quantised, with
steps that grow with the distance: metres = a / (value - b), 0 is unknown.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import cv2
import numpy as np

from seem_ros.geometry.depth import depth_to_metres
from seem_ros.ros.messages import images
from seem_ros.ros.messages.claimed_size import check_claimed_size
from seem_ros.ros.messages.encodings import UnknownEncodingError

if TYPE_CHECKING:
    from sensor_msgs.msg import CompressedImage, Image

_HEADER = struct.Struct("<iff")
_PNG = b"\x89PNG\r\n\x1a\n"


def depth_of(message: Image | CompressedImage, metres_per_unit: float = 0.0) -> np.ndarray:
    """Return a depth image, raw or compressed, as (H, W) float32 metres; NaN is unknown.

    Raises:
        ValueError: it cannot be read; the message says why.

    """
    if hasattr(message, "encoding"):
        return images.to_depth(message, metres_per_unit)
    return compressed_to_depth(message, metres_per_unit)


def compressed_to_depth(message: CompressedImage, metres_per_unit: float = 0.0) -> np.ndarray:
    """Return a compressed depth image as (H, W) float32 metres along the axis; NaN is unknown.

    16UC1 holds millimetres and 32FC1 metres, unless `metres_per_unit` says otherwise.

    Raises:
        UnknownEncodingError: the format is no compressedDepth of these two, or not PNG.
        ValueError: the data is broken or cut off, or its values are in another unit.

    """
    encoding = message.format.split(";")[0].strip()
    if encoding not in ("16UC1", "mono16", "32FC1") or "compressedDepth" not in message.format:
        raise UnknownEncodingError(
            f"compressed depth with format {message.format!r} cannot be read; "
            "'16UC1; compressedDepth' and '32FC1; compressedDepth' can: is the topic right?"
        )
    data = memoryview(message.data).cast("B")
    values = _png_values(data[_HEADER.size :], message.format)
    if encoding != "32FC1":
        return depth_to_metres(values, metres_per_unit)
    _, a, b = _HEADER.unpack_from(data)
    if not (np.isfinite(a) and np.isfinite(b)):
        raise ValueError(f"compressed depth is broken: its header says a {a}, b {b}")
    steps = values.astype(np.float32) - np.float32(b)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        metres = np.where(values > 0, np.float32(a) / steps, np.float32(np.nan))
    return depth_to_metres(metres.astype(np.float32), metres_per_unit)


def _png_values(data: memoryview, form: str) -> np.ndarray:
    """Decode the PNG: (H, W) uint16."""
    if bytes(data[: len(_PNG)]) != _PNG:
        if "rvl" in form:
            raise UnknownEncodingError(
                "compressed depth is RVL: set the camera's transport to png"
            )
        raise ValueError(f"compressed depth is broken: no PNG follows its header ({form!r})")
    check_claimed_size(data, "compressed depth")
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.ndim != 2 or values.dtype != np.uint16:
        raise ValueError("compressed depth is broken: its PNG is cut off, or not of 16 bits")
    return values
