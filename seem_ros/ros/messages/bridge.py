"""cv_bridge, for the encodings that encodings.py does not know.

Why there is a second reader: ours needs neither ROS nor a compiled module, reads rgb8 and label
images without a copy, keeps the upper bits of 16-bit cameras, and says what in an image does not
fit. cv_bridge is compiled against one NumPy: under another it cannot be imported, or fails when it
converts. What both can read becomes the same values; a test compares them where it is installed.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from sensor_msgs.msg import Image


def to_rgb(message: Image) -> np.ndarray | None:
    """Return what cv_bridge makes of an image, (H, W, 3) uint8 RGB; None where it cannot."""
    bridge = _bridge()
    if bridge is None:
        return None
    try:
        pixels = bridge.imgmsg_to_cv2(message, desired_encoding="rgb8")
    except Exception:  # noqa: BLE001 CvBridgeError, or ImportError of its compiled half
        return None
    return np.ascontiguousarray(pixels)


@functools.lru_cache(maxsize=1)
def _bridge() -> Any | None:
    """Return a CvBridge; None where it is not installed or was compiled for another NumPy."""
    try:
        from cv_bridge import CvBridge

        return CvBridge()
    except Exception:  # noqa: BLE001 ImportError, and what NumPy raises within it
        return None
