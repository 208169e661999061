"""`seem_node --help` tells what can be set and starts nothing."""

import dataclasses

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

import rclpy

from seem_ros.ros import node_help
from seem_ros.ros.node.parameters import NodeParameters
from seem_ros.ros.node.seem_node import main


def test_help_lists_every_parameter_and_starts_nothing(capsys):
    main(["--help"])
    printed = capsys.readouterr().out
    assert printed.startswith("usage: seem_node [--ros-args")
    for item in dataclasses.fields(NodeParameters):
        assert f"  {item.name} [" in printed
    assert "Name of a model, or path of a checkpoint." in printed
    assert max(map(len, printed.splitlines())) <= 99
    assert not rclpy.ok()


def test_help_is_not_what_belongs_to_ros():
    assert node_help.is_asked_for(["-h"])
    assert not node_help.is_asked_for(["--ros-args", "-p", "model:=-h", "--help"])
    assert not node_help.is_asked_for([])
