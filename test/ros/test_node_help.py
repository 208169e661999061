"""`--help` of a node tells what can be set and starts nothing."""

import dataclasses
import importlib

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

import rclpy

from seem_ros.ros import node_help


@pytest.mark.parametrize(
    ("module", "parameters"),
    [
        ("seem_ros.ros.node.seem_node", "NodeParameters"),
        ("seem_ros.ros.console.console_node", "ConsoleParameters"),
        ("seem_ros.ros.voice.voice_node", "VoiceParameters"),
        ("seem_ros.demo.clip_camera", "ClipParameters"),
    ],
)
def test_help_lists_every_parameter_and_starts_nothing(module, parameters, capsys):
    if "console" in module:
        pytest.importorskip("aiohttp", reason="aiohttp is not installed")
    program = importlib.import_module(module)
    program.main(["--help"])
    printed = capsys.readouterr().out
    assert printed.startswith(f"usage: {module.rpartition('.')[2]} [--ros-args")
    for item in dataclasses.fields(getattr(program, parameters)):
        assert f"  {item.name} [" in printed
        assert item.metadata["facts"].description.split()[0] in printed
    assert max(map(len, printed.splitlines())) <= 99
    assert not rclpy.ok()


def test_help_is_not_what_belongs_to_ros():
    assert node_help.is_asked_for(["-h"])
    assert not node_help.is_asked_for(["--ros-args", "-p", "model:=-h", "--help"])
    assert not node_help.is_asked_for([])
