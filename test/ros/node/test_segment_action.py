"""The action ~/segment: one goal at a time, everything of one stamp, nothing left behind."""

import threading

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

from action_msgs.msg import GoalStatus
from builtin_interfaces.msg import Duration
from std_srvs.srv import SetBool

from seem_ros import srv
from seem_ros.action import Segment
from seem_ros.prompts import Prompt
from seem_ros.ros.messages import images
from seem_ros.ros.messages.prompt_messages import prompt_to_message
from support.node_bench import SCENE, Answer, Bench

SUCCEEDED, CANCELED, ABORTED = (
    GoalStatus.STATUS_SUCCEEDED,
    GoalStatus.STATUS_CANCELED,
    GoalStatus.STATUS_ABORTED,
)


class Client:
    """Sends goals and keeps their feedback."""

    def __init__(self, bench):
        self.client = bench.action_client("/seem_node/segment", Segment)
        self.feedback = []

    def send(self, prompt, **fields):
        goal = Segment.Goal(prompt=prompt_to_message(prompt), **fields)
        note = lambda message: self.feedback.append(message.feedback)  # noqa: E731
        return Answer(self.client.send_goal_async(goal, feedback_callback=note)).wait()

    def run(self, prompt, **fields):
        handle = self.send(prompt, **fields)
        assert handle.accepted
        return ended(handle)


def ended(handle):
    answer = Answer(handle.get_result_async()).wait()
    return answer.status, answer.result


def listed(bench):
    array = bench.call("/seem_node/list_instances", srv.ListInstances).instances
    return [instance.id for instance in array.instances], array.target_id


def hold(bench):
    """Keep the model busy with the image of a service call."""
    bench.segmenter.gate.clear()
    bench.segmenter.inside.clear()
    image = images.image_message(SCENE, "rgb8", bench.header())
    prompt = prompt_to_message(Prompt(text="red"))
    bench.call_async("/seem_node/segment_image", srv.SegmentImage, image=image, prompt=prompt)
    assert bench.segmenter.inside.wait(20)


@pytest.fixture
def client(bench):
    return Client(bench)


def test_a_name_becomes_mask_and_box_of_one_stamp(bench, client):
    image = bench.see()
    status, result = client.run(Prompt(text="green"), keep_tracking=True)
    assert (status, result.success, result.message) == (SUCCEEDED, True, "instance 1")
    for part in (result.instances, result.label_image, result.target_mask):
        assert part.header == image.header
    assert result.instances.target_id == 1
    (one,) = result.instances.instances
    assert (one.roi.x_offset, one.roi.y_offset, one.roi.width, one.roi.height) == (90, 30, 50, 60)
    mask = images.to_mask(result.target_mask)
    assert int(mask.sum()) == 50 * 60
    assert mask[30:90, 90:140].all()
    labels = np.frombuffer(result.label_image.data, np.uint16).reshape(120, 160)
    np.testing.assert_array_equal(labels == 1, mask)
    assert result.cloud.width == 0
    bench.until(lambda: len(client.feedback) == 3)
    assert [item.stage for item in client.feedback] == ["waiting for image", "segmenting", "done"]
    assert client.feedback[-1].score == pytest.approx(0.95)
    assert listed(bench) == ([1], 1)


def test_without_keep_tracking_the_instance_goes_and_others_stay(bench, client):
    bench.see()
    client.run(Prompt(text="red"), keep_tracking=True)
    status, result = client.run(Prompt(text="green"))
    assert (status, result.instances.target_id) == (SUCCEEDED, 2)
    bench.see()
    assert listed(bench) == ([1], 1)
    status, result = client.run(Prompt(points=[(30, 40, 1)]))  # refines instance 1
    assert (status, result.instances.target_id) == (SUCCEEDED, 1)
    assert listed(bench) == ([1], 1)


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        (Prompt(text="purple"), "nothing in view fits 'purple'"),
        (Prompt(points=[(400, 1, 1)]), "outside the 160x120 image"),
        (Prompt(), "empty prompt"),
    ],
)
def test_what_cannot_be_done_is_aborted_with_the_reason(bench, client, prompt, reason):
    bench.see()
    status, result = client.run(prompt)
    assert (status, result.success) == (ABORTED, False)
    assert reason in result.message
    assert result.target_mask.height == 0
    assert listed(bench) == ([], 0)


def test_a_goal_that_runs_is_answered_before_the_node_goes(bench, client):
    bench.see()
    hold(bench)
    handle = client.send(Prompt(text="red"))
    result = handle.get_result_async()
    bench.until(lambda: any(item.stage == "segmenting" for item in client.feedback))
    ending = threading.Thread(target=bench.node.trigger_shutdown)
    ending.start()
    bench.segmenter.gate.set()
    answer = Answer(result).wait()
    ending.join(20)
    assert answer.status == ABORTED
    assert answer.result.message == "the node was deactivated"


def test_it_waits_for_the_first_image(bench, client):
    handle = client.send(Prompt(text="red"))
    bench.until(lambda: bool(client.feedback))
    image = bench.show()
    status, result = ended(handle)
    assert (status, result.instances.header) == (SUCCEEDED, image.header)


def test_the_time_limit_without_an_image_and_inside_the_model(bench, client):
    short = Duration(nanosec=200_000_000)
    status, result = client.run(Prompt(text="red"), timeout=short)
    assert status == ABORTED
    assert result.message == "no image within 0.2 s: ready, waiting for the first image"
    bench.see()
    hold(bench)
    status, result = client.run(Prompt(text="red"), timeout=short)
    assert (status, result.message) == (ABORTED, "no answer of the model within 0.2 s")
    bench.segmenter.gate.set()
    bench.see()
    assert listed(bench) == ([], 0)


def test_a_new_goal_aborts_the_old_one(bench, client):
    bench.see()
    hold(bench)
    first = client.send(Prompt(text="red"), keep_tracking=True)
    second = client.send(Prompt(text="green"), keep_tracking=True)
    status, result = ended(first)  # while the model still stands
    assert (status, result.message) == (ABORTED, "a newer goal took its place")
    assert not bench.segmenter.gate.is_set()
    bench.segmenter.gate.set()
    status, result = ended(second)
    assert (status, result.success) == (SUCCEEDED, True)
    (one,) = result.instances.instances
    assert one.class_name == "green"


def test_cancelling_stops_it_while_the_model_is_busy(bench, client):
    bench.see()
    hold(bench)
    handle = client.send(Prompt(text="red"), keep_tracking=True)
    bench.until(lambda: len(client.feedback) == 2)
    answer = Answer(handle.cancel_goal_async()).wait()
    assert len(answer.goals_canceling) == 1
    status, result = ended(handle)
    assert (status, result.success, result.message) == (CANCELED, False, "cancelled")
    assert not bench.segmenter.gate.is_set()
    bench.segmenter.gate.set()
    bench.see()
    assert listed(bench) == ([], 0)


def test_cancelled_inside_the_model_leaves_nothing(bench, client):
    """The goal's own prompt is in the model when it is cancelled."""
    bench.see()
    bench.segmenter.gate.clear()
    bench.segmenter.inside.clear()
    handle = client.send(Prompt(text="red"), keep_tracking=True)
    assert bench.segmenter.inside.wait(20)
    Answer(handle.cancel_goal_async()).wait()
    assert ended(handle)[0] == CANCELED
    bench.segmenter.gate.set()
    bench.until(lambda: bool(bench.segmenter.batches))
    bench.see()
    assert listed(bench) == ([], 0)


def test_a_cloud_that_cannot_be_made_fails_with_the_reason(bench, client):
    bench.see()
    status, result = client.run(Prompt(text="red"), want_cloud=True)
    assert (status, result.success) == (ABORTED, False)
    assert result.message.startswith("no cloud: ")
    assert listed(bench) == ([], 0)


def test_a_goal_is_refused_while_the_node_is_switched_off(bench, client):
    bench.see()
    assert bench.call("/seem_node/enable", SetBool, data=False).success
    status, result = client.run(Prompt(text="red"))
    assert status == ABORTED
    assert result.message == "the node is switched off: call ~/enable with true"


def test_deactivating_ends_the_goal(ros):
    with Bench() as bench:
        bench.activate()
        client = Client(bench)
        handle = client.send(Prompt(text="red"))
        bench.until(lambda: bool(client.feedback))
        bench.node.trigger_deactivate()
        status, result = ended(handle)
        assert (status, result.message) == (ABORTED, "the node was deactivated")
        assert not client.send(Prompt(text="red")).accepted
