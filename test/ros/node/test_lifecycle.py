"""seem_node as a lifecycle node: every step down undoes the step up, as often as you like."""

import threading
import time

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from std_srvs.srv import Trigger

from seem_ros import msg, srv
from seem_ros.prompts import Prompt
from seem_ros.ros import qos
from seem_ros.ros.messages.prompt_messages import prompt_to_message
from seem_ros.ros.node.queued_prompt import QueuedPrompt
from support.node_bench import Bench


@pytest.fixture
def idle(ros):
    """Return a Bench whose node is not configured."""
    with Bench() as bench:
        yield bench


def change(bench, transition):
    answer = bench.call(
        "/seem_node/change_state", ChangeState, transition=Transition(id=transition)
    )
    return answer.success


def state(bench):
    return bench.call("/seem_node/get_state", GetState).current_state.id


def topics(bench):
    """Return the seem_ros topics that the node publishes and subscribes to now."""
    published = {publisher.topic_name for publisher in bench.node.publishers}
    received = {subscription.topic_name for subscription in bench.node.subscriptions}
    return published, received


def counts(bench):
    node = bench.node
    return {
        "publishers": len(list(node.publishers)),
        "subscriptions": len(list(node.subscriptions)),
        "services": len(list(node.services)),
        "timers": len(list(node.timers)),
        "waitables": len(list(node.waitables)),
    }


UP = (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE)
DOWN = (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP)


def test_up_and_down_twice_leaves_what_was_there_before(idle):
    unconfigured = counts(idle)
    inactive = None
    for _ in range(2):
        assert change(idle, UP[0])
        inactive = inactive or counts(idle)
        assert counts(idle) == inactive
        assert change(idle, UP[1])
        assert state(idle) == State.PRIMARY_STATE_ACTIVE
        idle.see()
        prompt = prompt_to_message(Prompt(text="red"))
        answer = idle.call("/seem_node/add_prompt", srv.AddPrompt, prompt=prompt)
        assert (answer.success, answer.instance_id) == (True, 1)
        assert change(idle, DOWN[0])
        assert counts(idle) == inactive
        assert change(idle, DOWN[1])
        assert counts(idle) == unconfigured
    assert state(idle) == State.PRIMARY_STATE_UNCONFIGURED


def test_the_documented_topics_exist_when_active(bench):
    published, received = topics(bench)
    for name in (
        "instances", "label_image", "target_mask", "overlay", "overlay/compressed", "markers",
        "points", "target_points", "prompt_status", "status",
    ):  # fmt: skip
        assert f"/seem_node/{name}" in published
    assert "/diagnostics" in published
    for name in ("prompt", "text", "click_pixel", "click_mouse"):
        assert f"/seem_node/{name}" in received
    for name in ("image", "camera_info", "depth", "clicked_point", "clicked_point_negative"):
        assert f"/{name}" in received


def test_a_pause_is_said_and_instances_outlive_it(bench):
    status = bench.listen("/seem_node/status", msg.Status, qos.latched())
    bench.see()
    bench.call(
        "/seem_node/add_prompt", srv.AddPrompt, prompt=prompt_to_message(Prompt(text="red"))
    )
    assert change(bench, Transition.TRANSITION_DEACTIVATE)
    status.wait(lambda message: message.state == msg.Status.DISABLED)
    answer = bench.call("/seem_node/reset", Trigger)
    assert (answer.success, answer.message) == (False, "the node is not active")
    assert change(bench, Transition.TRANSITION_ACTIVATE)
    image = bench.see()
    array = bench.call("/seem_node/list_instances", srv.ListInstances).instances
    assert (array.header, [item.id for item in array.instances]) == (image.header, [1])
    assert bench.worker.inbox.images_received == 1


def test_deactivating_waits_for_the_running_step_and_answers_who_waits(bench):
    bench.see()
    bench.segmenter.gate.clear()
    bench.segmenter.inside.clear()
    prompts = [prompt_to_message(Prompt(text=text)) for text in ("red", "green")]
    inside = bench.call_async("/seem_node/add_prompt", srv.AddPrompt, prompt=prompts[0])
    assert bench.segmenter.inside.wait(20)
    answers = bench.listen("/seem_node/prompt_status", msg.PromptStatus)
    prompts[1].id = "waiting"
    bench.send("/seem_node/prompt", prompts[1])
    bench.until(lambda: bench.worker.inbox.pending == 1)
    transition = Transition(id=Transition.TRANSITION_DEACTIVATE)
    down = bench.call_async("/seem_node/change_state", ChangeState, transition=transition)
    bench.until(lambda: not bench.worker.inbox.is_open)
    assert not down.done
    bench.segmenter.gate.set()
    assert down.wait().success
    assert inside.wait().success
    refused = answers.wait(lambda message: message.code == msg.PromptStatus.REFUSED)
    assert (refused.id, refused.message) == ("waiting", "the node was deactivated")


def test_a_model_that_cannot_be_loaded_is_said_and_can_be_corrected(idle):
    status = idle.listen("/seem_node/status", msg.Status, qos.latched())
    load, idle.load = idle.load, broken_load
    assert not change(idle, Transition.TRANSITION_CONFIGURE)
    assert state(idle) == State.PRIMARY_STATE_UNCONFIGURED
    said = status.wait(lambda message: message.state == msg.Status.ERROR)
    assert said.message == "nano cannot be loaded: no such checkpoint: nano"
    idle.load = load
    assert change(idle, Transition.TRANSITION_CONFIGURE)
    assert change(idle, Transition.TRANSITION_ACTIVATE)
    status.wait(lambda message: message.state == msg.Status.WAITING)


def test_a_shutdown_answers_a_service_that_waits(bench, monkeypatch):
    waited = QueuedPrompt.wait

    def slow_to_wake(queued, timeout_s=None):
        outcome = waited(queued, timeout_s)
        time.sleep(0.3)  # as on a busy machine: the node goes down meanwhile
        return outcome

    monkeypatch.setattr(QueuedPrompt, "wait", slow_to_wake)
    bench.see()
    bench.segmenter.gate.clear()
    bench.segmenter.inside.clear()
    bench.send("/seem_node/prompt", prompt_to_message(Prompt(text="green")))
    assert bench.segmenter.inside.wait(20)
    prompt = prompt_to_message(Prompt(text="red"))
    waiting = bench.call_async("/seem_node/add_prompt", srv.AddPrompt, prompt=prompt)
    bench.until(lambda: bench.worker.inbox.pending == 1)
    down = threading.Thread(target=bench.node.trigger_shutdown)
    down.start()
    bench.until(lambda: not bench.worker.inbox.is_open)
    bench.segmenter.gate.set()
    answer = waiting.wait()
    assert (answer.success, answer.message) == (False, "the node was deactivated")
    down.join()


def test_a_prompt_while_the_model_is_loaded_is_refused(idle):
    answers = idle.listen_only("/seem_node/prompt_status", msg.PromptStatus)
    load = idle.load

    def loading(parameters):
        idle.until(lambda: idle.operator.count_publishers("/seem_node/prompt_status") == 1)
        prompt = prompt_to_message(Prompt(text="red", id="early"))
        while not answers.messages:  # the answer's way is known to both ends a moment later
            idle.send("/seem_node/prompt", prompt)
            time.sleep(0.1)
        return load(parameters)

    idle.load = loading
    before = counts(idle)
    assert change(idle, Transition.TRANSITION_CONFIGURE)
    refused = answers.wait()
    assert (refused.id, refused.code) == ("early", msg.PromptStatus.REFUSED)
    assert refused.message.startswith("the model is being loaded")
    assert change(idle, Transition.TRANSITION_CLEANUP)
    assert counts(idle) == before


def test_every_state_is_said(idle):
    status = idle.listen("/seem_node/status", msg.Status, qos.latched())
    said = status.wait()
    assert (said.state, said.message.split(":")[0]) == (msg.Status.DISABLED, "not configured")
    for transition, words in (
        (Transition.TRANSITION_CONFIGURE, "not activated"),
        (Transition.TRANSITION_ACTIVATE, "ready, waiting for the first image"),
        (Transition.TRANSITION_DEACTIVATE, "not activated"),
        (Transition.TRANSITION_CLEANUP, "not configured"),
        (Transition.TRANSITION_UNCONFIGURED_SHUTDOWN, "shut down"),
    ):
        assert change(idle, transition)
        idle.until(lambda words=words: status.messages[-1].message.split(":")[0] == words)


def test_diagnostics_say_that_the_model_cannot_be_loaded(idle):
    diagnostics = idle.listen("/diagnostics", DiagnosticArray)
    idle.load = broken_load
    assert not change(idle, Transition.TRANSITION_CONFIGURE)
    bad = diagnostics.wait(lambda array: array.status[1].level == DiagnosticStatus.ERROR)
    assert bad.status[1].message == "nano cannot be loaded: no such checkpoint: nano"


def broken_load(parameters):
    raise FileNotFoundError(f"no such checkpoint: {parameters.model}")


def test_shutdown_from_active_ends_everything(bench):
    bench.see()
    assert change(bench, Transition.TRANSITION_ACTIVE_SHUTDOWN)
    assert state(bench) == State.PRIMARY_STATE_FINALIZED
    assert bench.node.cameras.pipelines == ()


def test_a_fault_in_a_transition_takes_everything_down(idle, monkeypatch):
    before = counts(idle)
    monkeypatch.setattr(
        "seem_ros.ros.node.inputs.Inputs.start", None
    )  # calling None raises TypeError
    assert change(idle, Transition.TRANSITION_CONFIGURE)
    assert not change(idle, Transition.TRANSITION_ACTIVATE)
    assert state(idle) == State.PRIMARY_STATE_UNCONFIGURED
    assert counts(idle) == before
    monkeypatch.undo()
    idle.activate()
    assert state(idle) == State.PRIMARY_STATE_ACTIVE
    idle.see()
