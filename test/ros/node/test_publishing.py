"""Results are published in order, all of them, while the model goes on."""

from __future__ import annotations

import threading

import pytest

from seem_ros.ros.node.publishing import Publishing

PATIENCE_S = 20.0


class Slow:
    """A publisher with a gate."""

    def __init__(self):
        self.gate, self.inside = threading.Event(), threading.Event()
        self.published, self.faults = [], []
        self.fault = None

    def publish(self, result):
        self.inside.set()
        assert self.gate.wait(PATIENCE_S)
        if self.fault is not None:
            raise self.fault
        self.published.append(result)


@pytest.fixture
def slow():
    return Slow()


@pytest.fixture
def publishing(slow):
    publishing = Publishing(slow.publish, slow.faults.append)
    publishing.start()
    yield publishing
    slow.gate.set()
    publishing.stop()


def started(call, *arguments):
    """Run a call on a thread of its own."""
    thread = threading.Thread(target=call, args=arguments, daemon=True)
    thread.start()
    return thread


def test_who_hands_over_goes_on_and_is_one_ahead_at_most(publishing, slow):
    publishing.put("first")  # returns while it is being published
    assert slow.inside.wait(PATIENCE_S)
    second = started(publishing.put, "second")
    second.join(0.1)
    assert second.is_alive()
    slow.gate.set()
    second.join(PATIENCE_S)
    publishing.put("third")
    publishing.settle()
    assert slow.published == ["first", "second", "third"]


def test_settling_waits_for_what_was_handed_over(publishing, slow):
    publishing.settle()  # nothing was
    publishing.put("first")
    settled = started(publishing.settle)
    settled.join(0.1)
    assert settled.is_alive()
    slow.gate.set()
    settled.join(PATIENCE_S)
    assert slow.published == ["first"]


def test_stopping_publishes_what_was_handed_over_and_it_starts_again(publishing, slow):
    publishing.put("first")
    stopped = started(publishing.stop)
    slow.gate.set()
    stopped.join(PATIENCE_S)
    assert not stopped.is_alive()
    assert slow.published == ["first"]
    publishing.start()
    publishing.put("second")
    publishing.settle()
    assert slow.published == ["first", "second"]


def test_a_fault_is_told_and_the_next_result_is_published(publishing, slow):
    slow.gate.set()
    slow.fault = RuntimeError("no memory for a message")
    publishing.put("first")
    publishing.settle()
    assert slow.faults == [slow.fault]
    slow.fault = None
    publishing.put("second")
    publishing.settle()
    assert slow.published == ["second"]


@pytest.fixture
def held(monkeypatch):
    """A node whose label images are made once the gate is open."""
    pytest.importorskip("rclpy", reason="needs ROS 2")
    pytest.importorskip("seem_ros.msg", reason="needs the built messages")
    from support.node_bench import Bench

    gate, inside = threading.Event(), threading.Event()
    with Bench() as bench:
        bench.activate()
        outputs = bench.pipeline._parts.outputs
        publish = outputs.publish

        def slowly(result):
            inside.set()
            assert gate.wait(PATIENCE_S)
            publish(result)

        monkeypatch.setattr(outputs, "publish", slowly)
        yield bench, gate, inside
        gate.set()


def seconds(received):
    return [message.header.stamp.sec for message in received.messages]


def test_the_model_is_at_the_next_frame_while_one_is_published(ros, held):
    from sensor_msgs.msg import Image

    bench, gate, inside = held
    labels = bench.listen("/seem_node/label_image", Image)
    bench.show()
    assert inside.wait(PATIENCE_S)
    bench.see()  # the worker's view is this frame
    assert labels.messages == []
    gate.set()
    bench.see()
    labels.wait(lambda message: message.header.stamp.sec == 1003)
    assert seconds(labels) == [1001, 1002, 1003]


def test_a_prompt_ends_after_its_instances_are_published(ros, held):
    from seem_ros import msg

    bench, gate, inside = held
    records = bench.listen("/seem_node/instances", msg.InstanceArray)
    answers = bench.listen("/seem_node/prompt_status", msg.PromptStatus)
    gate.set()
    bench.see()
    records.wait()
    gate.clear()
    bench.send("/seem_node/prompt", msg.Prompt(text="red", id="a"))
    bench.until(lambda: bench.worker.view.instances)
    assert [answer.code for answer in answers.messages] == [msg.PromptStatus.ACCEPTED]
    gate.set()
    records.wait(lambda message: message.instances)
    answers.wait(lambda answer: answer.code == msg.PromptStatus.DONE)


def test_deactivating_publishes_what_was_found(ros, held):
    from sensor_msgs.msg import Image

    bench, gate, inside = held
    labels = bench.listen("/seem_node/label_image", Image)
    bench.show()
    assert inside.wait(PATIENCE_S)
    bench.see()
    down = started(bench.node.trigger_deactivate)
    down.join(0.1)
    assert down.is_alive()
    gate.set()
    down.join(PATIENCE_S)
    labels.wait(lambda message: message.header.stamp.sec == 1002)
    assert seconds(labels) == [1001, 1002]
