"""What a page sends: read exactly, or refused with a reason."""

import numpy as np
import pytest

from seem_ros.console import requests
from seem_ros.prompts import Mode, Stroke

FULL = {
    "type": "prompt",
    "stamp": "1700000000123456789",
    "width": 640,
    "height": 480,
    "mode": "refine",
    "instance_id": 3,
    "points": [[1.5, 2, 1], [3, 4, 0]],
    "boxes": [[30, 40, 10, 20]],
    "strokes": [{"points": [[1, 2], [3, 4]], "width": 5, "positive": False}],
    "text": "  red   mug ",
    "label": "mine",
}


def test_every_part_of_a_prompt_arrives():
    prompt = requests.prompt_of(FULL, "console-1", "Ada")
    assert (prompt.id, prompt.source) == ("console-1", "Ada")
    assert prompt.stamp_ns == 1_700_000_000_123_456_789  # exact, though beyond 53 bits
    assert prompt.image_size == (480, 640)
    assert (prompt.mode, prompt.instance_id) == (Mode.REFINE, 3)
    assert prompt.points == ((1.5, 2.0, 1), (3.0, 4.0, 0))
    assert prompt.boxes == ((10.0, 20.0, 30.0, 40.0),)
    assert prompt.strokes == (Stroke([(1, 2), (3, 4)], 5, positive=False),)
    assert (prompt.text, prompt.label) == ("red mug", "mine")


def test_nothing_is_needed_but_the_type():
    assert requests.prompt_of({"type": "prompt"}, "", "").is_empty


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("points", [[1, 2, 3]]),
        ("points", [[1, 2]]),
        ("points", [[1, float("inf"), 1]]),
        ("points", [[1, True, 1]]),
        ("points", [[10**400, 1, 1]]),
        ("points", "all"),
        ("points", [[1, 1, 1]] * 1000),
        ("boxes", [[1, 2, 3]]),
        ("strokes", [{"points": []}]),
        ("strokes", [{"points": [[1, 2]], "width": 0}]),
        ("strokes", [{"points": [[1, 2]], "positive": 1}]),
        ("strokes", [[1, 2]]),
        ("strokes", [{"points": [[1, 2]] * 3000}] * 2),
        ("text", 5),
        ("text", "x" * 201),
        ("mode", "explode"),
        ("mode", ["add"]),
        ("instance_id", -1),
        ("instance_id", 65536),
        ("instance_id", True),
        ("instance_id", 1.0),
        ("stamp", 5),
        ("stamp", "-5"),
        ("stamp", "١٢"),
        ("stamp", "9" * 30),
        ("width", 0),
        ("height", 10**9),
        ("track", "yes"),
    ],
)
def test_wrong_fields_are_refused(field, value):
    with pytest.raises(ValueError, match=r".{10}"):
        requests.prompt_of({**FULL, field: value}, "", "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "5",
        '{"type": 5}',
        "{}",
        '{"type":"prompt","points":[[NaN,1,1]]}',
        "[" * 99999,
    ],
)
def test_what_is_no_message_is_refused(text):
    with pytest.raises(ValueError, match=r".{10}"):
        requests.parse(text)


def test_commands_are_those_that_exist():
    command = requests.command_of({"name": "rename", "instance_id": 2, "text": "cup"}, "Ada")
    assert (command.name, command.instance_id, command.text) == ("rename", 2, "cup")
    for name in ("shutdown", "", None, {"a": 1}, ["rename"]):
        with pytest.raises(ValueError, match="unknown command"):
            requests.command_of({"name": name}, "Ada")


def test_an_operators_name_is_short_and_printable():
    assert requests.operator_name({"name": " A\x00d\u202ea  B "}) == "Ada B"
    assert len(requests.operator_name({"name": "x" * 100})) == 24
    assert requests.operator_name({"name": "\ud800"}) == "?"


def test_the_bounds_leave_room_for_a_long_stroke():
    line = np.linspace(0, 600, 2000)
    message = {"strokes": [{"points": [[x, x / 2] for x in line]}]}
    assert len(requests.prompt_of(message, "", "").strokes[0].points) == 2000
