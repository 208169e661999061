"""Parameters of seem_node's 3-D side."""

from __future__ import annotations

from dataclasses import dataclass

from seem_ros.ros.parameter_fields import ACTIVATE, choice, number, switch, text

COMPRESSED_DEPTH = "compressedDepth"
"""Name of image_transport's plugin, and the end of its topics."""


@dataclass(frozen=True)
class SpatialParameters:
    """What can be set about depth, camera, TF, and the 3-D outputs."""

    image_rectified: bool = switch(
        False, "Images are rectified: P of camera_info is used, not K and D."
    )
    use_depth: bool = switch(
        True, "Depth is waited for and used; false = 2-D outputs only, and no warning.", ACTIVATE
    )
    depth_transport: str = choice(
        "raw",
        ("raw", COMPRESSED_DEPTH),
        "Depth input: `depth` or `depth/compressedDepth`.",
        ACTIVATE,
    )
    depth_scale: float = number(
        0.0,
        0.0,
        1.0,
        "Metres per unit of `depth`; 0 = of its encoding: 16UC1 millimetres, 32FC1 metres.",
    )
    depth_sync_slop: float = number(
        0.05, 0.0, 5.0, "Largest difference between the stamps of image and depth, seconds."
    )
    depth_wait: float = number(
        0.05, 0.0, 1.0, "How long finished masks wait for depth that is on its way, seconds."
    )
    target_frame: str = text(
        "", "TF frame of clouds, boxes and markers; empty = the camera's optical frame."
    )
    gravity_frame: str = text(
        "", "TF frame whose z axis points up, to stand boxes upright; empty = the table says it."
    )
    outline_distance: float = number(
        1.0, 0.1, 20.0, "Distance of the plane that outlines are drawn on without depth, metres."
    )
    marker_lifetime: float = number(
        3.0, 0.0, 60.0, "RViz removes a marker not renewed for this long, seconds; 0 = never."
    )
    tf_timeout: float = number(
        0.1, 0.0, 2.0, "How long finished masks wait for a transform, seconds."
    )
