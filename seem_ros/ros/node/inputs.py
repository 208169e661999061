"""The node's subscriptions: camera images and prompts. Callbacks only hand things on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from geometry_msgs.msg import Point, PointStamped
from rclpy.callback_groups import CallbackGroup, MutuallyExclusiveCallbackGroup
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.qos import QoSProfile, qos_policy_name_from_kind
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String

from seem_ros import msg
from seem_ros.prompts import Prompt
from seem_ros.ros.health.monitor import QOS, Monitor
from seem_ros.ros.messages import images, stamps
from seem_ros.ros.messages.frames import Frame
from seem_ros.ros.messages.prompt_messages import prompt_from_message
from seem_ros.ros.node import qos
from seem_ros.ros.node.engine import phrases
from seem_ros.ros.node.intake import PromptIntake

HEARD_TOPIC = "voice_node/heard"


class Inputs:
    """Subscribes while it exists; `destroy` ends that."""

    def __init__(
        self,
        node: Node,
        image_transport: str,
        put_frame: Callable[[Frame], None],
        intake: PromptIntake,
        monitor: Monitor,
    ) -> None:
        """Create the subscriptions.

        Args:
            node: of the subscriptions.
            image_transport: "raw" or "compressed".
            put_frame: takes each image.
            intake: takes each prompt.
            monitor: is told of images, incompatible publishers and what was heard.

        """
        self._node = node
        self._put_frame = put_frame
        self._intake = intake
        self._monitor = monitor
        self._subscriptions: list[Any] = []
        self._subscribe_image(image_transport)
        prompts = MutuallyExclusiveCallbackGroup()
        self._subscribe(msg.Prompt, "~/prompt", self._on_prompt, prompts)
        self._subscribe(String, "~/text", self._on_text, prompts)
        self._subscribe(PointStamped, "~/click_pixel", self._on_click_pixel, prompts)
        self._subscribe(Point, "~/click_mouse", self._on_click_mouse, prompts)
        self._subscribe(msg.Heard, HEARD_TOPIC, self._on_heard, prompts)

    def destroy(self) -> None:
        """Destroy the subscriptions."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        self._subscriptions = []

    def _subscribe_image(self, transport: str) -> None:
        """Subscribe to `image` or `image/compressed`; remapping `image` moves both, as usual."""
        raw = transport == "raw"
        base = self._node.resolve_topic_name("image")
        topic = base if raw else f"{base}/compressed"
        read = images.to_rgb if raw else images.compressed_to_rgb
        self._subscribe(
            Image if raw else CompressedImage,
            topic,
            lambda message: self._on_image(Frame(message, read)),
            MutuallyExclusiveCallbackGroup(),
            qos.newest(),
        )
        self._monitor.image_topic = self._node.resolve_topic_name(topic)

    def _subscribe(
        self,
        message_type: type[Any],
        topic: str,
        callback: Callable[[Any], None],
        group: CallbackGroup,
        quality: QoSProfile | None = None,
    ) -> None:
        name = self._node.resolve_topic_name(topic)
        events = SubscriptionEventCallbacks(
            incompatible_qos=lambda event: self._on_incompatible(name, event)
        )
        subscription = self._node.create_subscription(
            message_type,
            topic,
            callback,
            quality or qos.reliable(),
            callback_group=group,
            event_callbacks=events,
            qos_overriding_options=qos.overridable(),
        )
        self._subscriptions.append(subscription)

    def _on_image(self, frame: Frame) -> None:
        self._monitor.note_image()
        if self._monitor.enabled:
            self._put_frame(frame)

    def _on_prompt(self, message: msg.Prompt) -> None:
        self._intake.submit(
            lambda: prompt_from_message(message), prompt_id=message.id, source=message.source
        )

    def _on_text(self, message: String) -> None:
        for phrase in phrases(message.data) or [""]:
            self._intake.submit(lambda text=phrase: Prompt(text=text, source="text"))

    def _on_click_pixel(self, message: PointStamped) -> None:
        self._click(message.point, "click_pixel", stamps.to_ns(message.header.stamp))

    def _on_click_mouse(self, message: Point) -> None:
        self._click(message, "click_mouse", 0)

    def _click(self, point: Point, source: str, stamp_ns: int) -> None:
        self._intake.submit(
            lambda: Prompt(points=[(point.x, point.y, 1)], source=source, stamp_ns=stamp_ns)
        )

    def _on_heard(self, message: msg.Heard) -> None:
        if message.is_final:
            self._monitor.heard = message.text

    def _on_incompatible(self, topic: str, event: Any) -> None:
        policy = qos_policy_name_from_kind(event.last_policy_kind)
        self._monitor.problems.note(
            f"{QOS} {topic}",
            f"a publisher offers an incompatible {policy}: nothing is received from it; "
            f"set qos_overrides.{topic}.subscription.{policy.lower()} to what it offers",
        )
