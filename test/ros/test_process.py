"""How a program with a node starts: what is wrong with its arguments is one line."""

import os

import pytest

rclpy = pytest.importorskip("rclpy", reason="needs ROS 2")

from rclpy.node import Node
from rclpy.parameter import Parameter

from seem_ros.ros import parameter_fields, process
from seem_ros.ros.node.parameters import NodeParameters
from seem_ros.ros.one_line import one_line


@pytest.mark.parametrize(
    ("arguments", "text", "said"),
    [
        (["--params-file", "FILE"], None, "(no such file, or it may not be read)"),
        (["--params-file", "FILE"], "/**:\n\tros__parameters:\n", "by spaces, not by tabs"),
        (["--params-file", "FILE"], "/**:\n  - a\n", "Sequences can only be values"),
        (["-r", "__node:=bad name"], None, "names are made of letters, digits"),
        (["-p", "model"], None, "NAME:=VALUE"),
    ],
)
def test_wrong_arguments_are_one_line(tmp_path, arguments, text, said):
    path = tmp_path / "parameters.yaml"
    if text is not None:
        path.write_text(text)
    given = [str(path) if word == "FILE" else word for word in arguments]
    with pytest.raises(SystemExit) as ended:
        process.initialise("some_node", ["--ros-args", *given])
    line = str(ended.value)
    assert line.startswith("some_node: ")
    assert said in line
    assert "\n" not in line
    assert ".c:" not in line
    assert not rclpy.ok()


@pytest.mark.parametrize("home", [None, "/proc/no_home"])
def test_without_a_home_logs_go_elsewhere(monkeypatch, capsys, home):
    for name in ("HOME", "ROS_HOME", "ROS_LOG_DIR"):
        monkeypatch.delenv(name, raising=False)
    if home:
        monkeypatch.setenv("HOME", home)
    monkeypatch.setenv("ROS_LOG_DIR", "")  # so that what is set here is taken back
    process.initialise("some_node", [])
    try:
        assert rclpy.ok()
    finally:
        rclpy.shutdown()
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("some_node: no log can be written")
    assert os.path.isdir(os.environ["ROS_LOG_DIR"])


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("confidence_floor:=7.0", "confidence_floor out of range"),
        ("audio_rate:=abc", "audio_rate"),
        ("engine:=best", "parameter engine: 'best' is not one of"),
    ],
)
def test_a_bad_start_value_is_one_line(argument, said):
    for package in ("lark", "soundfile", "soxr", "seem_ros.msg"):
        pytest.importorskip(package, reason=f"needs {package}")
    from seem_ros.ros.voice.voice_node import main

    with pytest.raises(SystemExit) as ended:
        main(["--ros-args", "-p", argument])
    assert str(ended.value).startswith("voice_node: ")
    assert said in str(ended.value)
    assert "\n" not in str(ended.value)


def test_a_whole_number_does_for_a_float_at_start_and_later(ros):
    node = Node("n", parameter_overrides=[Parameter("no_image_timeout", value=5)])
    values = parameter_fields.declare(node, NodeParameters)
    assert (values.no_image_timeout, type(values.no_image_timeout)) == (5.0, float)
    (result,) = node.set_parameters([Parameter("no_image_timeout", value=7)])
    assert result.successful
    assert node.get_parameter("no_image_timeout").value == 7.0
    (result,) = node.set_parameters([Parameter("no_image_timeout", value=0)])
    assert not result.successful
    assert "out of range" in result.reason
    (result,) = node.set_parameters([Parameter("autostart", value=False)])
    assert (result.successful, "read-only" in result.reason) == (False, True)
    node.destroy_node()


@pytest.mark.parametrize("value", [0, True, "5"])
def test_what_is_no_number_in_range_is_still_refused(ros, value):
    node = Node("n", parameter_overrides=[Parameter("no_image_timeout", value=value)])
    with pytest.raises(Exception, match="no_image_timeout"):
        parameter_fields.declare(node, NodeParameters)
    node.destroy_node()


def test_a_text_is_made_fit_for_a_line():
    assert one_line("a\n\tb\x1b[31m\x00") == "a b\\x1b[31m\\x00"
    assert one_line("머그잔 é") == "머그잔 é"
    cut = one_line("x" * 20_000)
    assert cut == "x" * 300 + "… (20000 characters)"
