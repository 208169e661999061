"""The demo's own node: camera and operator in one, talking to seem_node through topics only."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import rclpy
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header
from std_srvs.srv import Trigger
from visualization_msgs.msg import MarkerArray

from seem_ros.demo.footage import Picture
from seem_ros.msg import InstanceArray, PromptStatus, Status
from seem_ros.msg import Prompt as PromptMessage
from seem_ros.prompts import Prompt
from seem_ros.ros import images, qos, stamps
from seem_ros.ros.prompt_messages import prompt_to_message

FRAME_ID = "camera_color_optical_frame"
RESEND_S = 5.0
ENDS = (PromptStatus.DONE, PromptStatus.REFUSED, PromptStatus.NOT_FOUND)
# What must be there before a frame counts as answered; markers come only with depth.
NEEDED = {
    "instances": InstanceArray,
    "label_image": Image,
    "target_mask": Image,
    "overlay/compressed": CompressedImage,
}


class NoAnswerError(RuntimeError):
    """The node did not answer in time."""


@dataclass
class Answers:
    """The newest message of each topic for one image, by topic below the node's name."""

    messages: dict[str, Any] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether everything needed is there."""
        return all(topic in self.messages for topic in NEEDED)

    @property
    def instances(self) -> InstanceArray:
        """The full record."""
        return self.messages["instances"]

    @property
    def labels(self) -> np.ndarray:
        """(H, W) uint16 label image."""
        message = self.messages["label_image"]
        return np.frombuffer(message.data, np.uint16).reshape(message.height, message.width)

    @property
    def overlay(self) -> np.ndarray:
        """(H, W, 3) uint8 RGB picture."""
        return images.compressed_to_rgb(self.messages["overlay/compressed"])


class OperatorNode:
    """Publishes pictures and prompts, and collects what seem_node says to each."""

    def __init__(
        self,
        on_message: Callable[[str, Any, int], None] = lambda topic, message, stamp_ns: None,
        is_alive: Callable[[], bool] = lambda: True,
    ) -> None:
        """Create publishers and subscriptions; rclpy must be initialised.

        Args:
            on_message: takes (topic, message, stamp_ns) of everything sent and received.
            is_alive: tells whether seem_node still runs; waiting ends when it does not.

        """
        self.node: Node = rclpy.create_node("demo_operator")
        self.status: Status | None = None
        self._on_message = on_message
        self._is_alive = is_alive
        self._answers: dict[int, Answers] = {}
        self._ended: dict[str, PromptStatus] = {}
        self._header = Header(frame_id=FRAME_ID)
        publish = self.node.create_publisher
        self._image = publish(Image, "image", qos.reliable(2))
        self._depth = publish(Image, "depth", qos.reliable(2))
        self._info = publish(CameraInfo, "camera_info", qos.reliable(2))
        self._prompt = publish(PromptMessage, "seem_node/prompt", qos.reliable())
        self._reset = self.node.create_client(Trigger, "seem_node/reset")
        for topic, kind in (NEEDED | {"markers": MarkerArray}).items():
            self._listen(topic, kind)
        subscribe = self.node.create_subscription
        subscribe(PromptStatus, "seem_node/prompt_status", self._on_prompt_status, qos.reliable())
        subscribe(Status, "seem_node/status", self._on_status, qos.latched())

    def destroy(self) -> None:
        """Destroy the node."""
        self.node.destroy_node()

    def wait_until_ready(self, timeout_s: float) -> None:
        """Wait until seem_node takes images and prompts and its answers come here.

        Raises:
            NoAnswerError: it does not within `timeout_s` seconds.

        """

        def ready() -> bool:
            publishers = [self.node.count_publishers(f"/seem_node/{topic}") for topic in NEEDED]
            takers = (self._image, self._prompt)
            return (
                self.status is not None
                and self.status.state not in (Status.STARTING, Status.ERROR)
                and all(publishers)
                and all(taker.get_subscription_count() for taker in takers)
            )

        self._wait(ready, timeout_s, "seem_node to be ready")

    def show(
        self, picture: Picture, stamp_ns: int, intrinsics: np.ndarray | None, timeout_s: float
    ) -> Answers:
        """Publish a picture as the camera would and return the answers to it.

        Args:
            picture: with depth or not.
            stamp_ns: time in its header, nanoseconds.
            intrinsics: (3, 3) camera matrix; None where it is unknown.
            timeout_s: seconds until it is given up.

        Raises:
            NoAnswerError: no answer in time.

        """
        self._header = Header(stamp=stamps.to_time(stamp_ns), frame_id=FRAME_ID)
        self._answers = {stamp_ns: Answers()}
        if intrinsics is not None:
            self._send("camera_info", self._info, self._camera_info(picture, intrinsics))
        if picture.depth_mm is not None:
            depth = images.image_message(picture.depth_mm, "mono16", self._header)
            depth.encoding = "16UC1"
            self._send("depth", self._depth, depth)
        self._on_message("image/compressed", _jpeg(picture.rgb, self._header), stamp_ns)
        answers = self._answers[stamp_ns]
        for _ in range(int(timeout_s / RESEND_S)):  # received best effort: it may get lost
            self._image.publish(images.image_message(picture.rgb, "rgb8", self._header))
            if self._spin_until(lambda: answers.complete, RESEND_S):
                return answers
        raise NoAnswerError(f"no complete answer to image {picture.name}")

    def ask(self, prompt: Prompt, timeout_s: float) -> tuple[PromptStatus, Answers, float]:
        """Send a prompt for the last picture; return its end, the answers then, and the seconds.

        A refused prompt changes nothing: its answers are those from before.

        Args:
            prompt: with an id of its own and the picture's stamp.
            timeout_s: seconds until it is given up.

        Raises:
            NoAnswerError: no answer in time.

        """
        stamp_ns = stamps.to_ns(self._header.stamp)
        before, self._answers[stamp_ns] = self._answers[stamp_ns], Answers()
        started = time.monotonic()
        self._send("seem_node/prompt", self._prompt, prompt_to_message(prompt), stamp_ns)
        self._wait(lambda: prompt.id in self._ended, timeout_s, f"prompt {prompt.id}")
        took_s = time.monotonic() - started
        if self._ended[prompt.id].code == PromptStatus.REFUSED:
            return self._ended[prompt.id], before, took_s
        self._wait(lambda: self._answers[stamp_ns].complete, timeout_s, f"masks of {prompt.id}")
        return self._ended[prompt.id], self._answers[stamp_ns], took_s

    def reset(self, timeout_s: float) -> None:
        """Let seem_node forget everything. Raises NoAnswerError if it does not."""
        self._wait(self._reset.service_is_ready, timeout_s, "service ~/reset")
        future = self._reset.call_async(Trigger.Request())
        self._wait(future.done, timeout_s, "~/reset")
        if not future.result().success:
            raise NoAnswerError(f"~/reset was refused: {future.result().message}")

    def _listen(self, topic: str, kind: type[Any]) -> None:
        def take(message: Any) -> None:
            first = message.markers[0] if topic == "markers" and message.markers else message
            stamp_ns = stamps.to_ns(first.header.stamp) if hasattr(first, "header") else 0
            if stamp_ns in self._answers:
                self._answers[stamp_ns].messages[topic] = message
            if stamp_ns:
                self._on_message(f"seem_node/{topic}", message, stamp_ns)

        self.node.create_subscription(kind, f"seem_node/{topic}", take, qos.reliable())

    def _on_prompt_status(self, message: PromptStatus) -> None:
        if message.code in ENDS:
            self._ended[message.id] = message
        self._on_message("seem_node/prompt_status", message, stamps.to_ns(self._header.stamp))

    def _on_status(self, message: Status) -> None:
        self.status = message

    def _send(self, topic: str, publisher: Any, message: Any, stamp_ns: int | None = None) -> None:
        publisher.publish(message)
        when = stamps.to_ns(message.header.stamp) if stamp_ns is None else stamp_ns
        self._on_message(topic, message, when)

    def _camera_info(self, picture: Picture, intrinsics: np.ndarray) -> CameraInfo:
        height, width = picture.rgb.shape[:2]
        projection = np.hstack([intrinsics, np.zeros((3, 1))])
        return CameraInfo(
            header=self._header,
            height=height,
            width=width,
            distortion_model="plumb_bob",
            d=[0.0] * 5,
            k=intrinsics.ravel(),
            r=np.eye(3).ravel(),
            p=projection.ravel(),
        )

    def _wait(self, condition: Callable[[], bool], timeout_s: float, what: str) -> None:
        if not self._spin_until(condition, timeout_s):
            end = f"waited {timeout_s:.0f} s" if self._is_alive() else "seem_node has ended"
            raise NoAnswerError(f"{what}: {end}")

    def _spin_until(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline or not self._is_alive():
                return False
            rclpy.spin_once(self.node, timeout_sec=0.05)
        return True


def _jpeg(rgb: np.ndarray, header: Header) -> CompressedImage:
    return images.compressed_message(rgb, header, jpeg_quality=90)
