"""Each published mask is held against its own picture: two cameras on one topic, and undo."""

from __future__ import annotations

import time

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages: make setup")

from geometry_msgs.msg import Point32
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from std_srvs.srv import Trigger

from seem_ros import msg, srv
from seem_ros.ros import qos
from seem_ros.ros.messages import images, stamps
from support.fault_watch import RED, FaultWatch
from support.flood_segmenter import draw_scene
from support.node_bench import Bench

S = 1_000_000_000
PAIRS = 40


@pytest.fixture
def watch(rclpy):
    """A node that follows a plate."""
    with Bench() as bench:
        bench.activate()
        yield FaultWatch(bench).begin()


class TwoCameras:
    """Two publishers on one topic; the plate is on the left for one, on the right for the other.

    Args:
        bench: with an active node.
        equal: whether both stamp a pair of pictures alike.
        named: whether each picture's frame_id tells which it is; else all have one.

    """

    def __init__(self, bench: Bench, equal: bool, named: bool) -> None:
        self.bench, self.equal, self.named = bench, equal, named
        self.labels = bench.listen("/seem_node/label_image", Image)
        self.answers = bench.listen("/seem_node/prompt_status", msg.PromptStatus)
        make = bench.operator.create_publisher
        self.publishers = [make(Image, "/image", qos.reliable()) for _ in range(2)]
        bench.until(lambda: all(each.get_subscription_count() for each in self.publishers))
        self.shown: dict[tuple[int, str], list[np.ndarray]] = {}

    def show(self, pair: int) -> None:
        """Show a pair of pictures."""
        for side, publisher in enumerate(self.publishers):
            x = (100 if side else 10) + pair % 20
            rgb = draw_scene([("red", (x, 30, x + 40, 80))])
            stamp_ns = 1000 * S + pair * S // 30 + (0 if self.equal else side * S // 90)
            header = Header(frame_id=f"{side}/{pair}" if self.named else "camera")
            header.stamp = stamps.to_time(stamp_ns)
            key = stamp_ns, header.frame_id
            self.shown.setdefault(key, []).append((rgb == RED).all(axis=2))
            publisher.publish(images.image_message(rgb, "rgb8", header))
            time.sleep(0.02)

    def judge(self) -> set[int]:
        """Check every mask, uncertain ones too; return the columns in which plates were found."""
        columns = set()
        for message in self.labels.messages:
            labels = images.to_labels(message)
            truths = self.shown[stamps.to_ns(message.header.stamp), message.header.frame_id]
            for instance_id in np.unique(labels[labels > 0]):
                mask = labels == instance_id
                assert any(np.array_equal(mask, truth) for truth in truths), (
                    f"instance {instance_id}: a mask of another picture than {message.header}"
                )
                columns.add(int(np.nonzero(mask)[1].min()))
        return columns


@pytest.mark.parametrize("named", [True, False], ids=["named", "one frame_id"])
@pytest.mark.parametrize("equal", [True, False], ids=["equal stamps", "different stamps"])
def test_two_cameras_on_one_topic(rclpy, equal, named):
    with Bench() as bench:
        bench.activate()
        cameras = TwoCameras(bench, equal, named)
        again = msg.Prompt(id="again", text="red", mode=msg.Prompt.REPLACE, instance_id=1)
        waiting = []
        for pair in range(PAIRS):
            cameras.show(pair)
            if pair == 3:
                bench.send("/seem_node/prompt", msg.Prompt(id="first", text="red"))
                cameras.answers.wait(lambda answer: answer.code == answer.DONE)
            elif pair == 8:
                bench.send("/seem_node/prompt", again)
            elif pair in (20, 28):
                waiting.append(bench.call_async("/seem_node/undo", Trigger))
            elif pair == 24:
                waiting.append(
                    bench.call_async("/seem_node/rename_instance", srv.RenameInstance, label="x")
                )
        assert all(answer.wait().success for answer in waiting[:2])
        columns = cameras.judge()
        assert min(columns) < 40 and max(columns) > 80, "both cameras' plates were found"


def take_back(watch: FaultWatch) -> Image:
    """Undo once the newest frame's labels are out; return those that follow, of the same frame."""
    newest = watch.bench.worker.view.header.stamp

    def published() -> list[Image]:
        return [item for item in watch.labels.messages if item.header.stamp == newest]

    watch.bench.until(published)
    before = len(published())
    assert watch.bench.call("/seem_node/undo", Trigger).success
    watch.bench.until(lambda: len(published()) > before)
    return published()[-1]


def test_what_is_taken_back_is_looked_for_in_the_newest_frame(watch):
    watch.end_of(watch.click())  # a correction of instance 1
    for _ in range(5):
        watch.show()
    take_back(watch)
    watch.end_of(watch.ask(mode=msg.Prompt.REMOVE, instance_id=1))
    watch.show()
    assert images.to_labels(take_back(watch)).any()
    watch.all_is_well()


def test_what_is_taken_back_while_the_model_fails_is_not_shown_where_it_was(watch, monkeypatch):
    bench = watch.bench
    watch.end_of(watch.click())
    watch.show()
    bench.segmenter.fault = RuntimeError("no answer")
    assert bench.call("/seem_node/undo", Trigger).success
    bench.until(lambda: "no answer" in str(bench.pipeline.monitor.problems.current))
    bench.segmenter.fault = None
    watch.all_is_well()


def test_a_click_on_a_frame_before_the_camera_changed_its_size(watch):
    bench = watch.bench
    headers = [bench.header(), bench.header()]
    for header, nanosec in zip(headers, (100, S // 30), strict=True):
        header.stamp.sec, header.stamp.nanosec = 1001, nanosec
    zoomed = watch.scene().repeat(2, axis=0).repeat(2, axis=1)
    bench.show(zoomed, header=headers[0])
    bench.until(lambda: np.array_equal(bench.worker.view.rgb, zoomed))
    watch.show(headers[1])
    prompt = msg.Prompt(id="old", points=[Point32(x=300.0, y=200.0)])
    prompt.header = headers[0]
    bench.send("/seem_node/prompt", prompt)
    answer = watch.end_of("old")
    assert (answer.code, answer.message) == (answer.DONE, "new instance 2")
    assert not bench.pipeline.monitor.problems.current.get("model")
