"""Play a clip as a robot's camera: images, registered depth, calibration, and its pose on TF."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_msgs.msg import Header

from seem_ros.demo.footage import Clip
from seem_ros.demo.robot_camera import CAMERA_FRAME, RobotCamera, tf_is_installed
from seem_ros.ros import node_help, parameter_fields, process, qos
from seem_ros.ros.parameter_fields import START, number, text


@dataclass(frozen=True)
class ClipParameters:
    """What is played, and how fast."""

    clip: str = text("", "Folder of a clip; empty = the bundled one.", START)
    rate: float = number(5.0, 0.1, 100.0, "Images a second.", START)


class ClipCamera(Node):
    """Publishes `image_raw`, `camera_info`, `depth` and TF from those frames that have depth."""

    def __init__(self, **node_arguments: Any) -> None:
        """Open the clip and start to play.

        Raises:
            FileNotFoundError: the clip is not installed.
            ValueError: a parameter is wrong.

        """
        super().__init__("clip_camera", **node_arguments)
        parameters = parameter_fields.declare(self, ClipParameters)
        self._clip = Clip(Path(parameters.clip) if parameters.clip else None)
        self._camera = RobotCamera(self, "image_raw", qos.newest(5))
        if not tf_is_installed():
            self.get_logger().warning("tf2_ros is not installed: the camera's pose is not sent")
        with_depth = [at for at in range(len(self._clip)) if self._clip[at].depth_mm is not None]
        # There and back again, so that nothing jumps.
        self._order = itertools.cycle(with_depth + with_depth[-2:0:-1])
        self._timer = self.create_timer(1 / parameters.rate, self._show)

    def _show(self) -> None:
        image = self._clip[next(self._order)]
        header = Header(stamp=self.get_clock().now().to_msg(), frame_id=CAMERA_FRAME)
        self._camera.send_surroundings(image, header, self._clip.intrinsics)
        self._camera.send_colours(image, header)


def main(args: list[str] | None = None) -> None:
    """Play until Ctrl-C."""
    if node_help.is_asked_for(args):
        print(node_help.text("clip_camera", __doc__, (ClipParameters,), "-r __ns:=/camera/color"))
        return
    stop = process.start("clip_camera", args)
    node = process.created("clip_camera", ClipCamera)
    with process.spun(node, SingleThreadedExecutor(), stop):
        process.wait(stop)


if __name__ == "__main__":
    main()
