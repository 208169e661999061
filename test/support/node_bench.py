"""Run seem_node in this process and talk to it as an operator would, through DDS only."""

from __future__ import annotations

import contextlib
import gc
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import rclpy
from rclpy.action import ActionClient
from rclpy.executors import Executor, ExternalShutdownException, SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from seem_ros.ros import qos
from seem_ros.ros.messages import images
from seem_ros.ros.node.executor import NodeExecutor
from seem_ros.ros.node.loaded_model import LoadedModel, tracker_config
from seem_ros.ros.node.parameters import NodeParameters
from seem_ros.ros.node.pipeline import Pipeline
from seem_ros.ros.node.seem_node import SeemNode
from seem_ros.ros.node.worker import Worker
from seem_ros.segmenting.question import Question
from seem_ros.tracker import Tracker
from support.flood_segmenter import FloodPicture, FloodSegmenter, draw_scene

PATIENCE_S = 20.0  # a limit for failing, never for passing: loaded machines are slow
RED, GREEN = ("red", (20, 30, 60, 80)), ("green", (90, 30, 140, 90))
SCENE = draw_scene([RED, GREEN])


class GatedSegmenter(FloodSegmenter):
    """A FloodSegmenter that stops inside the model while its gate is closed."""

    def __init__(self) -> None:
        """Start with the gate open."""
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()
        self.inside = threading.Event()
        self.fault: Exception | None = None

    def look(self, rgb: np.ndarray, detail: float = 1.0) -> FloodPicture:
        """Wait at the gate, fail if told to, else look."""
        self.inside.set()
        assert self.gate.wait(PATIENCE_S)
        if self.fault is not None:
            raise self.fault
        return super().look(rgb, detail)

    def asked(self, questions: Sequence[Question]) -> None:
        """Fail if told to, else let the picture answer."""
        if self.fault is not None:
            raise self.fault
        super().asked(questions)


class Received:
    """Collects the messages of one topic."""

    def __init__(self) -> None:
        """Start empty."""
        self.messages: list[Any] = []
        self._changed = threading.Condition()

    def add(self, message: Any) -> None:
        """Take one message; the subscription's callback."""
        with self._changed:
            self.messages.append(message)
            self._changed.notify_all()

    def wait(self, wanted: Callable[[Any], bool] = lambda message: True) -> Any:
        """Return the first message that is wanted, from the first one on; fail without one."""
        with self._changed:
            found = self._changed.wait_for(
                lambda: next((item for item in self.messages if wanted(item)), None), PATIENCE_S
            )
        assert found is not None, f"no such message; there were {self.messages}"
        return found


class Bench:
    """A seem_node, an operator's node, and a thread each that spins them."""

    def __init__(self, remap: dict[str, str] | None = None, **parameters: Any) -> None:
        """Create both nodes; seem_node gets remapped topics and parameters."""
        gc.collect()  # a node that could not be made is seen by others until its memory is free
        self.segmenter = GatedSegmenter()
        overrides = [Parameter(name, value=value) for name, value in parameters.items()]
        rules = [word for old, new in (remap or {}).items() for word in ("-r", f"{old}:={new}")]
        self.node = SeemNode(
            lambda values: self.load(values),
            parameter_overrides=overrides,
            cli_args=["--ros-args", *rules],
        )
        self.operator = rclpy.create_node("operator")
        self._executors = [NodeExecutor(len(self.node.cameras)), SingleThreadedExecutor()]
        self._threads: list[threading.Thread] = []
        self._publishers: dict[str, Any] = {}
        self._stamp = 0

    def load(self, parameters: NodeParameters) -> LoadedModel:
        """Make the node's model of the flood segmenter."""
        tracker = Tracker(self.segmenter, tracker_config(parameters))
        return LoadedModel(self.segmenter, tracker, parameters.model, "cpu")

    def __enter__(self) -> Bench:
        """Start spinning."""
        for executor, node in zip(self._executors, (self.node, self.operator), strict=True):
            executor.add_node(node)
            thread = threading.Thread(target=_spin, args=(executor,), daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(self, *unused: object) -> None:
        """Open the gate, stop the node, destroy everything."""
        self.segmenter.gate.set()
        if self.node.cameras.pipelines:
            self.node.trigger_shutdown()
        for executor in self._executors:
            executor.shutdown()
        for thread in self._threads:
            thread.join(PATIENCE_S)
        for node in (self.node, self.operator):
            node.destroy_node()
        # rclpy leaves it to the garbage collector; until then others see the node.
        self.node._state_machine.destroy_when_not_in_use()

    @property
    def worker(self) -> Worker:
        """The worker of the configured node's only camera, or of the first."""
        return self.pipeline.worker

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline of that camera."""
        return self.node.cameras.pipelines[0]

    def worker_of(self, camera: str) -> Worker:
        """Return the worker of a named camera."""
        names = self.node.parameters.cameras
        return self.node.cameras.pipelines[names.index(camera)].worker

    def activate(self) -> None:
        """Bring the node up."""
        self.node.trigger_configure()
        self.node.trigger_activate()

    def listen(self, topic: str, kind: type[Any], quality: QoSProfile | None = None) -> Received:
        """Subscribe to a topic and wait until the node's publisher knows of it."""
        received = Received()
        self.operator.create_subscription(kind, topic, received.add, quality or qos.reliable(100))
        self.until(lambda: self.operator.count_publishers(topic) > 0)
        name = self.operator.resolve_topic_name(topic)
        publishers = [item for item in self.node.publishers if item.topic_name == name]
        self.until(lambda: all(item.get_subscription_count() for item in publishers))
        return received

    def listen_only(
        self, topic: str, kind: type[Any], quality: QoSProfile | None = None
    ) -> Received:
        """Subscribe to a topic that need not have a publisher yet."""
        inbox = Received()
        self.operator.create_subscription(kind, topic, inbox.add, quality or qos.reliable(100))
        return inbox

    def send(self, topic: str, message: Any, quality: QoSProfile | None = None) -> None:
        """Publish once somebody listens."""
        if topic not in self._publishers:
            publisher = self.operator.create_publisher(
                type(message), topic, quality or qos.reliable()
            )
            self._publishers[topic] = publisher
        publisher = self._publishers[topic]
        self.until(lambda: publisher.get_subscription_count() > 0)
        publisher.publish(message)

    def header(self) -> Header:
        """Return the header of the next camera image."""
        self._stamp += 1
        header = Header(frame_id="camera_optical_frame")
        header.stamp.sec, header.stamp.nanosec = 1000 + self._stamp, 5
        return header

    def show(
        self,
        rgb: np.ndarray = SCENE,
        encoding: str = "",
        header: Header | None = None,
        camera: str = "",
    ) -> Image:
        """Publish an image of the only camera, or of a named one, and return it."""
        message = images.image_message(rgb, "rgb8", header or self.header())
        message.encoding = encoding or message.encoding
        self.send(f"/{camera}/image" if camera else "/image", message)
        return message

    def see(
        self, rgb: np.ndarray = SCENE, header: Header | None = None, camera: str = ""
    ) -> Image:
        """Publish a camera image, wait until the node has worked on it, and return it."""
        message = self.show(rgb, header=header, camera=camera)
        worker = self.worker_of(camera) if camera else self.worker
        self.until(lambda: worker.view and worker.view.header == message.header)
        return message

    def call(self, name: str, kind: type[Any], /, **fields: Any) -> Any:
        """Call a service of the node and return its response."""
        return self.call_async(name, kind, **fields).wait()

    def call_async(self, name: str, kind: type[Any], /, **fields: Any) -> Answer:
        """Call a service of the node; return what will be its response."""
        client = self.operator.create_client(kind, name)
        assert client.wait_for_service(PATIENCE_S), f"no service {name}"
        return Answer(client.call_async(kind.Request(**fields)))

    def action_client(self, name: str, kind: type[Any]) -> ActionClient:
        """Return a client that has found its server.

        It is made on the executor's thread, because rclpy shows it to the executor half made.
        """
        make = self._executors[1].create_task(ActionClient, self.operator, kind, name)
        client = Answer(make).wait()
        assert client.wait_for_server(PATIENCE_S)
        return client

    @staticmethod
    def until(condition: Callable[[], bool]) -> None:
        """Wait for a condition; fail when it does not come true."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.01)


@contextlib.contextmanager
def spun_node(name: str) -> Iterator[rclpy.node.Node]:
    """Yield a plain node that is spun in a thread."""
    node = rclpy.create_node(name)
    with spinning(node):
        yield node
    node.destroy_node()


@contextlib.contextmanager
def spinning(node: rclpy.node.Node) -> Iterator[None]:
    """Spin a node in a thread."""
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    thread = threading.Thread(target=_spin, args=(executor,), daemon=True)
    thread.start()
    yield
    executor.shutdown()
    thread.join()


def _spin(executor: Executor) -> None:
    with contextlib.suppress(ExternalShutdownException):
        executor.spin()


class Answer:
    """The result of an rclpy future, waited for outside the executor's thread."""

    def __init__(self, future: Any) -> None:
        """Wrap a future."""
        self._future = future
        self._done = threading.Event()
        future.add_done_callback(lambda _: self._done.set())

    @property
    def done(self) -> bool:
        """Whether the result is there."""
        return self._done.is_set()

    def within(self, seconds: float) -> bool:
        """Wait for so long at most, and tell whether the result is there."""
        return self._done.wait(seconds)

    def wait(self) -> Any:
        """Return the result; fail without one."""
        assert self._done.wait(PATIENCE_S), "no answer"
        return self._future.result()
