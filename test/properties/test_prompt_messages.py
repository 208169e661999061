"""A Prompt.msg of any content is carried out or refused, and what is refused changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("hypothesis", reason="needs hypothesis")
messages = pytest.importorskip("seem_ros.msg", reason="needs the built messages")

from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point32
from hypothesis import given
from hypothesis import strategies as st
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from seem_ros.instances import label_image
from seem_ros.prompts.language import read_phrases
from seem_ros.ros.messages.prompt_messages import prompt_from_message
from seem_ros.tracker import Tracker
from support.flood_segmenter import FloodSegmenter
from support.red_and_blue import CLICK_BLUE, CLICK_RED, SCENE

FLOATS = st.floats(width=32) | st.floats(0, 160, width=32)
KINDS = ("points", "boxes", "strokes", "mask", "text", "size", "example")
TEXTS = st.text(max_size=30) | st.sampled_from(
    ["red", "the blue one", "all red", "red; blue", "two", "not red", "", "\x00", "second red"]
)


@st.composite
def masks(draw) -> Image:
    height, width = draw(st.sampled_from([(0, 0), (120, 160), (3, 4), (2**32 - 1, 1)]))
    fits = min(height * width, 20_000)
    data = draw(st.just(bytes(fits)) | st.just(b"\xff" * fits) | st.binary(max_size=50))
    encoding = draw(st.sampled_from(["mono8", "8UC1", "rgb8", "", "?"]))
    return Image(height=height, width=width, step=width, encoding=encoding, data=data)


@st.composite
def prompts(draw) -> messages.Prompt:
    """Draw a prompt message, most of whose fields are empty, each of which may be anything."""
    message = messages.Prompt(
        mode=draw(st.integers(0, 5) | st.integers(0, 255)),
        instance_id=draw(st.sampled_from([0, 0, 1, 2, 3, 65535])),
        id=draw(TEXTS), source=draw(TEXTS), label=draw(TEXTS), track=draw(st.booleans()),
    )  # fmt: skip
    kinds = draw(st.sets(st.sampled_from(KINDS)))
    if "points" in kinds:
        pairs = st.tuples(FLOATS, FLOATS)
        message.points = [Point32(x=x, y=y) for x, y in draw(st.lists(pairs, max_size=4))]
        message.point_labels = draw(st.lists(st.integers(0, 255) | st.integers(0, 1), max_size=4))
    if "boxes" in kinds:
        corners = draw(st.lists(st.tuples(FLOATS, FLOATS, FLOATS, FLOATS), max_size=2))
        message.boxes = [messages.Box(x0=a, y0=b, x1=c, y1=d) for a, b, c, d in corners]
    if "strokes" in kinds:
        line = [Point32(x=x, y=x) for x in draw(st.lists(FLOATS, max_size=4))]
        stroke = messages.Stroke(points=line, width=draw(FLOATS), label=draw(st.integers(0, 3)))
        message.strokes = [stroke]
    if "mask" in kinds:
        message.mask = draw(masks())
    if "text" in kinds:
        message.text, message.negative_text = draw(TEXTS), draw(TEXTS)
    if "size" in kinds:
        sides = st.sampled_from([0, 1, 80, 120, 160, 2**32 - 1])
        message.image_width, message.image_height = draw(sides), draw(sides)
    if "example" in kinds:
        message.example_image, message.example_mask = draw(masks()), draw(masks())
    seconds, rest = st.integers(-(2**31), 2**31 - 1), st.integers(0, 2**32 - 1)
    stamps = st.just(Time()) | st.builds(Time, sec=seconds, nanosec=rest)
    message.header = Header(stamp=draw(stamps), frame_id=draw(TEXTS))
    return message


@pytest.fixture(scope="module")
def start():
    tracker = Tracker(FloodSegmenter())
    tracker.step(SCENE, 10**9, [CLICK_RED, CLICK_BLUE])
    return tracker


@given(message=prompts())
def test_a_prompt_is_carried_out_or_refused(start, message):
    try:
        prompt = prompt_from_message(message)
    except ValueError as error:
        assert str(error)
        return
    tracker = Tracker(FloodSegmenter())
    tracker.state = start.state
    instances = tracker.step(SCENE, 10**9, [prompt])
    (report,) = tracker.reports
    assert report.prompt_id == prompt.id
    if report.code in ("refused", "not_found"):
        assert report.message
        before = [(item.id, item.state, item.box) for item in start.instances]
        assert [(item.id, item.state, item.box) for item in instances] == before
    assert len({item.id for item in instances}) == len(instances)
    assert label_image(instances, *SCENE.shape[:2]).dtype == np.uint16
    after = tracker.step(SCENE, 10**9 + 10**8)
    assert [item.id for item in after][: len(instances)] == [item.id for item in instances]


@given(text=st.text(max_size=60) | st.lists(TEXTS, max_size=6).map(" ".join))
def test_any_text_is_read_or_refused_with_the_reason(text):
    try:
        phrases = read_phrases(text)
    except ValueError as error:
        assert str(error)
        return
    assert all(phrase.noun for phrase in phrases)
