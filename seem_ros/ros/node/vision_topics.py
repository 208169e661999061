"""~/label_info and ~/vision_info: latched, and only where vision_msgs is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seem_ros.ros import qos
from seem_ros.ros.messages.frame_result import FrameResult
from seem_ros.ros.messages.vision_info import label_info, label_names, vision_info
from seem_ros.ros.node.parameters import NodeParameters
from seem_ros.ros.scope import Scope


class VisionTopics:
    """Says what the label image's values mean, whenever that changes."""

    def __init__(self, scope: Scope, model: str, parameters: Callable[[], NodeParameters]) -> None:
        """Create the publishers.

        Args:
            scope: of the publishers.
            model: name of the loaded model.
            parameters: returns the values that hold now.

        """
        self._scope = scope
        self._model = model
        self._parameters = parameters
        self._names: dict[int, str] = {}
        self._version = 0
        self._label_info, self._vision_info = self._publishers()

    def _publishers(self) -> tuple[Any, Any]:
        try:
            from vision_msgs.msg import LabelInfo, VisionInfo
        except ImportError:
            return None, None
        own, create = self._scope.own, self._scope.node.create_lifecycle_publisher
        return (
            create(LabelInfo, own("label_info"), qos.latched()),
            create(VisionInfo, own("vision_info"), qos.latched()),
        )

    def publish(self, result: FrameResult) -> None:
        """Publish both where a frame has other names than the one before."""
        if self._label_info is None:
            return
        parameters = self._parameters()
        names = label_names(result, parameters.label_encoding)
        if names == self._names:
            return
        self._names, self._version = names, self._version + 1
        self._label_info.publish(label_info(result.header, names, parameters.lost_score))
        location = self._label_info.topic_name
        self._vision_info.publish(vision_info(result.header, self._model, location, self._version))

    def destroy(self) -> None:
        """Destroy the publishers."""
        for publisher in (self._label_info, self._vision_info):
            if publisher is not None:
                self._scope.node.destroy_lifecycle_publisher(publisher)
