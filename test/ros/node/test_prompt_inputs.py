"""Prompts into seem_node: what becomes an instance, and what is refused with its reason."""

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

from geometry_msgs.msg import Point
from std_msgs.msg import String

from seem_ros import msg
from seem_ros.prompts import Mode, Prompt
from seem_ros.ros.messages.prompt_messages import prompt_to_message


def answer_to(answers, prompt_id):
    """Return the message that ends a prompt."""
    return answers.wait(
        lambda message: message.id == prompt_id and message.code != msg.PromptStatus.ACCEPTED
    )


def test_texts_are_split_and_what_is_not_there_makes_no_mask(bench):
    instances = bench.listen("/seem_node/instances", msg.InstanceArray)
    answers = bench.listen("/seem_node/prompt_status", msg.PromptStatus)
    bench.see()
    bench.send("/seem_node/text", String(data="green thing; purple thing ;;"))
    missing = answers.wait(lambda message: message.code == msg.PromptStatus.NOT_FOUND)
    assert missing.message == "nothing in view fits 'purple thing'"
    answers.wait(lambda message: message.code == msg.PromptStatus.DONE)
    (one,) = instances.wait(lambda message: message.instances).instances
    assert (one.class_name, one.prompt_kinds) == ("green", msg.Instance.TEXT)
    bench.send("/seem_node/text", String(data=" ; "))
    refused = answers.wait(lambda message: message.code == msg.PromptStatus.REFUSED)
    assert refused.message.startswith("empty prompt")


def test_long_texts_and_control_characters_are_echoed_on_one_short_line(bench):
    answers = bench.listen("/seem_node/prompt_status", msg.PromptStatus)
    bench.see()
    long = "purple\x1b[2J\n" + "x" * 20_000
    bench.send("/seem_node/prompt", prompt_to_message(Prompt(text=long, id="long")))
    answer = answer_to(answers, "long")
    assert answer.code == msg.PromptStatus.NOT_FOUND
    assert answer.message.startswith("nothing in view fits 'purple\\x1b[2J x")
    assert len(answer.message) < 350
    assert answer.message.isprintable()
    named = prompt_to_message(Prompt(text="red", id="named"))
    named.label = long
    bench.send("/seem_node/prompt", named)
    assert answer_to(answers, "named").code == msg.PromptStatus.DONE
    (instance,) = bench.worker.view.instances
    assert instance.label.startswith("purple\\x1b[2J xxx")
    assert len(instance.label) < 120


def test_prompts_before_any_image_are_refused(bench):
    answers = bench.listen("/seem_node/prompt_status", msg.PromptStatus)
    bench.send("/seem_node/prompt", prompt_to_message(Prompt(points=[(3, 4, 1)], id="early")))
    answer = answer_to(answers, "early")
    assert answer.code == msg.PromptStatus.REFUSED
    assert answer.message.startswith("no image yet")
    assert answer.header.stamp.sec == 0


def as_message(prompt, **changes):
    message = prompt_to_message(prompt)
    for name, value in changes.items():
        setattr(message, name, value)
    return message


BAD_PROMPTS = [
    (as_message(Prompt(points=[(float("nan"), 4, 1)])), "is not finite"),
    (as_message(Prompt(points=[(160, 4, 1)])), r"(160, 4) is outside the 160x120 image"),
    (as_message(Prompt(boxes=[(5, 5, 5, 9)])), "has no area"),
    (as_message(Prompt(mask=np.ones((7, 9), bool))), "mask is (7, 9), the image (120, 160)"),
    (as_message(Prompt()), "empty prompt"),
    (as_message(Prompt(points=[(3, 4, 1)]), mode=9), "unknown mode 9"),
    (as_message(Prompt(points=[(3, 4, 1)]), point_labels=[1, 0]), "1 points but 2 point_labels"),
    (as_message(Prompt(points=[(3, 4, 1)]), image_width=640), "set both or neither"),
    (as_message(Prompt(mode=Mode.REMOVE, instance_id=77)), "unknown instance 77"),
    (as_message(Prompt(mode=Mode.SELECT, instance_id=77)), "unknown instance 77"),
    (
        as_message(Prompt(points=[(3, 4, 1)], mode=Mode.REFINE, instance_id=9)),
        "unknown instance 9",
    ),
]


def test_bad_prompts_are_refused_with_the_reason_and_change_nothing(bench):
    answers = bench.listen("/seem_node/prompt_status", msg.PromptStatus)
    instances = bench.listen("/seem_node/instances", msg.InstanceArray)
    bench.see()
    bench.send("/seem_node/click_mouse", Point(x=30.0, y=40.0))
    before = instances.wait(lambda message: message.instances)
    for number, (message, reason) in enumerate(BAD_PROMPTS):
        message.id = f"bad {number}"
        bench.send("/seem_node/prompt", message)
        answer = answer_to(answers, message.id)
        assert answer.code == msg.PromptStatus.REFUSED
        assert reason in answer.message
        assert answer.header == before.header
    after = bench.see()
    (one,) = instances.wait(lambda message: message.header == after.header).instances
    assert (one.id, one.area, one.label) == (1, 40 * 50, "")


def test_a_prompt_drawn_on_a_smaller_picture_is_scaled(bench):
    instances = bench.listen("/seem_node/instances", msg.InstanceArray)
    bench.see()
    prompt = Prompt(boxes=[(10, 15, 30, 40)], image_size=(60, 80), label="mug", id="half")
    bench.send("/seem_node/prompt", prompt_to_message(prompt))
    (one,) = instances.wait(lambda message: message.instances).instances
    assert (one.label, one.area, one.prompt_kinds) == ("mug", 40 * 50, msg.Instance.BOX)
