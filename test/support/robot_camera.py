"""A camera of known geometry that sees two plates before a wall, as arrays and as messages."""

from __future__ import annotations

import numpy as np

from seem_ros.geometry.camera import CameraModel
from seem_ros.instances import Instance, box_of

WIDTH, HEIGHT, FOCAL = 320, 240, 300.0
K = np.array([[FOCAL, 0, 159.5], [0, FOCAL, 119.5], [0, 0, 1]])
CAMERA = CameraModel.raw(WIDTH, HEIGHT, K)
FRAME_ID = "camera_color_optical_frame"

# Two upright plates facing the camera: (x0, y0, x1, y1) pixels and distance, metres.
PLATES = {1: ((40, 60, 100, 160), 0.8), 2: ((180, 90, 280, 150), 1.2)}
WALL_M = 2.0


def plate_mask(instance_id: int) -> np.ndarray:
    """Return the (H, W) bool mask of a plate."""
    x0, y0, x1, y1 = PLATES[instance_id][0]
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[y0:y1, x0:x1] = True
    return mask


def depth_image() -> np.ndarray:
    """Return the (H, W) float32 depth, metres."""
    depth = np.full((HEIGHT, WIDTH), WALL_M, np.float32)
    for instance_id, (_, distance) in PLATES.items():
        depth[plate_mask(instance_id)] = distance
    return depth


def colour_image() -> np.ndarray:
    """Return the (H, W, 3) uint8 image: grey wall, plates in colours of their own."""
    rgb = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    rgb[plate_mask(1)] = (200, 30, 20)
    rgb[plate_mask(2)] = (10, 60, 220)
    return rgb


def plate_size(instance_id: int) -> tuple[float, float]:
    """Return the width and height of a plate between its outermost pixel centres, metres."""
    (x0, y0, x1, y1), distance = PLATES[instance_id]
    return (x1 - x0 - 1) * distance / FOCAL, (y1 - y0 - 1) * distance / FOCAL


def plate_centre(instance_id: int) -> np.ndarray:
    """Return the (3,) centre of a plate in the camera's optical frame, metres."""
    (x0, y0, x1, y1), distance = PLATES[instance_id]
    u, v = (x0 + x1 - 1) / 2, (y0 + y1 - 1) / 2
    return np.array([(u - K[0, 2]) / FOCAL, (v - K[1, 2]) / FOCAL, 1.0]) * distance


def plates(*instance_ids: int) -> list[Instance]:
    """Return the plates as tracked instances."""
    return [
        Instance(number, label=f"plate {number}", score=0.9, mask=mask, box=box_of(mask))
        for number, mask in ((number, plate_mask(number)) for number in instance_ids)
    ]


def lost(instance_id: int) -> Instance:
    """Return a plate that is out of view."""
    return Instance(instance_id, label=f"plate {instance_id}", state="lost")


def header(stamp_s: float = 10.0, frame_id: str = FRAME_ID):
    """Return a std_msgs/Header."""
    from builtin_interfaces.msg import Time
    from std_msgs.msg import Header

    whole = int(stamp_s)
    stamp = Time(sec=whole, nanosec=round((stamp_s - whole) * 1e9))
    return Header(stamp=stamp, frame_id=frame_id)


def camera_info(width: int = WIDTH, height: int = HEIGHT, k: np.ndarray = K):
    """Return the camera's sensor_msgs/CameraInfo."""
    from sensor_msgs.msg import CameraInfo

    p = np.hstack([k, np.zeros((3, 1))])
    info = CameraInfo(header=header(), width=width, height=height, distortion_model="plumb_bob")
    info.d, info.k, info.p = [0.0] * 5, k.ravel().tolist(), p.ravel().tolist()
    return info


def depth_message(depth: np.ndarray, stamp_s: float = 10.0, frame_id: str = FRAME_ID):
    """Return a depth sensor_msgs/Image from (H, W) float32 metres or uint16 millimetres."""
    from sensor_msgs.msg import Image

    message = Image(header=header(stamp_s, frame_id))
    message.height, message.width = depth.shape
    message.encoding = "16UC1" if depth.dtype == np.uint16 else "32FC1"
    message.step = depth.shape[1] * depth.itemsize
    message.data = depth.tobytes()
    return message
