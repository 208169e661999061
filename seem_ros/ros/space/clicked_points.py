"""3-D clicks of RViz's Publish Point tool: their topics, and the pixel that a click means."""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import PointStamped
from std_msgs.msg import Header

from seem_ros.geometry.camera import CameraModel
from seem_ros.geometry.clicks import ClickRefusedError, locate_click
from seem_ros.ros.space.transforms import Transforms, TransformUnavailableError

CLICK_TOPICS = {"clicked_point": True, "clicked_point_negative": False}
"""Topic -> whether a point on it is on the object."""


def pixel_of_click(
    click: PointStamped,
    image_header: Header,
    camera: CameraModel,
    depth_m: np.ndarray | None,
    transforms: Transforms,
    timeout_s: float = 0.0,
) -> tuple[float, float]:
    """Return the pixel (u, v) of a point in space in one image.

    The point is taken to stand still in its own frame: it is moved to the camera at the image's
    stamp, whenever it was clicked.

    Args:
        click: in any frame that TF knows.
        image_header: stamp and optical frame of the image.
        camera: of the image.
        depth_m: (H, W) float32 metres of the same image, None if there is none.
        transforms: of the node.
        timeout_s: how long to wait for a transform that is on its way.

    Raises:
        ClickRefusedError: there is no transform, or the point names no visible pixel.

    """
    try:
        to_camera = transforms.lookup(
            image_header.frame_id, click.header.frame_id, image_header.stamp, timeout_s
        )
    except TransformUnavailableError as error:
        raise ClickRefusedError(str(error)) from error
    point = np.array([[click.point.x, click.point.y, click.point.z]])
    return locate_click(to_camera.apply(point)[0], camera, depth_m)
