"""What seem_node says of itself: parameters, ~/status, /diagnostics, and faults of the model."""

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

import dataclasses
import sys
from types import ModuleType

import numpy as np
import yaml
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rcl_interfaces.srv import DescribeParameters, SetParameters
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image

from seem_ros import msg, srv
from seem_ros.prompts import Prompt
from seem_ros.resources import config_path
from seem_ros.ros import qos
from seem_ros.ros.messages.prompt_messages import prompt_to_message
from seem_ros.ros.node.parameters import NodeParameters
from seem_ros.ros.space.parameters import SpatialParameters
from support.flood_segmenter import draw_scene
from support.node_bench import SCENE, Bench


def set_parameter(bench, name, value):
    message = Parameter(name, value=value).to_parameter_msg()
    (result,) = bench.call(
        "/seem_node/set_parameters", SetParameters, parameters=[message]
    ).results
    return result


def add(bench, **fields):
    prompt = prompt_to_message(Prompt(**fields))
    return bench.call("/seem_node/add_prompt", srv.AddPrompt, prompt=prompt)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("click_mode", "sometimes", "click_mode: 'sometimes' is not one of auto, new, refine"),
        ("label_encoding", "rgb8", "label_encoding: 'rgb8' is not one of mono16, mono8"),
        ("overlay_quality", 101, "out of range"),
        ("no_image_timeout", 0.0, "out of range"),
        ("max_instances", "many", "Wrong parameter type"),
        ("model", "focal_t", "model is read when the node is configured"),
    ],
)
def test_wrong_changes_are_refused_with_the_reason_and_change_nothing(bench, name, value, reason):
    before = bench.node.get_parameter(name).value
    result = set_parameter(bench, name, value)
    assert not result.successful
    assert reason in result.reason
    assert bench.node.get_parameter(name).value == before
    assert getattr(bench.node.parameters, name) == before


def test_changes_take_effect_while_running(bench):
    bench.see()
    assert add(bench, points=[(30, 40, 1)]).instance_id == 1
    assert add(bench, points=[(31, 41, 1)]).instance_id == 1  # inside: refines
    assert set_parameter(bench, "click_mode", "new").successful
    assert add(bench, points=[(32, 42, 1)]).instance_id == 2
    assert set_parameter(bench, "max_instances", 2).successful
    refused = add(bench, points=[(100, 40, 1)])
    assert not refused.success
    assert "already 2 instances" in refused.message


def test_the_vocabulary_is_given_to_the_model(bench):
    names = []
    bench.segmenter.set_vocabulary = names.append
    assert set_parameter(bench, "vocabulary", "red mug; ;blue bowl").successful
    bench.until(lambda: names == [["red mug", "blue bowl"]])


@pytest.mark.parametrize(
    ("parameters", "error", "reason"),
    [
        ({"overlay_quality": 0}, InvalidParameterValueException, "overlay_quality"),
        ({"max_image_age": "old"}, InvalidParameterTypeException, "max_image_age"),
        ({"click_mode": "never"}, ValueError, "click_mode: 'never' is not one of auto"),
    ],
)
def test_wrong_parameters_at_start_are_named(ros, parameters, error, reason):
    with pytest.raises(error, match=reason):
        Bench(**parameters)


def test_every_parameter_is_described_with_its_limits(bench):
    names = [
        field.name for kind in (NodeParameters, SpatialParameters)
        for field in dataclasses.fields(kind)
    ]  # fmt: skip
    answer = bench.call("/seem_node/describe_parameters", DescribeParameters, names=names)
    described = {item.name: item for item in answer.descriptors}
    assert list(described) == names
    assert all(len(item.description) > 20 for item in described.values())
    age = described["max_image_age"].floating_point_range[0]
    assert (age.from_value, age.to_value) == (0.0, 60.0)
    quality = described["overlay_quality"].integer_range[0]
    assert (quality.from_value, quality.to_value) == (1, 100)
    assert described["click_mode"].additional_constraints == "one of: auto, new, refine"


def test_seem_yaml_holds_every_parameter_with_its_default():
    (node,) = yaml.safe_load(config_path("seem.yaml").read_text()).values()
    expected = {}
    for kind in (NodeParameters, SpatialParameters):
        expected.update(dataclasses.asdict(kind()))
    expected["cameras"] = list(expected["cameras"])  # YAML knows no tuples
    assert node["ros__parameters"] == expected
    kinds = {name: type(value) for name, value in node["ros__parameters"].items()}
    assert kinds == {name: type(value) for name, value in expected.items()}


def test_a_lost_camera_is_said_in_status_and_diagnostics(ros):
    with Bench(no_image_timeout=0.3, status_period=0.1) as bench:
        bench.activate()
        status = bench.listen("/seem_node/status", msg.Status, qos.latched())
        diagnostics = bench.listen("/diagnostics", DiagnosticArray)
        waiting = status.wait(lambda message: "no image on /image yet" in message.message)
        assert waiting.state == msg.Status.WAITING
        bench.see()
        status.wait(lambda message: message.state == msg.Status.RUNNING)
        fine = diagnostics.wait(
            lambda array: (
                array.status[0].level == DiagnosticStatus.OK
                and values_of(array.status[0])["images received"] == "1"
            )
        )
        assert [item.name for item in fine.status] == [
            f"seem_node: {part}" for part in ("input", "model", "3-D")
        ]
        model = values_of(fine.status[1])
        assert (model["model"], model["device"]) == ("nano", "cpu")
        assert float(model["memory (MiB)"]) > 10
        stale = status.wait(lambda message: message.state == msg.Status.STALE)
        assert "no image on /image for" in stale.message
        lost = diagnostics.wait(
            lambda array: (
                array.status[0].level == DiagnosticStatus.STALE
                and values_of(array.status[0])["age of the last image (s)"] != "none"
            )
        )
        assert float(values_of(lost.status[0])["age of the last image (s)"]) > 0.3


def test_a_lost_camera_is_said_while_simulated_time_has_not_begun(ros):
    with Bench(use_sim_time=True, no_image_timeout=0.3, status_period=0.1) as bench:
        bench.activate()
        assert bench.node.get_clock().now().nanoseconds == 0
        status = bench.listen("/seem_node/status", msg.Status, qos.latched())
        diagnostics = bench.listen("/diagnostics", DiagnosticArray)
        status.wait(lambda message: "no image on /image yet" in message.message)
        diagnostics.wait(lambda array: array.status[0].level == DiagnosticStatus.STALE)
        bench.see()
        status.wait(lambda message: message.state == msg.Status.RUNNING)
        status.wait(lambda message: message.state == msg.Status.STALE)


def test_pictures_under_one_stamp_are_each_worked_on_and_said(ros):
    with Bench(status_period=0.1) as bench:
        bench.activate()
        status = bench.listen("/seem_node/status", msg.Status, qos.latched())
        diagnostics = bench.listen("/diagnostics", DiagnosticArray)
        header = bench.header()
        bench.see(header=header)
        assert add(bench, text="red").instance_id == 1
        for count in (2, 3):
            moved = (20 + 4 * count, 30, 60 + 4 * count, 80)
            scene = draw_scene([("red", moved)])
            bench.show(scene, header=header)
            bench.until(lambda scene=scene: np.array_equal(bench.worker.view.rgb, scene))
            (instance,) = bench.worker.view.instances
            assert (instance.state, instance.box) == ("tracked", moved)
        said = status.wait(lambda message: "the stamp of the image before" in message.message)
        assert said.state == msg.Status.RUNNING
        warned = diagnostics.wait(
            lambda array: values_of(array.status[0])["stamps repeated"] == "2"
        )
        assert warned.status[0].level == DiagnosticStatus.WARN


def test_another_size_under_the_same_stamp_is_another_picture(bench):
    status = bench.listen("/seem_node/status", msg.Status, qos.latched())
    header = bench.header()
    bench.see(header=header)
    assert add(bench, text="red").instance_id == 1
    bench.show(np.repeat(np.repeat(SCENE, 2, axis=0), 2, axis=1), header=header)
    bench.until(lambda: bench.worker.view.size == (240, 320))
    assert [item.box for item in bench.worker.view.instances] == [(40, 60, 120, 160)]
    assert not [item for item in status.messages if item.state == msg.Status.ERROR]


def test_two_publishers_on_the_camera_topic_are_said_until_one_leaves(ros):
    with Bench(status_period=0.1) as bench:
        bench.activate()
        status = bench.listen("/seem_node/status", msg.Status, qos.latched())
        bench.see()
        other = bench.operator.create_publisher(Image, "/image", qos.reliable())
        status.wait(lambda message: "2 publishers on /image" in message.message)
        bench.operator.destroy_publisher(other)
        bench.until(lambda: "publishers" not in status.messages[-1].message)


def test_a_blank_picture_is_said(bench):
    status = bench.listen("/seem_node/status", msg.Status, qos.latched())
    bench.see(np.full_like(SCENE, 28))
    said = status.wait(lambda message: "the image is blank" in message.message)
    assert said.state == msg.Status.RUNNING
    bench.see()
    bench.until(lambda: status.messages[-1].message == "running")


def test_diagnostics_leave_pytorch_alone_while_it_is_imported(ros, monkeypatch):
    with Bench() as bench:
        diagnostics = bench.listen("/diagnostics", DiagnosticArray)
        load = bench.load

        def loading(parameters):
            monkeypatch.setitem(sys.modules, "torch", ModuleType("torch"))  # without any content
            diagnostics.wait(
                lambda array: values_of(array.status[1])["state"] == "loading the model"
            )
            monkeypatch.undo()
            return load(parameters)

        bench.load = loading
        assert bench.node.trigger_configure() == TransitionCallbackReturn.SUCCESS


def values_of(entry):
    return {item.key: item.value for item in entry.values}


class OutOfMemoryError(RuntimeError):
    """Named as PyTorch names its own."""


@pytest.mark.parametrize(
    ("fault", "said", "refusal"),
    [
        (
            OutOfMemoryError("CUDA out of memory"),
            "out of memory: images are tried again",
            "out of memory, also at half the work at a time",
        ),
        (
            RuntimeError("mat1 and mat2"),
            "an image could not be worked on: RuntimeError: mat1 and mat2",
            "the model failed: mat1 and mat2",
        ),
    ],
)
def test_a_fault_of_the_model_is_said_and_the_next_image_tried(bench, fault, said, refusal):
    status = bench.listen("/seem_node/status", msg.Status, qos.latched())
    diagnostics = bench.listen("/diagnostics", DiagnosticArray)
    bench.see()
    assert add(bench, text="red").instance_id == 1
    bench.segmenter.fault = fault
    bench.show()
    wrong = status.wait(lambda message: message.state == msg.Status.ERROR)
    assert wrong.message.startswith(said)
    array = diagnostics.wait(lambda array: array.status[1].level == DiagnosticStatus.ERROR)
    assert array.status[1].message.startswith(said)
    answer = add(bench, text="green")
    assert not answer.success
    assert answer.message.startswith(refusal)
    bench.segmenter.fault = None
    image = bench.see()
    array = bench.call("/seem_node/list_instances", srv.ListInstances).instances
    assert (array.header, [item.id for item in array.instances]) == (image.header, [1])
    bench.until(lambda: status.messages[-1].state == msg.Status.RUNNING)


def test_status_names_the_target_and_what_was_heard(bench):
    status = bench.listen("/seem_node/status", msg.Status, qos.latched())
    bench.send("/voice_node/heard", msg.Heard(text="the red", is_final=False))
    bench.send("/voice_node/heard", msg.Heard(text="the red mug", is_final=True))
    image = bench.see()
    add(bench, text="red", label="mug")
    said = status.wait(lambda message: message.target_id == 1)
    assert (said.target_label, said.target_state) == ("mug", msg.Instance.TRACKED)
    assert (said.instance_count, said.header, said.model) == (1, image.header, "nano")
    status.wait(lambda message: message.heard == "the red mug")
    assert all(message.heard != "the red" for message in status.messages)
