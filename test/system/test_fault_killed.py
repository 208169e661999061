"""seem_node killed with -9 in each state of its life, and started again at once."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages: make setup")

from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rclpy.node import Node

from seem_ros import resources
from seem_ros.demo.cues import BANANA, RED_MUG, inner_point
from seem_ros.demo.node_process import NodeProcess
from seem_ros.msg import PromptStatus
from support.node_bench import Answer, Bench, spun_node
from support.running_system import RunningSystem

PATIENCE_S = 120.0  # a limit for failing, never for passing: loaded machines are slow
CONFIGURE, ACTIVATE = Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE
DEACTIVATE, CLEAN_UP = Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP
SHUT_DOWN = Transition.TRANSITION_INACTIVE_SHUTDOWN
WAYS = {
    "unconfigured": ([], State.PRIMARY_STATE_UNCONFIGURED),
    "inactive": ([CONFIGURE], State.PRIMARY_STATE_INACTIVE),
    "active": ([CONFIGURE, ACTIVATE], State.PRIMARY_STATE_ACTIVE),
    "cleaned up": (
        [CONFIGURE, ACTIVATE, DEACTIVATE, CLEAN_UP],
        State.PRIMARY_STATE_UNCONFIGURED,
    ),
    "finalized": ([CONFIGURE, SHUT_DOWN], State.PRIMARY_STATE_FINALIZED),
}


def asked(node: Node, kind: type, name: str, **fields: object) -> object:
    """Call a service of seem_node until it answers: the graph still knows one that was killed."""
    client = node.create_client(kind, f"/seem_node/{name}")
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        assert client.wait_for_service(PATIENCE_S)
        answer = Answer(client.call_async(kind.Request(**fields)))
        if answer.within(2.0):
            return answer.wait()
    raise AssertionError(f"no answer of {name}")


def started_and_killed(folder: Path, operator: Node, way: str) -> None:
    """Start a node, bring it to a state, and kill it there."""
    arguments = ("-p", "device:=cpu", "-p", "autostart:=false")
    node = NodeProcess(resources.config_path("seem.yaml"), folder / f"{way}.log", arguments)
    transitions, state = WAYS[way]
    with node:
        asked(operator, GetState, "get_state")
        change = operator.create_client(ChangeState, "/seem_node/change_state")
        for number in transitions:
            request = ChangeState.Request(transition=Transition(id=number))
            answer = Answer(change.call_async(request))
            assert answer.within(PATIENCE_S) and answer.wait().success, node.last_lines()
        assert asked(operator, GetState, "get_state").current_state.id == state
        os.kill(node.pid, signal.SIGKILL)
        Bench.until(lambda: node.exit_code is not None)
    assert node.exit_code == -signal.SIGKILL


def test_a_node_that_was_killed_in_each_state_works_when_it_is_started_again(rclpy, tmp_path):
    with spun_node("killer") as operator:
        for way in WAYS:
            started_and_killed(tmp_path, operator, way)
    with RunningSystem(tmp_path) as system:
        system.operator.wait_until_ready(PATIENCE_S)
        system.show(system.clip[0])
        assert clicked(system, BANANA) == 1
        os.kill(system.node.pid, signal.SIGKILL)  # with an instance
        Bench.until(lambda: system.node.exit_code is not None)
    with RunningSystem(tmp_path) as system:
        system.operator.wait_until_ready(PATIENCE_S)
        system.show(system.clip[0])
        assert system.ids == [], "a run begins with none"
        made = [clicked(system, BANANA), clicked(system, RED_MUG)]
        system.operator.reset(PATIENCE_S)
        system.show(system.clip[1])
        made.append(clicked(system, BANANA))
        assert made == [1, 2, 3], "no id comes twice in a run"


def clicked(system: RunningSystem, mesh: str) -> int:
    """Click on a thing of the clip's first frame; return the instance's id."""
    x, y = inner_point(system.mask_of(mesh))
    status = system.ask(points=[(x, y, 1)])
    assert status.code == PromptStatus.DONE, status.message
    assert system.answers.labels[int(y), int(x)] == status.instance_id
    return status.instance_id
