"""Depth messages as metres in the pixels of the image's camera, whatever size they have."""

from __future__ import annotations

import numpy as np

from seem_ros.geometry.camera import CameraModel
from seem_ros.geometry.clouds import DepthFrame
from seem_ros.geometry.depth import DepthError
from seem_ros.geometry.resampling import DepthSampler
from seem_ros.ros.messages.compressed_depth import depth_of
from seem_ros.ros.space.camera_info import CameraInfoCache
from seem_ros.ros.space.depth_sync import DepthMessage


class RegisteredDepth:
    """Converts each message once, and keeps how one camera's pixels lie in the other's."""

    def __init__(self, cameras: CameraInfoCache, info_topic: str) -> None:
        """Take where the newest depth_info is kept, and its topic as it can be remapped."""
        self._cameras = cameras
        self._info_topic = info_topic
        self._sampler: tuple[CameraModel, CameraModel, DepthSampler] | None = None
        self._converted: tuple[DepthMessage, CameraModel, float, DepthFrame] | None = None

    def frame(
        self, message: DepthMessage, camera: CameraModel, scale: float, rectified: bool
    ) -> DepthFrame:
        """Return the depth of a message, as the image's camera sees it.

        Args:
            message: registered to the image.
            camera: of the image.
            scale: metres per unit of depth; 0 for what the encoding says.
            rectified: P of depth_info is used, not K and D.

        Raises:
            ValueError: it cannot be read, has another size than the image and no fitting
                depth_info, or holds no valid pixel.

        """
        kept = self._converted
        if kept is not None and kept[0] is message and kept[1:3] == (camera, scale):
            return kept[3]
        try:
            depth_m = self._resampled(depth_of(message, scale), camera, rectified)
            frame = DepthFrame(camera, depth_m)
        except ValueError as error:
            raise DepthError(f"{error}; 2-D outputs only") from error
        if not np.isfinite(frame.depth_m).any():
            raise DepthError("the depth image holds no valid pixel (all 0 or NaN)")
        self._converted = (message, camera, scale, frame)
        return frame

    def _resampled(self, depth_m: np.ndarray, camera: CameraModel, rectified: bool) -> np.ndarray:
        """Return (h, w) metres in the pixels of the image's camera, by depth_info if need be."""
        height, width = depth_m.shape
        if (height, width) == (camera.height, camera.width):
            return depth_m
        if self._cameras.newest is None:
            raise DepthError(
                f"depth is {width}x{height} but the colour camera is {camera.width}x"
                f"{camera.height}, and no camera_info of the depth has come: remap "
                f"{self._info_topic}:=…, or use depth of the image's size"
            )
        depth_camera = self._cameras.camera(width, height, rectified)
        if self._sampler is None or self._sampler[:2] != (camera, depth_camera):
            self._sampler = (camera, depth_camera, DepthSampler(camera, depth_camera))
        return self._sampler[2](depth_m)
