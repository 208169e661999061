"""What sentences ask for, and why some cannot be answered."""

from __future__ import annotations

import pytest

from seem_ros.prompts import Mode, Prompt
from seem_ros.prompts.language import NotUnderstoodError, read_phrases, split_prompt
from seem_ros.prompts.phrases import Names
from support.drawn_phrases import drawn_phrases

NAMES = Names(
    vocabulary={"cup", "fork and knife", "grapes", "glasses", "cookie"},
    own={"blue screwdriver", "oil and vinegar", "part on tray", "빨간 드라이버"},
)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("cup", "cup"),
        ("cups", "all cups"),
        ("The cups.", "all cups"),
        ("grapes", "grapes"),
        ("cookies", "all cookies"),
        ("scissors", "scissors"),
        ("people", "all people"),
        ("everything", "all objects"),
        ("the red ones", "all red objects"),
        ("the second cups from the left", "second cup from left"),
        ("the biggest of the cups", "1 big cup"),
        ("one of the cups", "1 cup"),
        ("second of the three handbags", "second handbag"),
        ("a pair of scissors", "scissors"),
        ("two cups of coffee", "2 cups of coffee"),
        # politeness and verbs
        ("please find the cup", "cup"),
        ("Could you please show me all the cups on the left, thanks!", "all left cups"),
        ("I'd like you to find the hammer now", "hammer"),
        ("where is my wallet?", "wallet"),
        ("is there a dog?", "dog"),
        ("look at the cup over there on the left", "left cup"),
        ("the cup in the picture", "cup"),
        ("watch the cat", "cat"),
        ("watch", "watch"),
        ("watch strap", "watch strap"),
        ("pick up the cup", "cup"),
        ("pick up truck", "pick up truck"),
        # several things
        ("the red mug and the bottle", "red mug; bottle"),
        ("red mug; bottle; scissors", "red mug; bottle; scissors"),
        ("cup, fork & spoon", "cup; fork; spoon"),
        ("red mug, please", "red mug"),
        ("find 3 cups and 2 forks", "3 cups; 2 forks"),
        ("cup and cup", "cup"),
        ("fork and knife", "fork; knife"),
        ("the red and the blue mug", "red mug; blue mug"),
        ("red and blue cups", "all red cups; all blue cups"),
        ("black and white cat", "black white cat"),
        ("first and third cup from the left", "first cup from left; third cup from left"),
        ("M&M", "M&M"),
        # things that look like relations
        ("the cup on my left hand", "left cup"),
        ("the bottle near the top", "top bottle"),
        ("the standing lamp", "standing lamp"),
        ("jack-in-the-box", "jack-in-the-box"),
        # names of the operator
        ("the left blue screwdriver", "left blue screwdriver"),
        ("oil and vinegar", "oil and vinegar"),
        ("part on tray and cup", "part on tray; cup"),
        ("빨간 드라이버", "빨간 드라이버"),
        ("café", "café"),
    ],
)
def test_what_is_asked_for(text: str, asked: str) -> None:
    assert "; ".join(map(str, read_phrases(text, NAMES))) == asked


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("the cup next to the laptop", "'next to the laptop' between two things.*'left cup'"),
        ("find the red mug on the table", "cannot judge 'on the table'.*'second mug from"),
        ("the cup to the left of the laptop", "'to the left of the laptop'"),
        ("the middle of the table", "'the middle of the table'"),
        ("the ball between the chair and the table", "'between the chair and the table'"),
        ("the man with the hat", "'with the hat'.*'left man'"),
        ("the person holding a cup", "'holding a cup'"),
        ("the dog that is black", "'that is black'"),
        ("cup; the fork under the table", "'under the table'.*'left fork'"),
        ("mug but not the handle", "'but not the handle'.*negative text"),
        ("the cup beside the blue screwdriver", "'beside the blue screwdriver'"),
        ("cup or mug", "'or mug' leaves open"),
        ("top left cup", "'top left' are two sides: say one, such as 'top cup'"),
        ("우산", "'우산' cannot be read, the model reads English.*label '우산'"),
        ("red 우산", "'우산' cannot be read"),
        ("", "names nothing"),
        ("please find the", "'please find the' names nothing: say for example"),
    ],
)
def test_what_cannot_be_answered(text: str, reason: str) -> None:
    with pytest.raises(NotUnderstoodError, match=reason):
        read_phrases(text, NAMES)


def test_the_normal_form_of_every_phrase_is_read_as_it_is() -> None:
    drawn = list(dict.fromkeys(drawn_phrases(4000)))
    for first, second in zip(drawn[::2], drawn[1::2], strict=False):
        assert read_phrases(f"{first} and {second}") == (first, second)


def test_one_prompt_for_each_thing() -> None:
    prompt = Prompt(text="please find two cups; the fork", negative_text="the handle", track=True)
    found = split_prompt(prompt)
    assert [(each.text, each.negative_text, each.track) for each in found] == [
        ("2 cups", "handle", True),
        ("fork", "handle", True),
    ]


def test_a_prompt_without_words_stays_as_it_is() -> None:
    prompt = Prompt(points=[(1, 2, 1)])
    assert split_prompt(prompt) == (prompt,)


@pytest.mark.parametrize(
    "about_one", [{"points": [(1, 2, 1)]}, {"instance_id": 3}, {"mode": Mode.REPLACE}]
)
def test_one_thing_cannot_be_two(about_one: dict) -> None:
    with pytest.raises(NotUnderstoodError, match="one thing cannot be 'cup' and 'fork'"):
        split_prompt(Prompt(text="cup and fork", **about_one))
