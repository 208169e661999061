"""voice_node answers the parameter services, and says on one line what is wrong at start."""

import pytest

for package in ("lark", "soundfile", "soxr"):
    pytest.importorskip(package, reason=f"needs {package}")
pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

import dataclasses

from rcl_interfaces.srv import DescribeParameters, GetParameters, ListParameters, SetParameters
from rclpy.node import Node
from rclpy.parameter import Parameter, parameter_value_to_python

from seem_ros.ros.voice.parameters import VoiceParameters
from seem_ros.ros.voice.voice_node import VoiceNode
from support.node_bench import Answer, spinning, spun_node

SILENT = {"audio": "topic", "engine": "pocketsphinx"}


@pytest.fixture
def voice(ros):
    node = VoiceNode(
        parameter_overrides=[Parameter(name, value=value) for name, value in SILENT.items()]
    )
    with spinning(node):
        yield node
    node.destroy_node()


def call(peer, name, kind, **fields):
    client = peer.create_client(kind, f"/voice_node/{name}")
    assert client.wait_for_service(20.0)
    return Answer(client.call_async(kind.Request(**fields))).wait()


def test_parameters_are_listed_read_and_described(voice):
    names = {field.name for field in dataclasses.fields(VoiceParameters)}
    with spun_node("peer") as peer:
        listed = call(peer, "list_parameters", ListParameters).result.names
        assert names <= set(listed)
        answer = call(peer, "get_parameters", GetParameters, names=sorted(names)).values
        values = dict(zip(sorted(names), map(parameter_value_to_python, answer), strict=True))
        assert values == dataclasses.asdict(VoiceParameters(**SILENT))
        described = call(peer, "describe_parameters", DescribeParameters, names=sorted(names))
        assert all(item.read_only for item in described.descriptors)


def test_what_is_read_at_start_only_cannot_be_set(voice):
    with spun_node("peer") as peer:
        change = Parameter("audio_timeout", value=2.0).to_parameter_msg()
        (result,) = call(peer, "set_parameters", SetParameters, parameters=[change]).results
        assert not result.successful
        assert "read-only" in result.reason


def test_it_hides_nothing_of_its_base_class(voice):
    plain = Node("plain")
    held = {name: type(value) for name, value in vars(plain).items() if value is not None}
    plain.destroy_node()
    assert {name: type(vars(voice)[name]) for name in held} == held
