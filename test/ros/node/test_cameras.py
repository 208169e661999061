"""One node with two cameras and one model: what each has of its own, and who delays whom."""

import re
import threading

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from std_msgs.msg import String
from std_srvs.srv import SetBool, Trigger

from seem_ros import msg
from seem_ros.action import Segment
from seem_ros.prompts import Prompt
from seem_ros.ros import qos
from seem_ros.ros.messages import images
from seem_ros.ros.messages.prompt_messages import prompt_to_message
from seem_ros.ros.prompt_command import sent
from seem_ros.ros.voice.commander import VoiceCommander
from seem_ros.speech.dialogue import Heard
from support.node_bench import Answer, Bench
from support.two_cameras import (
    FRONT,
    GREEN,
    RED,
    SCENES,
    WRIST,
    ask,
    bench_of_two,
    held,
    see,
)


@pytest.fixture
def two(ros):
    with bench_of_two(no_image_timeout=0.3, status_period=0.1) as bench:
        bench.activate()
        yield bench


def names(bench):
    """Return the node's topics, services and waitables, without what every node has."""
    node = bench.node
    found = {item.topic_name for item in (*node.publishers, *node.subscriptions)}
    found |= {node.resolve_service_name(item.srv_name) for item in node.services}
    common = r"qos|parameter|rosout|_type_description|transition|state|logger_levels|/tf"
    return {name for name in found if not re.search(common, name)}


def named(name, camera):
    """Return the name that something of an only camera has where there are several."""
    own = "/seem_node" if name.startswith("/seem_node/") else ""
    return f"{own}/{camera}{name[len(own) :]}"


def test_each_camera_has_all_that_an_only_camera_has(ros, two):
    with Bench(remap={"__node": "other_node"}) as single:
        single.activate()
        of_one = {name.replace("other_node", "seem_node") for name in names(single)}
    shared = {"/diagnostics", "/voice_node/heard"}
    wanted = set(shared)
    for camera in (FRONT, WRIST):
        wanted |= {named(name, camera) for name in of_one - shared}
    assert names(two) == wanted
    assert {"/front/image", "/wrist/camera_info", "/seem_node/wrist/label_image"} <= wanted
    for camera in (FRONT, WRIST):
        two.action_client(f"/seem_node/{camera}/segment", Segment)


def test_each_has_its_own_prompts_and_masks(two):
    labels = {
        camera: two.listen(f"/seem_node/{camera}/label_image", Image) for camera in (FRONT, WRIST)
    }
    see(two, FRONT), see(two, WRIST)
    for camera, colour, box, other in (
        (FRONT, "red", RED, "green"),
        (WRIST, "green", GREEN, "red"),
    ):
        assert ask(two, camera, text=other).code == msg.PromptStatus.NOT_FOUND
        answer = ask(two, camera, text=colour)
        assert (answer.success, answer.instance_id) == (True, 1)
        shown = see(two, camera)
        label = labels[camera].wait(lambda message, shown=shown: message.header == shown.header)
        found = images.to_labels(label)
        wanted = np.zeros(SCENES[camera].shape[:2], found.dtype)
        wanted[box[1] : box[3], box[0] : box[2]] = 1
        assert np.array_equal(found, wanted)
    assert two.call(f"/seem_node/{FRONT}/reset", Trigger).success
    see(two, FRONT), see(two, WRIST)
    assert (held(two, FRONT), held(two, WRIST)) == ([], [1])


def test_topics_and_actions_address_one_camera(two):
    see(two, FRONT), see(two, WRIST)
    told = two.listen(f"/seem_node/{FRONT}/prompt_status", msg.PromptStatus)
    two.send(f"/seem_node/{FRONT}/text", String(data="red"))
    told.wait(lambda message: message.code == msg.PromptStatus.DONE)
    client = two.action_client(f"/seem_node/{WRIST}/segment", Segment)
    goal = Segment.Goal(prompt=prompt_to_message(Prompt(text="green")), keep_tracking=True)
    result = Answer(Answer(client.send_goal_async(goal)).wait().get_result_async()).wait().result
    assert result.success
    assert (result.label_image.width, result.label_image.height) == (150, 100)
    assert (held(two, FRONT), held(two, WRIST)) == ([1], [1])


def test_a_voice_speaks_to_the_camera_that_it_names(two):
    see(two, FRONT), see(two, WRIST)
    voice = VoiceCommander(two.operator, f"seem_node/{WRIST}")
    told = two.listen(f"/seem_node/{WRIST}/prompt_status", msg.PromptStatus)
    two.until(lambda: two.operator.count_subscribers(f"/seem_node/{WRIST}/prompt"))
    two.until(lambda: voice._prompts.get_subscription_count())
    voice.carry_out(Heard("green", is_final=True, actions=(Prompt(text="green"),)))
    told.wait(lambda message: message.code == msg.PromptStatus.DONE)
    assert (held(two, FRONT), held(two, WRIST)) == ([], [1])


def test_a_shell_prompts_the_camera_that_it_names(two):
    see(two, FRONT), see(two, WRIST)
    shell = rclpy.create_node("shell")
    try:
        prompt = Prompt(text="green", id="from a shell")
        assert sent(shell, prompt, f"seem_node/{WRIST}", 20.0)[0] == 0
    finally:
        shell.destroy_node()
    assert (held(two, FRONT), held(two, WRIST)) == ([], [1])


def test_a_silent_camera_delays_nobody_and_is_told_of(two):
    silent = two.listen(f"/seem_node/{FRONT}/status", msg.Status, qos.latched())
    fine = two.listen(f"/seem_node/{WRIST}/status", msg.Status, qos.latched())
    see(two, WRIST)
    assert ask(two, WRIST, text="green").success
    see(two, WRIST)
    said = silent.wait(lambda message: "no image on /front/image yet" in message.message)
    assert "remap front/image:=" in said.message
    assert said.state == msg.Status.WAITING
    fine.wait(lambda message: message.state == msg.Status.RUNNING)
    refused = ask(two, FRONT, text="red")
    assert (refused.success, refused.message.startswith("no image yet")) == (False, True)


def test_a_flooding_camera_leaves_the_other_its_turns(two):
    for camera in (FRONT, WRIST):
        see(two, camera)
    flood, rare, ended = two.worker_of(FRONT), two.worker_of(WRIST), threading.Event()

    def pour():
        while not ended.is_set():
            two.show(SCENES[FRONT], camera=FRONT)

    pouring = threading.Thread(target=pour)
    pouring.start()
    try:
        before = flood.inbox.images_received
        two.until(lambda: flood.inbox.images_received > before + 5)
        assert ask(two, WRIST, text="green").success
        for _ in range(5):
            see(two, WRIST)
        worked = flood.inbox.images_received - flood.image_counts["images_dropped"]
        two.until(
            lambda: flood.inbox.images_received - flood.image_counts["images_dropped"] > worked
        )
    finally:
        ended.set()
        pouring.join()
    assert rare.image_counts["images_dropped"] == 0
    assert rare.image_counts["images_received"] == 6


def test_a_fault_with_one_picture_stops_the_other_camera_not(two):
    see(two, WRIST)
    status = two.listen(f"/seem_node/{FRONT}/status", msg.Status, qos.latched())
    two.segmenter.fault = RuntimeError("odd shapes")
    two.show(SCENES[FRONT], camera=FRONT)
    assert ask(two, FRONT, text="red").success is False
    status.wait(lambda message: "odd shapes" in message.message)
    two.segmenter.fault = None
    assert ask(two, WRIST, text="green").success
    other = two.listen(f"/seem_node/{WRIST}/status", msg.Status, qos.latched())
    assert "odd shapes" not in other.wait().message


def test_switching_one_off_leaves_the_other_on(two):
    see(two, FRONT), see(two, WRIST)
    assert two.call(f"/seem_node/{FRONT}/enable", SetBool, data=False).success
    refused = ask(two, FRONT, text="red")
    assert refused.message == "the node is switched off: call ~/front/enable with true"
    assert ask(two, WRIST, text="green").success


def test_diagnostics_name_the_camera(two):
    heard = two.listen("/diagnostics", DiagnosticArray)
    for camera in (FRONT, WRIST):
        array = heard.wait(
            lambda array, c=camera: array.status[0].name.startswith(f"seem_node/{c}")
        )
        assert [item.name for item in array.status] == [
            f"seem_node/{camera}: {part}" for part in ("input", "model", "3-D")
        ]


def test_changed_parameters_reach_both(two):
    two.node.set_parameters([Parameter("lost_score", value=0.1)])
    for camera in (FRONT, WRIST):
        worker = two.worker_of(camera)
        two.until(lambda worker=worker: worker.tracker.config.lost_score == 0.1)
