"""Prompts that come while the model is loaded are answered: they are refused, with the reason."""

from __future__ import annotations

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from std_msgs.msg import Header, String

from seem_ros import msg
from seem_ros.ros import qos
from seem_ros.ros.messages.prompt_messages import LOADING, prompt_status
from seem_ros.ros.scope import Scope
from seem_ros.ros.subscriptions import Subscriptions


class EarlyPrompts:
    """Refuses prompts from its making to `destroy`."""

    def __init__(self, scope: Scope) -> None:
        """Subscribe to the topics of prompts."""
        self._node, own = scope.node, scope.own
        self._answers = self._node.create_publisher(
            msg.PromptStatus, own("prompt_status"), qos.reliable()
        )
        self._subscriptions = Subscriptions(self._node)
        group = MutuallyExclusiveCallbackGroup()
        add, quality = self._subscriptions.add, qos.reliable()
        add(msg.Prompt, own("prompt"), lambda message: self._refuse(message.id), quality, group)
        add(String, own("text"), lambda _: self._refuse("text"), quality, group)

    def destroy(self) -> None:
        """Leave the topics to others."""
        self._subscriptions.destroy()
        self._node.destroy_publisher(self._answers)

    def _refuse(self, prompt_id: str) -> None:
        self._answers.publish(prompt_status(prompt_id, "refused", LOADING, 0, Header()))
