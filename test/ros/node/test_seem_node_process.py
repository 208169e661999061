"""seem_node as a process of its own: how it starts, and how it ends."""

import os
import signal
import subprocess
import sys

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

from lifecycle_msgs.srv import GetState

from support.node_bench import Answer, spun_node

pytestmark = pytest.mark.system
PATIENCE_S = 120.0


def start(*parameters, name="lone_node"):
    command = [sys.executable, "-m", "seem_ros.ros.node.seem_node"]
    command += ["--ros-args", "-r", f"__node:={name}"]
    for parameter in parameters:
        command += ["-p", parameter]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(ros, number):
    name = f"lone_node_{number.name.lower()}"
    process = start("autostart:=false", name=name)
    with spun_node("watcher") as watcher:
        client = watcher.create_client(GetState, f"/{name}/get_state")
        assert client.wait_for_service(PATIENCE_S)
        state = Answer(client.call_async(GetState.Request())).wait().current_state
        assert state.label == "unconfigured"
    process.send_signal(number)
    output, _ = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, "Traceback" in output) == (0, False), output


@pytest.mark.parametrize(
    ("parameter", "said"),
    [
        ("model:=no_such_model", "no_such_model cannot be loaded"),
        ("click_mode:=never", "parameter click_mode: 'never' is not one of auto, new, refine"),
        ("overlay_quality:=1000", "overlay_quality"),
    ],
)
def test_what_cannot_start_says_why_and_exits_with_1(ros, parameter, said):
    process = start(parameter)
    output, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1, output
    assert said in output
    assert "Traceback" not in output
