"""Replies about one picture, which neither use nor change the instances; worker's thread only."""

from __future__ import annotations

import dataclasses

import numpy as np
from sensor_msgs.msg import Image

from seem_ros import srv
from seem_ros.prompts import Mode
from seem_ros.ros.messages import frame_messages, images
from seem_ros.ros.messages.bit_depth import Narrowing
from seem_ros.ros.messages.frame_result import FrameResult
from seem_ros.ros.messages.prompt_messages import prompt_from_message
from seem_ros.ros.node.parts import NodeParts
from seem_ros.ros.node.worker import NO_IMAGE
from seem_ros.ros.one_line import one_line
from seem_ros.segmentation import numbered


def segment_image(
    parts: NodeParts, request: srv.SegmentImage.Request
) -> srv.SegmentImage.Response:
    """Segment a given picture with one prompt.

    Raises:
        ValueError: the picture cannot be read.
    """
    rgb = _read(parts, request.image)
    prompt = dataclasses.replace(
        prompt_from_message(request.prompt), mode=Mode.ADD, instance_id=0, stamp_ns=0
    )
    tracker = parts.model.fresh_tracker()
    tracker.step(rgb, prompts=[prompt])
    (report,) = tracker.reports
    result = FrameResult(request.image.header, rgb, tuple(tracker.instances))
    return srv.SegmentImage.Response(
        success=report.code == "accepted",
        message=one_line(report.message),
        instances=parts.outputs.record(result),
        label_image=frame_messages.label_image(result),
    )


def segment_everything(
    parts: NodeParts, request: srv.SegmentEverything.Request
) -> srv.SegmentEverything.Response:
    """Segment everything in a given picture, or in the last one that was worked on.

    Raises:
        ValueError: the picture cannot be read, or there is none yet.
    """
    view = parts.worker.view
    if request.image.height:
        header, rgb = request.image.header, _read(parts, request.image)
    elif view is not None:
        header, rgb = view.header, view.rgb
    else:
        raise ValueError(NO_IMAGE)
    _, objects = parts.model.segmenter.look(rgb).everything()
    things = tuple(numbered(objects))
    named = [thing.class_name for thing in things if thing.class_name]
    result = FrameResult(header, rgb, things)
    return srv.SegmentEverything.Response(
        success=True,
        message=one_line(f"{len(things)} things, named: {', '.join(named) or 'none'}"),
        instances=parts.outputs.record(result),
        label_image=frame_messages.label_image(result),
    )


def _read(parts: NodeParts, image: Image) -> np.ndarray:
    """(H, W, 3) uint8 RGB of an image message."""
    return images.to_rgb(image, Narrowing(lambda: parts.parameters.bit_depth))
