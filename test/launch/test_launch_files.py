"""The launch files start what was asked for; needs a full ROS 2."""

import importlib.util
import itertools
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("launch_ros", reason="launch_ros is not installed")

import yaml
from ament_index_python.packages import PackageNotFoundError, get_package_prefix
from launch.actions import (
    DeclareLaunchArgument,
    IncludeLaunchDescription,
    OpaqueFunction,
    Shutdown,
)
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions
from launch_ros.actions import Node

from launch import LaunchContext

LAUNCH = Path(__file__).parents[2] / "launch"


def module(name):
    spec = importlib.util.spec_from_file_location(name, LAUNCH / f"{name}.launch.py")
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def load(name):
    return module(name).generate_launch_description()


def commands(name, **arguments):
    """Return executable -> command line of the nodes that a launch file starts, one of each."""
    return dict(all_commands(name, **arguments))


def all_commands(name, **arguments):
    """Return executable and command line of each node that a launch file starts."""
    context = LaunchContext()
    context.launch_configurations.update(arguments)
    found, waiting = [], list(load(name).entities)
    while waiting:
        entity = waiting.pop(0)
        if isinstance(entity, (DeclareLaunchArgument, OpaqueFunction)):
            waiting[:0] = entity.visit(context) or []
        elif isinstance(entity, Node):
            if entity.condition is None or entity.condition.evaluate(context):
                found.append(entity)
        else:
            assert isinstance(entity, IncludeLaunchDescription)
    return [(node.node_executable, command_of(node, context)) for node in found]


def command_of(node, context):
    """Return the words of a node's command line; its namespace first."""
    node._perform_substitutions(context)
    context.extend_locals({"ros_specific_arguments": {"name": "", "ns": ""}})
    words = ["".join(part.perform(context) for part in word) for word in node.cmd]
    return [node.expanded_node_namespace, *words]


def test_every_argument_is_described():
    for name in ("seem", "clip", "demo", "voice"):
        declared = [e for e in load(name).entities if isinstance(e, DeclareLaunchArgument)]
        assert declared
        assert all(argument.description for argument in declared)


def test_the_camera_argument_names_all_its_topics():
    command = commands("seem", camera="/front", depth="/front/depth_registered")["seem_node"]
    for remapping in (
        "image:=/front/image_raw",
        "image/compressed:=/front/image_raw/compressed",
        "camera_info:=/front/camera_info",
        "depth:=/front/depth_registered",
        "depth/compressedDepth:=/front/depth_registered/compressedDepth",
        "depth_info:=/front/camera_info",
    ):
        assert remapping in command


class Loader(yaml.SafeLoader):
    """Reads the lists of parameters that launch_ros writes; ROS does not look at their tag."""


Loader.add_constructor("tag:yaml.org,2002:python/tuple", Loader.construct_yaml_seq)


def parameters_in(command):
    """Return the parameters that a command line gives in files."""
    files = [word for flag, word in itertools.pairwise(command) if flag == "--params-file"]
    found = {}
    for file in files:
        for node in yaml.load(Path(file).read_text(), Loader).values():
            found |= node["ros__parameters"]
    return found


def test_several_cameras_have_their_names_in_their_topics():
    started = all_commands(
        "seem", cameras="front,wrist", camera="/{}/color", depth="/{}/depth", console="true"
    )
    command, front, wrist = (words for _, words in started)
    for remapping in (
        "front/image:=/front/color/image_raw",
        "wrist/image/compressed:=/wrist/color/image_raw/compressed",
        "wrist/camera_info:=/wrist/color/camera_info",
        "front/depth:=/front/depth",
        "wrist/depth_info:=/wrist/camera_info",
    ):
        assert remapping in command
    assert parameters_in(command)["cameras"] == ["front", "wrist"]
    for page, name, port in ((front, "front", 8642), (wrist, "wrist", 8643)):
        given = parameters_in(page)
        assert (given["segmenter"], given["port"]) == (f"seem_node/{name}", port)
        assert f"image:=/{name}/color/image_raw" in page


def test_several_cameras_with_one_topic_are_refused():
    with pytest.raises(RuntimeError, match="front, wrist would all see /camera/color/image_raw"):
        all_commands("seem", cameras="front,wrist")


def test_without_depth_its_topic_stays():
    assert not any(word.startswith("depth:=") for word in commands("seem")["seem_node"])


def test_neither_rviz_nor_the_console_starts_by_itself():
    assert set(commands("seem")) == {"seem_node"}


def test_the_console_looks_at_the_nodes_image():
    started = commands("seem", console="true", camera="/front", namespace="robot1")
    assert set(started) == {"seem_node", "console_node"}
    assert started["console_node"][0] == "/robot1"
    for remapping in ("image:=/front/image_raw", "image/compressed:=/front/image_raw/compressed"):
        assert remapping in started["console_node"]


def test_rviz_starts_on_request_and_follows_the_namespace():
    try:
        get_package_prefix("rviz2")
    except PackageNotFoundError:
        pytest.skip("rviz2 is not installed")
    started = commands("seem", rviz="true", namespace="robot1")
    assert set(started) == {"seem_node", "rviz2"}
    assert started["seem_node"][0] == "/robot1"
    assert "/seem_node/overlay:=/robot1/seem_node/overlay" in started["rviz2"]


def test_a_clip_plays_as_a_camera():
    assert commands("clip")["clip_camera"][0] == "/clip_camera"


def test_what_a_clip_passes_on_the_node_knows():
    clip, seem = (
        {item.name for item in load(name).entities if isinstance(item, DeclareLaunchArgument)}
        for name in ("clip", "seem")
    )
    passed = set(module("clip").PASSED_ON)
    assert {"console", "console_port"} <= passed <= clip & seem


def test_the_voice_hears_what_it_is_told_to():
    context = LaunchContext()
    context.launch_configurations.update(cameras="", namespace="", voice="true", audio="topic")
    (included,) = module("seem").voice(context)
    given = {
        name: perform_substitutions(context, normalize_to_list_of_substitutions(value))
        for name, value in included.launch_arguments
    }
    assert (given["audio"], given["segmenter"]) == ("topic", "seem_node")


def test_the_demo_runs_as_make_demo_does():
    context = LaunchContext()
    for entity in load("demo").entities:
        if isinstance(entity, DeclareLaunchArgument):
            entity.visit(context)
        else:
            words = ["".join(part.perform(context) for part in word) for word in entity.cmd]
    assert words[1:5] == ["-m", "seem_ros.demo", "--out", "demo_out"]


def test_launch_fails_where_the_demo_does():
    demo = module("demo")
    for fine in (0, 130, -2):
        (shutdown,) = demo.ended(SimpleNamespace(returncode=fine), LaunchContext())
        assert isinstance(shutdown, Shutdown)
    with pytest.raises(RuntimeError, match="exit code 1"):
        demo.ended(SimpleNamespace(returncode=1), LaunchContext())


def test_voice_passes_on_what_is_given():
    assert set(commands("voice", language="ko")) == {"voice_node"}
