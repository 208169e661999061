"""One node with two cameras and one model: what each has of its own, and what they share."""

import gc
import re
import threading
import weakref

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from std_msgs.msg import String
from std_srvs.srv import SetBool, Trigger

from seem_ros import msg, srv
from seem_ros.action import Segment
from seem_ros.prompts import Prompt
from seem_ros.ros import qos
from seem_ros.ros.messages import images
from seem_ros.ros.messages.prompt_messages import prompt_to_message
from seem_ros.ros.node.loaded_model import LoadedModel
from seem_ros.ros.node.seem_node import SeemNode
from seem_ros.ros.voice.commander import VoiceCommander
from seem_ros.speech.dialogue import Heard
from seem_ros.tracker import Tracker, TrackerConfig
from support.flood_segmenter import draw_scene
from support.node_bench import Answer, Bench, GatedSegmenter

FRONT, WRIST = "front", "wrist"
RED, GREEN = (20, 30, 60, 80), (90, 10, 140, 50)
SCENES = {FRONT: draw_scene([("red", RED)]), WRIST: draw_scene([("green", GREEN)], 100, 150)}
UP = (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE)
DOWN = (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP)


@pytest.fixture
def two(ros):
    with Bench(cameras=[FRONT, WRIST], no_image_timeout=0.3, status_period=0.1) as bench:
        bench.activate()
        yield bench


def change(bench, transitions):
    for transition in transitions:
        request = {"transition": Transition(id=transition)}
        assert bench.call("/seem_node/change_state", ChangeState, **request).success


def see(bench, camera):
    return bench.see(SCENES[camera], camera=camera)


def ask(bench, camera, **fields):
    prompt = prompt_to_message(Prompt(**fields))
    return bench.call(f"/seem_node/{camera}/add_prompt", srv.AddPrompt, prompt=prompt)


def held(bench, camera):
    answer = bench.call(f"/seem_node/{camera}/list_instances", srv.ListInstances)
    return [item.id for item in answer.instances.instances]


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


def test_both_go_down_and_come_up_again_with_their_instances_gone(ros):
    with Bench(cameras=[FRONT, WRIST]) as bench:
        for _ in range(2):
            change(bench, UP)
            for camera, colour in ((FRONT, "red"), (WRIST, "green")):
                see(bench, camera)
                assert held(bench, camera) == []
                assert ask(bench, camera, text=colour).instance_id == 1
            change(bench, DOWN)
            assert bench.node.cameras.pipelines == ()


def test_nothing_of_either_lives_after_cleanup_and_the_model_was_one(ros):
    with Bench(cameras=[FRONT, WRIST]) as bench:
        change(bench, UP)
        for camera in (FRONT, WRIST):
            see(bench, camera)
        parts = {"model": bench.segmenter}
        for camera in (FRONT, WRIST):
            worker = bench.worker_of(camera)
            assert worker.tracker._model is bench.segmenter
            parts |= {
                f"worker of {camera}": worker,
                f"tracker of {camera}": worker.tracker,
                f"view of {camera}": worker.view,
            }
        assert len(set(map(id, parts.values()))) == 7
        alive = {name: weakref.ref(part) for name, part in parts.items()}
        del worker, parts
        bench.segmenter = GatedSegmenter()
        gc.disable()
        try:
            change(bench, DOWN)
            assert [name for name, part in alive.items() if part() is not None] == []
        finally:
            gc.enable()


def test_the_tracker_of_another_camera_works_like_the_first():
    segmenter, config = GatedSegmenter(), TrackerConfig(max_instances=3)
    first = LoadedModel(segmenter, Tracker(segmenter, config, late_names=True), "flood", "cpu")
    second = first.for_another_camera()
    assert second.tracker is not first.tracker
    assert second.segmenter is first.segmenter
    assert (second.tracker.config, second.tracker.state.late_names) == (config, True)


def test_prompts_are_refused_by_each_while_the_model_is_loaded(ros):
    with Bench(cameras=[FRONT, WRIST]) as bench:
        loading, go_on, load = threading.Event(), threading.Event(), bench.load

        def slowly(parameters):
            loading.set()
            assert go_on.wait(20)
            return load(parameters)

        bench.load = slowly
        up = threading.Thread(target=bench.node.trigger_configure)
        up.start()
        assert loading.wait(20)
        for camera in (FRONT, WRIST):
            told = bench.listen(f"/seem_node/{camera}/prompt_status", msg.PromptStatus)
            bench.send(f"/seem_node/{camera}/prompt", msg.Prompt(id="early", text="red"))
            assert told.wait().code == msg.PromptStatus.REFUSED
        go_on.set()
        up.join()


@pytest.mark.parametrize(
    ("cameras", "said"),
    [
        (["front", "front"], "'front' is named twice"),
        (["front camera"], "'front camera' is no name"),
        (["front", "2nd"], "'2nd' is no name"),
        (["a/b"], "'a/b' is no name"),
        (["a__b"], "'a__b' is no name"),
    ],
)
def test_names_that_topics_cannot_have_are_refused(ros, cameras, said):
    with pytest.raises(ValueError, match=f"parameter cameras: {said}"):
        SeemNode(parameter_overrides=[Parameter("cameras", value=cameras)])


@pytest.mark.parametrize("given", ["[]", "['']", "[front]", "[front, wrist_2]"])
def test_no_names_are_one_camera_and_the_names_stay(ros, given):
    node = SeemNode(cli_args=["--ros-args", "-p", f"cameras:={given}"])
    names = node.parameters.cameras
    try:
        assert names == tuple(re.findall(r"\w+", given))
        topics = {publisher.topic_name for publisher in node.publishers}
        for name in names:
            assert f"/seem_node/{name}/status" in topics
        assert ("/seem_node/status" in topics) == (not names)
        (result,) = node.set_parameters([Parameter("cameras", value=["other"])])
        assert (result.successful, node.parameters.cameras) == (False, names)
    finally:
        node.destroy_node()
