"""Instances that wait for their turn are counted in ~/status and said in words."""

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

import itertools

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.parameter import Parameter

from seem_ros import msg, srv
from seem_ros.prompts import Prompt
from seem_ros.ros import qos
from seem_ros.ros.messages.prompt_messages import prompt_to_message
from support.flood_segmenter import draw_scene

BOXES = [(10 + 25 * n, 20, 30 + 25 * n, 60) for n in range(6)]
COLOURS = ("red", "green", "blue", "yellow", "white", "red")
SCENE = draw_scene(list(zip(COLOURS, BOXES, strict=True)))


def test_status_and_diagnostics_say_how_many_wait(bench):
    status = bench.listen("/seem_node/status", msg.Status, qos.latched())
    diagnostics = bench.listen("/diagnostics", DiagnosticArray)
    bench.see(SCENE)
    for x, y, *_ in BOXES:
        prompt = prompt_to_message(Prompt(points=[(x + 5, y + 5, 1)]))
        assert bench.call("/seem_node/add_prompt", srv.AddPrompt, prompt=prompt).success
    bench.worker.tracker._clock = itertools.count().__next__  # each look at it is a second later
    limit = Parameter("max_frame_time", value=1.0)
    assert bench.node.set_parameters([limit])[0].successful
    bench.see(SCENE)
    said = status.wait(lambda item: item.instances_waiting > 0)
    assert (said.state, said.instance_count, said.instances_waiting) == (msg.Status.RUNNING, 6, 2)
    assert said.message == "running; 2 of 6 instances wait their turn (max_frame_time)"
    array = diagnostics.wait(
        lambda item: any("wait their turn" in entry.message for entry in item.status)
    )
    entry = next(entry for entry in array.status if entry.name == "seem_node: model")
    assert entry.level == DiagnosticStatus.OK
    assert entry.message == "OK; 2 of 6 instances wait their turn (max_frame_time)"
    assert {value.key: value.value for value in entry.values}["instances waiting"] == "2"
    bench.node.set_parameters([Parameter("max_frame_time", value=0.0)])
    bench.see(SCENE)
    bench.until(lambda: status.messages[-1].message == "running")
    assert status.messages[-1].instances_waiting == 0
