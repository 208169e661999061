"""A frame's result to messages: exact records, label images and masks."""

import numpy as np
import pytest

pytest.importorskip("sensor_msgs.msg", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

from sensor_msgs.msg import RegionOfInterest
from std_msgs.msg import Header

from seem_ros import msg
from seem_ros.instances import Instance, box_of
from seem_ros.prompts import PromptKind
from seem_ros.ros.messages import frame_messages, images, stamps
from seem_ros.ros.messages.frame_result import FrameResult


def disc(height, width, x, y, radius):
    rows, columns = np.mgrid[:height, :width]
    return (rows - y) ** 2 + (columns - x) ** 2 <= radius**2


@pytest.fixture
def header():
    message = Header(frame_id="camera")
    message.stamp.sec, message.stamp.nanosec = 12, 34
    return message


MASK = disc(60, 80, 30, 20, 10)
SEEN = Instance(
    id=300,
    label="mug",
    class_name="cup",
    score=0.75,
    class_score=0.5,
    state="uncertain",
    mask=MASK,
    box=box_of(MASK),
    last_seen=12_000_000_034,
    prompt_kinds=PromptKind.POINT | PromptKind.TEXT,
    reading=2,
    readings=3,
)
LOST = Instance(id=2, state="lost", last_seen=5_000_000_000)


def result(header, *instances, target_id=0):
    rgb = np.zeros((60, 80, 3), np.uint8)
    return FrameResult(header, rgb, instances, target_id)


def test_instance_array(header):
    array = frame_messages.instance_array(
        result(header, SEEN, LOST, target_id=300), with_masks=True
    )
    assert (array.header, array.height, array.width, array.target_id) == (header, 60, 80, 300)
    lost, seen = array.instances
    assert (lost.id, lost.state, lost.area) == (2, msg.Instance.LOST, 0)
    assert (lost.roi, lost.mask.height) == (RegionOfInterest(), 0)
    assert stamps.to_ns(lost.last_seen) == 5_000_000_000
    assert (seen.reading, seen.readings, lost.reading, lost.readings) == (2, 3, 0, 0)
    assert (seen.id, seen.label, seen.class_name) == (300, "mug", "cup")
    assert (seen.score, seen.class_score) == (0.75, 0.5)
    assert seen.state == msg.Instance.UNCERTAIN
    assert seen.prompt_kinds == msg.Instance.POINT | msg.Instance.TEXT
    assert seen.area == int(MASK.sum())
    assert seen.roi == RegionOfInterest(x_offset=20, y_offset=10, width=21, height=21)
    assert seen.last_seen == header.stamp
    np.testing.assert_array_equal(images.to_mask(seen.mask), MASK[10:31, 20:41])
    bare = frame_messages.instance_array(result(header, SEEN)).instances[0]
    assert bare.mask.height == 0


def test_label_image_and_target_mask(header):
    for encoding, kind, expected in [("mono16", np.uint16, 300), ("mono8", np.uint8, 255)]:
        image = frame_messages.label_image(result(header, SEEN, LOST), encoding)
        assert (image.header, image.encoding) == (header, encoding)
        pixels = np.frombuffer(image.data, kind).reshape(60, 80)
        np.testing.assert_array_equal(pixels, np.where(MASK, expected, 0))
    target = frame_messages.target_mask(result(header, SEEN, LOST, target_id=300))
    np.testing.assert_array_equal(
        np.frombuffer(target.data, np.uint8).reshape(60, 80), np.where(MASK, 255, 0)
    )
    for absent in (0, 2, 9):
        empty = frame_messages.target_mask(result(header, SEEN, LOST, target_id=absent))
        assert (empty.height, empty.width, any(empty.data)) == (60, 80, False)
