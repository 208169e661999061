"""sensor_msgs/CameraInfo to the camera model, kept while the calibration stays the same."""

from __future__ import annotations

import numpy as np
from sensor_msgs.msg import CameraInfo

from seem_ros.geometry.camera import CameraError, CameraModel


def camera_from_info(info: CameraInfo, rectified: bool) -> CameraModel:
    """Return the camera that a message describes.

    Args:
        info: the message. Region of interest and binning are taken into account.
        rectified: True for images that image_proc rectified (P is used), False for raw ones
            (K and D).

    Raises:
        CameraError: the calibration is missing or not understood.

    """
    width, height = image_size(info)
    try:
        if rectified:
            p = np.asarray(info.p, np.float64).reshape(3, 4)
            return CameraModel.rectified(width, height, _windowed(p, info))
        k = np.asarray(info.k, np.float64).reshape(3, 3)
        return CameraModel.raw(width, height, _windowed(k, info), info.distortion_model, info.d)
    except CameraError as error:
        matrix = "P (parameter image_rectified is true)" if rectified else "K and D"
        raise CameraError(f"camera_info cannot be used, {matrix}: {error}") from error


def image_size(info: CameraInfo) -> tuple[int, int]:
    """Return (width, height) in pixels of the images that belong to a CameraInfo."""
    # CameraInfo.msg: a region of 0 x 0 means the full image, binning 0 means 1.
    width, height = info.roi.width or info.width, info.roi.height or info.height
    return width // max(info.binning_x, 1), height // max(info.binning_y, 1)


def _windowed(matrix: np.ndarray, info: CameraInfo) -> np.ndarray:
    """Move a full-resolution K or P to the image's region of interest and binning."""
    matrix = matrix.copy()
    matrix[0, 2] -= info.roi.x_offset
    matrix[1, 2] -= info.roi.y_offset
    matrix[0] /= max(info.binning_x, 1)
    matrix[1] /= max(info.binning_y, 1)
    return matrix


class CameraInfoCache:
    """Holds the newest CameraInfo and its camera model.

    Drivers repeat the same calibration with every image; the model, with its table of rays, is
    made anew only when it changes.

    Attributes:
        newest: the newest message, None before the first.

    """

    def __init__(self, topic: str) -> None:
        """Start without a camera; `topic` is named in messages to the operator."""
        self._topic = topic
        self.newest: CameraInfo | None = None
        self._key: tuple[object, ...] = ()
        self._model: CameraModel | None = None

    def add(self, info: CameraInfo) -> None:
        """Take a message in; nothing is computed yet."""
        self.newest = info

    def camera(self, width: int, height: int, rectified: bool) -> CameraModel:
        """Return the camera of images of a given size, rectified (P) or raw (K and D).

        Raises:
            CameraError: no camera_info came yet, it is of another size, or it is no calibration.

        """
        info = self.newest
        if info is None:
            raise CameraError(
                f"no camera_info has come on {self._topic}: 3-D clicks and 3-D outputs need it"
            )
        if _is_binned_already(info, width, height):
            info = _without_binning(info)
        if image_size(info) != (width, height):
            told_width, told_height = image_size(info)
            raise CameraError(
                f"camera_info on {self._topic} is for {told_width}x{told_height} images, "
                f"but the image is {width}x{height}"
            )
        key = (rectified, *_fingerprint(info))
        if self._model is None or key != self._key:
            self._model, self._key = camera_from_info(info, rectified), key
        return self._model


def _is_binned_already(info: CameraInfo, width: int, height: int) -> bool:
    """Tell whether a driver gives size and K of the binned image, and the binning as well."""
    binned = max(info.binning_x, info.binning_y) > 1
    return binned and not info.roi.width and (info.width, info.height) == (width, height)


def _without_binning(info: CameraInfo) -> CameraInfo:
    return CameraInfo(
        header=info.header,
        width=info.width,
        height=info.height,
        distortion_model=info.distortion_model,
        d=info.d,
        k=info.k,
        r=info.r,
        p=info.p,
    )


def _fingerprint(info: CameraInfo) -> tuple[object, ...]:
    roi = info.roi
    region = (roi.x_offset, roi.y_offset, roi.width, roi.height, info.binning_x, info.binning_y)
    calibration = (tuple(info.k), tuple(info.d), tuple(info.p), info.distortion_model)
    return (info.width, info.height, *region, *calibration)
