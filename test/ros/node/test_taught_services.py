"""What seem_node is taught: over its services, kept in its library, forgotten again."""

from __future__ import annotations

import dataclasses

import pytest

rclpy = pytest.importorskip("rclpy", reason="needs ROS 2")
srv = pytest.importorskip("seem_ros.srv", reason="needs the built messages")
if not hasattr(srv, "Teach"):
    pytest.skip("needs messages built with Teach.srv", allow_module_level=True)

from seem_ros.library import Library
from seem_ros.prompts import Prompt
from seem_ros.ros.messages.prompt_messages import prompt_to_message
from seem_ros.ros.prompt_command import teach
from seem_ros.segmenter import Segmenter
from support.node_bench import Bench
from support.tiny_seem import tiny_seem

NODE = "/seem_node"


class TaughtBench(Bench):
    """A bench whose node keeps a library of a tiny model."""

    library: Library | None = None
    library_problem = ""

    def load(self, parameters):
        loaded = super().load(parameters)
        return dataclasses.replace(
            loaded, library=self.library, library_problem=self.library_problem
        )


@pytest.fixture
def taught(ros, tmp_path):
    """Return an active bench with a library and instance 1, the target, on red."""
    with TaughtBench() as bench:
        bench.library = Library(tmp_path / "objects")
        Segmenter(tiny_seem(), library=bench.library)
        bench.activate()
        bench.see()
        prompt = prompt_to_message(Prompt(points=[(30, 40, 1)]))
        assert bench.call(f"{NODE}/add_prompt", srv.AddPrompt, prompt=prompt).instance_id == 1
        yield bench


def taught_as(bench, **fields):
    return bench.call(f"{NODE}/teach", srv.Teach, **fields)


def test_an_instance_is_taught_listed_and_forgotten(taught):
    answer = taught_as(taught, name="blue screwdriver")
    assert (answer.success, answer.views) == (True, 1)
    assert answer.message == "instance 1 is 'blue screwdriver', shown once now"
    assert taught_as(taught, instance_id=1, name="blue screwdriver").views == 2
    assert taught.library.names == ("blue screwdriver",)
    array = taught.call(f"{NODE}/list_instances", srv.ListInstances).instances
    assert array.instances[0].label == "blue screwdriver"
    listed = taught.call(f"{NODE}/list_taught", srv.ListTaught)
    assert (listed.success, listed.names, list(listed.views)) == (True, ["blue screwdriver"], [2])
    unknown = taught.call(f"{NODE}/forget_taught", srv.ForgetTaught, names=["hammer"])
    assert not unknown.success
    assert unknown.message == "'hammer' was not taught; known are: blue screwdriver"
    gone = taught.call(f"{NODE}/forget_taught", srv.ForgetTaught, names=["blue screwdriver"])
    assert (gone.success, gone.forgotten) == (True, ["blue screwdriver"])
    assert len(taught.library) == 0


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": "mug", "instance_id": 7}, "unknown instance id 7; known are: 1"),
        ({"name": "  "}, "' ' is no name: give words, such as 'blue screwdriver'"),
    ],
)
def test_what_cannot_be_taught_is_refused(taught, fields, reason):
    answer = taught_as(taught, **fields)
    assert (answer.success, answer.message) == (False, reason)
    assert len(taught.library) == 0


def test_without_a_library_the_reason_is_said(ros):
    with TaughtBench() as bench:
        bench.library_problem = "the library is of another model"
        bench.activate()
        bench.see()
        for name, kind in (("teach", srv.Teach), ("list_taught", srv.ListTaught)):
            answer = bench.call(f"{NODE}/{name}", kind)
            assert (answer.success, answer.message) == (False, "the library is of another model")


def test_the_command_teaches_the_selected_instance(taught):
    shell = rclpy.create_node("shell")
    try:
        said = teach(shell, "red mug", 0, NODE, 5.0)
        refused = teach(shell, "red mug", 4, NODE, 5.0)
    finally:
        shell.destroy_node()
    assert said == (0, "instance 1 is 'red mug', shown once now")
    assert refused == (1, "unknown instance id 4; known are: 1")


def test_what_a_name_holds_stays_on_one_short_line(taught):
    answer = taught_as(taught, name="?" * 5000)
    assert not answer.success
    assert len(answer.message) < 400
