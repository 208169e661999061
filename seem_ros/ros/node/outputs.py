"""The node's 2-D outputs: each message is made only while somebody subscribes to its topic."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from sensor_msgs.msg import CompressedImage, Image

from seem_ros import msg
from seem_ros.prompts import Prompt
from seem_ros.ros.messages import frame_messages, images
from seem_ros.ros.messages.frame_result import FrameResult
from seem_ros.ros.messages.output import Output
from seem_ros.ros.node.parameters import NodeParameters
from seem_ros.ros.scope import Scope
from seem_ros.visualize.overlay import draw_overlay

PROMPT_SHOWN_S = 1.5
READINGS_SHOWN_S = 3.0  # long enough to decide; they stay where they were while things move


class Outputs:
    """Instances, label image, target mask and overlay."""

    def __init__(
        self,
        scope: Scope,
        parameters: Callable[[], NodeParameters],
        status: Callable[[], str],
        fill_3d: Callable[[msg.InstanceArray, FrameResult], None],
    ) -> None:
        """Create the publishers.

        Args:
            scope: of the publishers.
            parameters: returns the values that hold now.
            status: returns the line at the overlay's edge.
            fill_3d: sets the 3-D fields of a record where there is depth.

        """
        self._parameters = parameters
        self._status = status
        self._fill_3d = fill_3d
        self._drawn: tuple[FrameResult, np.ndarray] | None = None
        self._recent: list[tuple[float, Prompt]] = []
        self._others: tuple[float, tuple[np.ndarray, ...]] = (0.0, ())
        self._outputs: list[Output] = [
            Output(scope, "instances", msg.InstanceArray, self.full_record),
            Output(scope, "label_image", Image, self.label_image),
            Output(scope, "target_mask", Image, frame_messages.target_mask),
            Output(scope, "overlay", Image, self._overlay),
            Output(scope, "overlay/compressed", CompressedImage, self._overlay_jpeg),
        ]

    def publish(self, result: FrameResult) -> None:
        """Publish what is subscribed to."""
        self._remember(result)
        for output in self._outputs:
            output.publish(result)
        self._drawn = None

    def destroy(self) -> None:
        """Destroy the publishers."""
        for output in self._outputs:
            output.destroy()

    def full_record(self, result: FrameResult) -> msg.InstanceArray:
        """Return the record of a frame with its 3-D fields; for one thread at a time."""
        message = self.record(result)
        self._fill_3d(message, result)
        return message

    def record(self, result: FrameResult) -> msg.InstanceArray:
        """Return the record of a frame without 3-D fields."""
        return frame_messages.instance_array(result, self._parameters().publish_masks)

    def label_image(self, result: FrameResult) -> Image:
        """Return the label image of a frame."""
        return frame_messages.label_image(result, self._parameters().label_encoding)

    def _overlay(self, result: FrameResult) -> Image:
        return images.image_message(self._picture(result), "rgb8", result.header)

    def _overlay_jpeg(self, result: FrameResult) -> CompressedImage:
        quality = self._parameters().overlay_quality
        return images.compressed_message(self._picture(result), result.header, quality)

    def _picture(self, result: FrameResult) -> np.ndarray:
        """Draw the overlay, once for both topics."""
        if self._drawn is None or self._drawn[0] is not result:
            prompts = [prompt for _, prompt in self._recent if prompt.image_size == result.size]
            others = [mask for mask in self._others[1] if mask.shape == result.size]
            picture = draw_overlay(
                result.rgb, result.instances, result.target_id, prompts, self._status(), others
            )
            self._drawn = (result, picture)
        return self._drawn[1]

    def _remember(self, result: FrameResult) -> None:
        """Keep prompts for a moment: in one frame alone nobody would see them."""
        now_s = time.monotonic()
        self._recent = [item for item in self._recent if now_s - item[0] < PROMPT_SHOWN_S]
        self._recent += [(now_s, prompt) for prompt in result.prompts]
        if result.others or now_s - self._others[0] >= READINGS_SHOWN_S:
            self._others = (now_s, result.others)
