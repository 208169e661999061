"""The demo's own node: camera and operator in one, talking to seem_node through topics only."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import rclpy
from geometry_msgs.msg import PointStamped
from rclpy.client import Client
from rclpy.node import Node
from rclpy.publisher import Publisher
from std_msgs.msg import Header
from std_srvs.srv import Trigger

from seem_ros.demo.answers import NEEDED, SPATIAL, Answers
from seem_ros.demo.cues import SpatialClick
from seem_ros.demo.footage import DemoImage
from seem_ros.demo.robot_camera import CAMERA_FRAME, RobotCamera
from seem_ros.msg import Prompt as PromptMessage
from seem_ros.msg import PromptStatus, Status
from seem_ros.prompts import Prompt
from seem_ros.ros import qos
from seem_ros.ros.messages import images, stamps
from seem_ros.ros.messages.prompt_messages import prompt_to_message

if TYPE_CHECKING:
    from rclpy.type_support import Msg

RESEND_S = 5.0
ENDS = (PromptStatus.DONE, PromptStatus.REFUSED, PromptStatus.NOT_FOUND)
SPATIAL_S = 3.0


class NoAnswerError(RuntimeError):
    """The node did not answer in time."""


class OperatorNode:
    """Publishes pictures and prompts, and collects what seem_node says to each."""

    def __init__(
        self,
        on_message: Callable[[str, Msg, int], None] = lambda topic, message, stamp_ns: None,
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
        self._header = Header(frame_id=CAMERA_FRAME)
        self._has_depth = False
        self._camera = RobotCamera(self.node, "image", qos.reliable(2), self._record)
        publish = self.node.create_publisher
        self._prompt = publish(PromptMessage, "seem_node/prompt", qos.reliable())
        self._click = publish(PointStamped, "clicked_point", qos.reliable())
        self._reset: Client = self.node.create_client(Trigger, "seem_node/reset")
        for topic, kind in (NEEDED | SPATIAL).items():
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
            takers = (self._prompt, self._click)
            return (
                self.status is not None
                and self.status.state not in (Status.STARTING, Status.ERROR)
                and all(publishers)
                and self._camera.is_watched
                and all(taker.get_subscription_count() for taker in takers)
            )

        self._wait(ready, timeout_s, "seem_node to be ready")

    def show(
        self, picture: DemoImage, stamp_ns: int, intrinsics: np.ndarray | None, timeout_s: float
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
        self._header = Header(stamp=stamps.to_time(stamp_ns), frame_id=CAMERA_FRAME)
        self._answers = {stamp_ns: Answers()}
        self._camera.send_surroundings(picture, self._header, intrinsics)
        jpeg = images.compressed_message(picture.rgb, self._header, jpeg_quality=90)
        self._record("image/compressed", jpeg)  # as JPEG, for size
        self._has_depth = picture.depth_mm is not None
        answers = self._answers[stamp_ns]
        for _ in range(int(timeout_s / RESEND_S)):  # received best effort: it may get lost
            self._camera.send_colours(picture, self._header)
            if self._spin_until(lambda: answers.complete, RESEND_S):
                return self._with_cloud(answers)
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
        message = prompt_to_message(prompt)
        return self._ask("seem_node/prompt", self._prompt, message, prompt.id, timeout_s)

    def click(self, click: SpatialClick, timeout_s: float) -> tuple[PromptStatus, Answers, float]:
        """Click on a point in space as RViz would; return and raise as `ask` does."""
        message = PointStamped(header=self._header)
        message.point.x, message.point.y, message.point.z = click.x, click.y, click.z
        return self._ask("clicked_point", self._click, message, None, timeout_s)

    def _ask(
        self,
        topic: str,
        publisher: Publisher,
        message: Msg,
        prompt_id: str | None,
        timeout_s: float,
    ) -> tuple[PromptStatus, Answers, float]:
        """Send one and wait for its end; without an id of its own, for the next new one."""
        stamp_ns = stamps.to_ns(self._header.stamp)
        before, self._answers[stamp_ns] = self._answers[stamp_ns], Answers()
        known, started = set(self._ended), time.monotonic()
        self._send(topic, publisher, message, stamp_ns)

        def ended() -> list[PromptStatus]:
            if prompt_id is None:
                return [self._ended[key] for key in self._ended if key not in known]
            return [self._ended[prompt_id]] if prompt_id in self._ended else []

        self._wait(lambda: bool(ended()), timeout_s, f"{topic} {prompt_id or ''}")
        took_s, status = time.monotonic() - started, ended()[0]
        if status.code == PromptStatus.REFUSED:
            self._answers[stamp_ns] = before
            return status, before, took_s
        self._wait(lambda: self._answers[stamp_ns].complete, timeout_s, f"masks after {topic}")
        return status, self._with_cloud(self._answers[stamp_ns]), took_s

    def _with_cloud(self, answers: Answers) -> Answers:
        """Wait a little for what comes with depth."""
        if self._has_depth:
            self._spin_until(lambda: answers.spatial, SPATIAL_S)
        return answers

    def reset(self, timeout_s: float) -> None:
        """Let seem_node forget everything. Raises NoAnswerError if it does not."""
        self._wait(self._reset.service_is_ready, timeout_s, "service ~/reset")
        future = self._reset.call_async(Trigger.Request())
        self._wait(future.done, timeout_s, "~/reset")
        answer = future.result()
        if answer is None or not answer.success:
            raise NoAnswerError(f"~/reset was refused: {answer and answer.message}")

    def _listen(self, topic: str, kind: type[Msg]) -> None:
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

    def _send(self, topic: str, publisher: Publisher, message: Msg, stamp_ns: int) -> None:
        publisher.publish(message)
        self._on_message(topic, message, stamp_ns)

    def _record(self, topic: str, message: Msg) -> None:
        self._on_message(topic, message, stamps.to_ns(self._header.stamp))

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
