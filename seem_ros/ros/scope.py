"""Where one camera's topics, services and log lines are: a node may have several cameras."""

from __future__ import annotations

from rclpy.lifecycle import LifecycleNode


class Scope:
    """Names of one camera of a node; those of a node's only camera have no prefix.

    Attributes:
        node: of all topics, services and the action.
        camera: name of the camera, "" for the only one.
        name: what diagnostics call it: the node's full name without its first slash, and the
            camera's.
        logger: takes the camera's log lines.

    """

    def __init__(self, node: LifecycleNode, camera: str = "") -> None:
        """Name a camera of a node."""
        self.node = node
        self.camera = camera
        self._prefix = f"{camera}/" if camera else ""
        self.name = node.get_fully_qualified_name().lstrip("/")
        self.logger = node.get_logger()
        if camera:
            self.name = f"{self.name}/{camera}"
            self.logger = self.logger.get_child(camera)

    def own(self, name: str) -> str:
        """Return the name of a topic, service or action that the node offers: ~/CAMERA/name."""
        return f"~/{self._prefix}{name}"

    def given(self, name: str) -> str:
        """Return the name of a topic that others offer: CAMERA/name, which can be remapped."""
        return f"{self._prefix}{name}"
