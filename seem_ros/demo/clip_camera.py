"""Play a clip as a robot's camera: images, registered depth, calibration, and its pose on TF."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_msgs.msg import Header

from seem_ros.demo.footage import Clip
from seem_ros.demo.robot_camera import CAMERA_FRAME, RobotCamera, tf_is_installed
from seem_ros.ros import process, qos


class ClipCamera(Node):
    """Publishes `image_raw`, `camera_info`, `depth` and TF from those frames that have depth."""

    def __init__(self, **node_arguments: Any) -> None:
        """Open the clip (parameter `clip`: a folder; empty = the bundled one) and start to play.

        Raises:
            FileNotFoundError: the clip is not installed.

        """
        super().__init__("clip_camera", **node_arguments)
        rate: float = self.declare_parameter("rate", 5.0).value
        folder: str = self.declare_parameter("clip", "").value
        self._clip = Clip(Path(folder) if folder else None)
        self._camera = RobotCamera(self, "image_raw", qos.newest(5))
        if not tf_is_installed():
            self.get_logger().warning("tf2_ros is not installed: the camera's pose is not sent")
        with_depth = [at for at in range(len(self._clip)) if self._clip[at].depth_mm is not None]
        # There and back again, so that nothing jumps.
        self._order = itertools.cycle(with_depth + with_depth[-2:0:-1])
        self._timer = self.create_timer(1 / rate, self._show)

    def _show(self) -> None:
        image = self._clip[next(self._order)]
        header = Header(stamp=self.get_clock().now().to_msg(), frame_id=CAMERA_FRAME)
        self._camera.send_surroundings(image, header, self._clip.intrinsics)
        self._camera.send_colours(image, header)


def main(args: list[str] | None = None) -> None:
    """Play until Ctrl-C."""
    stop = process.start("clip_camera", args)
    node = process.created("clip_camera", ClipCamera)
    with process.spun(node, SingleThreadedExecutor(), stop):
        process.wait(stop)


if __name__ == "__main__":
    main()
