"""Who gets a prompt: the node that answers, and not just somebody who listens along."""

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

from seem_ros import msg
from seem_ros.ros import qos
from seem_ros.ros.takers import are_taken
from support.node_bench import Bench, spinning


def test_prompts_are_taken_once_the_node_that_answers_listens(ros):
    asking, answering, console = (ros.create_node(name) for name in ("asking", "late", "console"))
    prompts = asking.create_publisher(msg.Prompt, "late/prompt", qos.reliable())
    console.create_subscription(msg.Prompt, "late/prompt", print, qos.reliable())
    Bench.until(lambda: prompts.get_subscription_count() == 1)
    assert not are_taken(asking, "late", prompts)
    answering.create_publisher(msg.PromptStatus, "late/prompt_status", qos.reliable())
    Bench.until(lambda: asking.count_publishers("late/prompt_status") == 1)
    assert not are_taken(asking, "late", prompts)
    taken = []
    answering.create_subscription(msg.Prompt, "late/prompt", taken.append, qos.reliable())
    Bench.until(lambda: are_taken(asking, "late", prompts))
    with spinning(answering):
        prompts.publish(msg.Prompt(id="first"))
        Bench.until(lambda: [prompt.id for prompt in taken] == ["first"])
    for node in (asking, answering, console):
        node.destroy_node()
