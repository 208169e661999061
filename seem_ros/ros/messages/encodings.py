"""The pixel encodings of sensor_msgs/Image that the node reads, as one table.

Source: sensor_msgs/include/sensor_msgs/image_encodings.hpp. OpenCV type names ("8UC3") carry no
colour order; they mean what cv_bridge makes of them: BGR.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


class UnknownEncodingError(ValueError):
    """The encoding of an image is not one that can be read."""


@dataclass(frozen=True)
class Encoding:
    """How the pixels of one encoding lie in memory and how they become RGB.

    Attributes:
        dtype: NumPy type of one number.
        channels: numbers per pixel.
        to_rgb: OpenCV conversion code to 8-bit RGB; None where the pixels are RGB already.
        even: width (and height) must be even: colour is shared by neighbouring pixels.

    """

    dtype: type[np.generic]
    channels: int
    to_rgb: int | None = None
    even: str = ""

    @property
    def pixel_bytes(self) -> int:
        """Bytes of one pixel."""
        return self.channels * np.dtype(self.dtype).itemsize


def _bayer(dtype: type[np.generic], code: int) -> Encoding:
    return Encoding(dtype, 1, code, even="width and height")


COLOUR: dict[str, Encoding] = {
    "rgb8": Encoding(np.uint8, 3),
    "bgr8": Encoding(np.uint8, 3, cv2.COLOR_BGR2RGB),
    "rgba8": Encoding(np.uint8, 4, cv2.COLOR_RGBA2RGB),
    "bgra8": Encoding(np.uint8, 4, cv2.COLOR_BGRA2RGB),
    "rgb16": Encoding(np.uint16, 3),
    "bgr16": Encoding(np.uint16, 3, cv2.COLOR_BGR2RGB),
    "mono8": Encoding(np.uint8, 1, cv2.COLOR_GRAY2RGB),
    "mono16": Encoding(np.uint16, 1, cv2.COLOR_GRAY2RGB),
    "8UC1": Encoding(np.uint8, 1, cv2.COLOR_GRAY2RGB),
    "16UC1": Encoding(np.uint16, 1, cv2.COLOR_GRAY2RGB),
    "8UC3": Encoding(np.uint8, 3, cv2.COLOR_BGR2RGB),
    "8UC4": Encoding(np.uint8, 4, cv2.COLOR_BGRA2RGB),
    "yuv422": Encoding(np.uint8, 2, cv2.COLOR_YUV2RGB_UYVY, even="width"),
    "uyvy": Encoding(np.uint8, 2, cv2.COLOR_YUV2RGB_UYVY, even="width"),
    "yuv422_yuy2": Encoding(np.uint8, 2, cv2.COLOR_YUV2RGB_YUY2, even="width"),
    "yuyv": Encoding(np.uint8, 2, cv2.COLOR_YUV2RGB_YUY2, even="width"),
    # ROS names the first two pixels of the first two rows, OpenCV those one row and column later.
    "bayer_rggb8": _bayer(np.uint8, cv2.COLOR_BayerBG2RGB),
    "bayer_bggr8": _bayer(np.uint8, cv2.COLOR_BayerRG2RGB),
    "bayer_gbrg8": _bayer(np.uint8, cv2.COLOR_BayerGR2RGB),
    "bayer_grbg8": _bayer(np.uint8, cv2.COLOR_BayerGB2RGB),
    "bayer_rggb16": _bayer(np.uint16, cv2.COLOR_BayerBG2RGB),
    "bayer_bggr16": _bayer(np.uint16, cv2.COLOR_BayerRG2RGB),
    "bayer_gbrg16": _bayer(np.uint16, cv2.COLOR_BayerGR2RGB),
    "bayer_grbg16": _bayer(np.uint16, cv2.COLOR_BayerGB2RGB),
}

DEPTH: dict[str, Encoding] = {
    "16UC1": Encoding(np.uint16, 1),
    "mono16": Encoding(np.uint16, 1),
    "32FC1": Encoding(np.float32, 1),
}

MASK: dict[str, Encoding] = {
    "mono8": Encoding(np.uint8, 1),
    "8UC1": Encoding(np.uint8, 1),
    "mono16": Encoding(np.uint16, 1),
    "16UC1": Encoding(np.uint16, 1),
}


def lookup(table: dict[str, Encoding], name: str, what: str) -> Encoding:
    """Return the entry of an encoding; raise UnknownEncodingError that names the known ones."""
    if name not in table:
        known = ", ".join(table)
        raise UnknownEncodingError(f"{what} has encoding {name!r}; readable are {known}")
    return table[name]
