"""The node's subscriptions: camera images and prompts. Callbacks only hand things on."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from geometry_msgs.msg import Point, PointStamped
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String

from seem_ros import msg
from seem_ros.prompts import Prompt
from seem_ros.ros import qos
from seem_ros.ros.health.monitor import QOS, Monitor
from seem_ros.ros.messages import images, stamps
from seem_ros.ros.messages.bit_depth import Narrow
from seem_ros.ros.node.inbox import ReceivedImage
from seem_ros.ros.node.prompt_intake import PromptIntake
from seem_ros.ros.one_line import one_line
from seem_ros.ros.scope import Scope
from seem_ros.ros.space.inputs import CLICK_TOPICS
from seem_ros.ros.subscriptions import Subscriptions

HEARD_TOPIC = "voice_node/heard"  # of all cameras: one operator speaks


class Inputs:
    """Receives images and prompts between `start` and `stop`."""

    def __init__(
        self,
        scope: Scope,
        put_image: Callable[[ReceivedImage], None],
        intake: PromptIntake,
        locate: Callable[[PointStamped], tuple[float, float, int]],
        narrow: Narrow,
        monitor: Monitor,
    ) -> None:
        """Receive nothing yet.

        Args:
            scope: of the subscriptions.
            put_image: takes each image.
            intake: takes each prompt.
            locate: returns the pixel (x, y) that a point in space means, and the stamp of its
                image in nanoseconds; ValueError says why it means none.
            narrow: makes 8-bit pixels of those of a 16-bit camera.
            monitor: is told of images, incompatible publishers and what was heard.

        """
        self._scope = scope
        self._node = scope.node
        self._put_image = put_image
        self._intake = intake
        self._locate = locate
        self._narrow = narrow
        self._monitor = monitor
        self._subscriptions = Subscriptions(scope.node, self._on_incompatible)

    def start(self, image_transport: str) -> None:
        """Subscribe; `image_transport` is "raw" or "compressed"."""
        self._subscribe_image(image_transport)
        subscribe, own, quality = self._subscriptions.add, self._scope.own, qos.reliable()
        prompts, in_space = MutuallyExclusiveCallbackGroup(), MutuallyExclusiveCallbackGroup()
        subscribe(msg.Prompt, own("prompt"), self._on_prompt, quality, prompts)
        subscribe(String, own("text"), self._on_text, quality, prompts)
        subscribe(PointStamped, own("click_pixel"), self._on_click_pixel, quality, prompts)
        subscribe(Point, own("click_mouse"), self._on_click_mouse, quality, prompts)
        subscribe(msg.Heard, HEARD_TOPIC, self._on_heard, quality, prompts)
        for topic, positive in CLICK_TOPICS.items():
            take = functools.partial(self._on_click_in_space, positive=positive)
            subscribe(PointStamped, self._scope.given(topic), take, quality, in_space)

    def stop(self) -> None:
        """Destroy the subscriptions."""
        self._subscriptions.destroy()

    def check_publishers(self) -> None:
        """Note how many cameras there are, and forget incompatible publishers that have left."""
        self._monitor.note_publishers(self._node.count_publishers(self._monitor.image_topic))
        for subject in self._monitor.problems.current:
            kind, _, topic = subject.partition(" ")
            if kind == QOS and not self._subscriptions.has_incompatible(topic):
                self._monitor.problems.solved(subject)

    def _subscribe_image(self, transport: str) -> None:
        """Subscribe to `image` or `image/compressed`; remapping `image` moves both, as usual."""
        base = self._node.resolve_topic_name(self._scope.given("image"))
        group = MutuallyExclusiveCallbackGroup()
        if transport == "raw":
            topic = base
            read = functools.partial(images.to_rgb, narrow=self._narrow)
            take = functools.partial(self._on_image, read=read)
            self._subscriptions.add(Image, topic, take, qos.newest(), group)
        else:
            topic = f"{base}/compressed"
            read = functools.partial(images.compressed_to_rgb, narrow=self._narrow)
            take = functools.partial(self._on_image, read=read)
            self._subscriptions.add(CompressedImage, topic, take, qos.newest(), group)
        self._monitor.image_topic = self._node.resolve_topic_name(topic)

    def _on_image(self, message: Image | CompressedImage, read: Callable[..., np.ndarray]) -> None:
        self._monitor.note_image(message.header)
        if self._monitor.enabled:
            self._put_image(ReceivedImage(message, read))

    def _on_prompt(self, message: msg.Prompt) -> None:
        self._intake.submit_message(message)

    def _on_text(self, message: String) -> None:
        self._intake.submit(Prompt(text=message.data, source="text"))

    def _on_click_pixel(self, message: PointStamped) -> None:
        self._click(message.point, "click_pixel", stamps.to_ns(message.header.stamp))

    def _on_click_mouse(self, message: Point) -> None:
        self._click(message, "click_mouse", 0)

    def _click(self, point: Point, source: str, stamp_ns: int) -> None:
        points = [(point.x, point.y, 1)]
        self._intake.submit(Prompt(points=points, source=source, stamp_ns=stamp_ns))

    def _on_click_in_space(self, message: PointStamped, positive: bool) -> None:
        try:
            x, y, stamp_ns = self._locate(message)
        except ValueError as error:
            self._intake.refuse(Prompt(source="clicked_point"), str(error))
            return
        points = [(x, y, int(positive))]
        self._intake.submit(Prompt(points=points, source="clicked_point", stamp_ns=stamp_ns))

    def _on_heard(self, message: msg.Heard) -> None:
        if message.is_final:
            self._monitor.heard = one_line(message.text)

    def _on_incompatible(self, topic: str, policy: str) -> None:
        self._monitor.problems.note(
            f"{QOS} {topic}",
            f"a publisher offers an incompatible {policy}: nothing is received from it; "
            f"set qos_overrides.{topic}.subscription.{policy.lower()} to what it offers",
        )
