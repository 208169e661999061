"""One topic of what was found in a frame; its message is made only while somebody subscribes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic

from rclpy.type_support import MsgT

from seem_ros.ros import qos
from seem_ros.ros.messages.frame_result import FrameResult
from seem_ros.ros.scope import Scope


class Output(Generic[MsgT]):
    """A managed publisher, and the function that makes its message from a frame's result."""

    def __init__(
        self,
        scope: Scope,
        name: str,
        message_type: type[MsgT],
        make: Callable[[FrameResult], MsgT | None],
        depth: int = 10,
    ) -> None:
        """Create the publisher; `make` returns None where there is nothing to be said."""
        self._node = scope.node
        self._make = make
        self._publisher = self._node.create_lifecycle_publisher(
            message_type,
            scope.own(name),
            qos.reliable(depth),
            qos_overriding_options=qos.overridable(),
        )

    def publish(self, result: FrameResult) -> None:
        """Make and publish the message, if anybody subscribes."""
        if self._publisher.get_subscription_count():
            message = self._make(result)
            if message is not None:
                self._publisher.publish(message)

    def destroy(self) -> None:
        """Destroy the publisher."""
        self._node.destroy_lifecycle_publisher(self._publisher)
