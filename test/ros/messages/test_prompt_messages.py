"""Prompts and their messages: what goes out comes back, and what cannot be right is named."""

import numpy as np
import pytest

pytest.importorskip("sensor_msgs.msg", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

from geometry_msgs.msg import Point32
from std_msgs.msg import Header

from seem_ros import msg
from seem_ros.prompts import Mode, Prompt, PromptKind, Stroke
from seem_ros.ros.messages import images
from seem_ros.ros.messages.prompt_messages import (
    prompt_from_message,
    prompt_status,
    prompt_to_message,
)


def disc(height, width, x, y, radius):
    rows, columns = np.mgrid[:height, :width]
    return (rows - y) ** 2 + (columns - x) ** 2 <= radius**2


FULL = Prompt(
    points=[(1.5, 2.0, 1), (7.0, 8.0, 0)],
    boxes=[(1, 2, 30, 40)],
    strokes=[Stroke(((1, 2), (3.5, 4)), 9.0), Stroke(((5, 6),), 3.0, positive=False)],
    mask=disc(48, 64, 20, 20, 9),
    text="red mug",
    negative_text="blue mug",
    example=(np.arange(27, dtype=np.uint8).reshape(3, 3, 3), np.eye(3, dtype=bool)),
    mode=Mode.REPLACE,
    instance_id=65535,
    label="the tall one",
    id="p 7",
    source="gui",
    stamp_ns=1_234_567_890_123_456_789,
    image_size=(48, 64),
    track=True,
)


@pytest.mark.parametrize("prompt", [FULL, Prompt(), Prompt(text="mug")], ids=str)
def test_prompt_round_trip(prompt):
    back = prompt_from_message(prompt_to_message(prompt))
    assert (back.mask is None) == (prompt.mask is None)
    if prompt.mask is not None:
        np.testing.assert_array_equal(back.mask, prompt.mask)
        for there, here in zip(back.example, prompt.example, strict=True):
            np.testing.assert_array_equal(there, here)
    for name in (
        "points", "boxes", "strokes", "text", "negative_text", "mode", "instance_id", "label",
        "id", "source", "stamp_ns", "image_size", "track", "kinds",
    ):  # fmt: skip
        assert getattr(back, name) == getattr(prompt, name), name


def test_prompt_defaults():
    message = msg.Prompt(points=[Point32(x=3.0, y=4.0)], text="  mug ")
    message.boxes = [msg.Box(x0=30.0, y0=40.0, x1=10.0, y1=20.0)]
    message.strokes = [msg.Stroke(points=[Point32(x=1.0, y=2.0)], label=msg.Stroke.OBJECT)]
    prompt = prompt_from_message(message)
    assert prompt.points == ((3, 4, 1),)  # no labels: all on the object
    assert prompt.boxes == ((10, 20, 30, 40),)  # corners in any order
    assert (prompt.strokes[0].width, prompt.strokes[0].positive) == (7.0, True)
    assert (prompt.text, prompt.mode, prompt.image_size) == ("mug", Mode.ADD, None)


def with_fields(**fields):
    return msg.Prompt(points=[Point32(x=3.0, y=4.0)], **fields)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (with_fields(mode=9), "unknown mode 9; known are 0 ADD, 1 REFINE"),
        (with_fields(point_labels=[1, 0]), "1 points but 2 point_labels"),
        (with_fields(point_labels=[2]), "label must be 1 .object. or 0 .background., got 2"),
        (with_fields(strokes=[msg.Stroke(label=7)]), "stroke label must be 1 .* got 7"),
        (with_fields(image_height=480), "image_width 0 and image_height 480: set both"),
        (
            with_fields(
                example_image=images.image_message(np.zeros((2, 2, 3), np.uint8), "rgb8", Header())
            ),
            "belong together: only the image is set",
        ),
        (
            with_fields(
                mask=images.image_message(np.zeros((2, 2, 3), np.uint8), "rgb8", Header())
            ),
            "mask has encoding 'rgb8'; readable are mono8",
        ),
    ],
)
def test_prompts_that_cannot_be_right_are_named(message, reason):
    with pytest.raises(ValueError, match=reason):
        prompt_from_message(message)


@pytest.fixture
def header():
    message = Header(frame_id="camera")
    message.stamp.sec, message.stamp.nanosec = 12, 34
    return message


def test_prompt_status(header):
    status = prompt_status("p1", "not_found", "nothing fits", 3, header)
    assert status == msg.PromptStatus(
        header=header,
        id="p1",
        code=msg.PromptStatus.NOT_FOUND,
        message="nothing fits",
        instance_id=3,
    )


def test_constants_agree_with_the_library():
    assert {mode.name: mode.value for mode in Mode} == {
        name: getattr(msg.Prompt, name) for name in Mode.__members__
    }
    assert {kind.name: kind.value for kind in PromptKind} == {
        name: getattr(msg.Instance, name) for name in PromptKind.__members__
    }
