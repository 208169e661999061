"""The worker with a real tracker on drawn scenes: pure Python, no ROS."""

import threading
import time
from dataclasses import dataclass, field

import pytest

from seem_ros.prompts import Mode, Prompt
from seem_ros.ros.node.controls import Controls
from seem_ros.ros.node.inbox import ReceivedImage
from seem_ros.ros.node.queued_prompt import QueuedPrompt
from seem_ros.ros.node.worker import NO_IMAGE, Worker
from seem_ros.tracker import Tracker
from support.flood_segmenter import FloodSegmenter, draw_scene

SCENE = draw_scene([("red", (20, 30, 60, 80)), ("green", (90, 30, 140, 90))])
PATIENCE_S = 20.0


@dataclass
class Stamp:
    """builtin_interfaces/Time."""

    sec: int
    nanosec: int = 0


@dataclass
class Header:
    """std_msgs/Header."""

    stamp: Stamp


@dataclass
class Message:
    """As much of sensor_msgs/Image as the worker looks at."""

    header: Header
    rgb: object = field(default=None)


def frame(sec, rgb=SCENE):
    return ReceivedImage(Message(Header(Stamp(sec)), rgb), read)


def read(message):
    if message.rgb is None:
        raise ValueError("no picture")
    return message.rgb


class Ear:
    """Keeps what the worker says."""

    def __init__(self):
        self.results, self.outcomes, self.errors = [], [], []
        self.said = threading.Condition()

    def on_frame(self, header):
        pass

    def on_result(self, result):
        self._keep(self.results, result)

    def settle(self):
        pass

    def on_outcome(self, queued, outcome):
        self._keep(self.outcomes, (queued.prompt.id, outcome.code, outcome.message))

    def on_unreadable(self, error):
        self._keep(self.errors, error)

    def on_failure(self, error):
        self._keep(self.errors, error)

    def _keep(self, items, item):
        with self.said:
            items.append(item)
            self.said.notify_all()

    def until(self, condition):
        end = time.monotonic() + PATIENCE_S
        with self.said:
            while not condition():  # also what nobody says, such as an empty inbox
                assert time.monotonic() < end
                self.said.wait(0.02)


@pytest.fixture
def ear():
    return Ear()


@pytest.fixture
def worker(ear):
    worker = Worker(Tracker(FloodSegmenter()), ear)
    worker.ear = ear
    worker.start()
    yield worker
    worker.stop()


def ask(worker, **fields):
    queued = QueuedPrompt(Prompt(**fields), worker.ear.on_outcome)
    worker.inbox.put_prompt(queued)
    return queued.wait(PATIENCE_S)


def ids(result):
    return [instance.id for instance in result.instances]


def test_prompts_apply_to_the_last_image_and_keep_their_order(worker, ear):
    assert ask(worker, text="red").message == NO_IMAGE
    worker.inbox.put_image(frame(1))
    ear.until(lambda: len(ear.results) == 1)
    assert ear.results[0].is_new
    done = ask(worker, text="red", id="a")
    assert (done.code, done.instance_id, done.result.header.stamp.sec) == ("done", 1, 1)
    assert not ear.results[-1].is_new
    assert ask(worker, text="green", id="b").instance_id == 2
    assert ask(worker, mode=Mode.SELECT, instance_id=2, id="c").result.target_id == 2
    assert [outcome[0] for outcome in ear.outcomes[1:]] == ["a", "b", "c"]
    worker.inbox.put_image(frame(2))
    ear.until(lambda: ear.results[-1].header.stamp.sec == 2)
    assert (ids(ear.results[-1]), ear.results[-1].target_id) == ([1, 2], 2)


def test_the_prompts_of_a_result_can_be_drawn(worker, ear):
    worker.inbox.put_image(frame(1))
    ear.until(lambda: ear.results)
    ask(worker, points=[(15, 20, 1)], image_size=(60, 80))
    ask(worker, points=[(float("nan"), 20, 1)])
    drawn = [prompt for result in ear.results for prompt in result.prompts]
    assert [(prompt.points, prompt.image_size) for prompt in drawn] == [
        (((30.0, 40.0, 1),), (120, 160))
    ]


def test_an_unreadable_frame_is_counted_and_the_last_one_stays(worker, ear):
    worker.inbox.put_image(frame(1))
    ear.until(lambda: ear.results)
    worker.inbox.put_image(frame(2, rgb=None))
    ear.until(lambda: ear.errors)
    assert (worker.unreadable, worker.image_counts["images_dropped"], str(ear.errors[0])) == (
        1,
        1,
        "no picture",
    )
    assert ask(worker, text="red").result.header.stamp.sec == 1


def test_frames_that_were_overtaken_are_dropped_but_time_may_start_again(worker, ear):
    for sec in (5000, 4999, 10):
        worker.inbox.put_image(frame(sec))
        ear.until(lambda: not worker.inbox.has_image)
        ask(worker, text="purple")
    assert worker.outdated == 1
    seconds = [result.header.stamp.sec for result in ear.results if result.is_new]
    assert seconds == [5000, 10]


def test_after_a_few_late_frames_in_a_row_time_has_started_again(worker, ear):
    worker.inbox.put_image(frame(5000))
    ear.until(lambda: ear.results)
    for count in range(6):
        stamped = frame(4999)
        stamped.message.header.stamp.nanosec = 500_000_000 + count
        worker.inbox.put_image(stamped)
        ear.until(lambda: not worker.inbox.has_image)
        ask(worker, text="purple")
    assert worker.outdated == 3
    new = [result.header.stamp for result in ear.results if result.is_new]
    assert [(stamp.sec, stamp.nanosec % 10) for stamp in new] == [
        (5000, 0), (4999, 3), (4999, 4), (4999, 5),
    ]  # fmt: skip


def test_a_control_is_published_without_a_new_image(worker, ear):
    worker.inbox.put_image(frame(1))
    ear.until(lambda: ear.results)
    ask(worker, text="red")
    controls = Controls(worker)
    assert controls.remove([]) == [1]
    ear.until(lambda: ids(ear.results[-1]) == [])
    assert ear.results[-1].header.stamp.sec == 1
    assert (ear.results[-1].is_new, ear.results[-1].inference_s) == (False, 0.0)
    with pytest.raises(ValueError, match="unknown instance id 1; known are: none"):
        controls.remove([1])


def test_jobs_run_on_the_tracker_and_their_errors_are_theirs(worker, ear):
    job = worker.inbox.put_job(lambda: len(worker.tracker.instances))
    assert job.result(PATIENCE_S) == 0
    with pytest.raises(ZeroDivisionError):
        worker.inbox.put_job(lambda: 1 / 0).result(PATIENCE_S)
    assert ear.errors == []


def test_a_fault_in_a_listener_does_not_stop_the_worker(worker, ear):
    keep, ear.on_result = ear.on_result, None  # calling None raises TypeError
    worker.inbox.put_image(frame(1))
    ear.until(lambda: ear.errors)
    assert isinstance(ear.errors[0], TypeError)
    assert ask(worker, text="red").code == "done"
    ear.on_result = keep
    worker.inbox.put_image(frame(2))
    ear.until(lambda: ear.results)
    assert ear.results[0].header.stamp.sec == 2


def test_an_abandoned_exclusive_prompt_leaves_no_instance(worker, ear, monkeypatch):
    worker.inbox.put_image(frame(1))
    ear.until(lambda: ear.results)
    queued = QueuedPrompt(Prompt(text="red"), exclusive=True)
    inside, go_on = threading.Event(), threading.Event()

    def slow(model, questions):
        """Say that the model is at work, and wait."""
        inside.set()
        assert go_on.wait(PATIENCE_S)

    monkeypatch.setattr(FloodSegmenter, "asked", slow)
    worker.inbox.put_prompt(queued)
    assert inside.wait(PATIENCE_S)
    assert queued.abandon()
    go_on.set()
    worker.inbox.put_image(frame(2))
    ear.until(lambda: ear.results[-1].header.stamp.sec == 2)
    assert (ids(ear.results[-1]), queued.outcome) == ([], None)


def test_stopping_refuses_what_waits_and_takes_nothing_more(ear):
    worker = Worker(Tracker(FloodSegmenter()), ear)
    worker.inbox.open()
    worker.inbox.put_prompt(QueuedPrompt(Prompt(text="red", id="x"), ear.on_outcome))
    worker.stop()
    worker.inbox.put_prompt(QueuedPrompt(Prompt(text="red", id="y"), ear.on_outcome))
    assert ear.outcomes == [
        ("x", "refused", "the node was deactivated"),
        ("y", "refused", "the node is not active"),
    ]
