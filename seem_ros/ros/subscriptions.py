"""The subscriptions of one part of a node: made together, gone together."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.callback_groups import CallbackGroup
from rclpy.event_handler import QoSRequestedIncompatibleQoSInfo, SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.qos import (
    QoSCompatibility,
    QoSProfile,
    qos_check_compatible,
    qos_policy_name_from_kind,
)
from rclpy.subscription import Subscription
from rclpy.type_support import MsgT

from seem_ros.ros import qos


class Subscriptions:
    """Holds subscriptions whose quality of service can be overridden by parameters."""

    def __init__(
        self, node: Node, on_incompatible: Callable[[str, str], None] = lambda topic, policy: None
    ) -> None:
        """Start without any.

        Args:
            node: of the subscriptions.
            on_incompatible: told the topic's full name, and the policy that a publisher offers
                differently, so that nothing is received from it.

        """
        self._node = node
        self._on_incompatible = on_incompatible
        self._held: list[Subscription] = []

    def add(
        self,
        message_type: type[MsgT],
        topic: str,
        callback: Callable[[MsgT], None],
        quality: QoSProfile,
        group: CallbackGroup,
        overridable: bool = True,
    ) -> None:
        """Subscribe to a topic; whoever subscribes twice lets one quality be overridden."""
        name = self._node.resolve_topic_name(topic)

        def on_incompatible(event: QoSRequestedIncompatibleQoSInfo) -> None:
            self._on_incompatible(name, qos_policy_name_from_kind(event.last_policy_kind))

        subscription = self._node.create_subscription(
            message_type,
            topic,
            callback,
            quality,
            callback_group=group,
            event_callbacks=SubscriptionEventCallbacks(incompatible_qos=on_incompatible),
            qos_overriding_options=qos.overridable() if overridable else None,
        )
        self._held.append(subscription)

    def has_incompatible(self, topic: str) -> bool:
        """Tell whether a publisher on a topic, by its full name, offers less than is asked for."""
        asked = [held.qos_profile for held in self._held if held.topic_name == topic]
        offered = [info.qos_profile for info in self._node.get_publishers_info_by_topic(topic)]
        return any(
            qos_check_compatible(publisher, subscription)[0] == QoSCompatibility.ERROR
            for publisher in offered
            for subscription in asked
        )

    def destroy(self) -> None:
        """Destroy all of them."""
        for subscription in self._held:
            self._node.destroy_subscription(subscription)
        self._held = []
