"""A session over the topics and services of a running seem_node, which may come and go.

Images, records and labels are subscribed to only while somebody looks, and with best effort: the
node never waits for the console.
"""

from __future__ import annotations

import array
import contextlib
import time
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Int16MultiArray

from seem_ros import msg
from seem_ros.console import session as door
from seem_ros.console.session import Command, Events, Status, View
from seem_ros.prompts import Prompt
from seem_ros.ros import qos
from seem_ros.ros.console import views
from seem_ros.ros.console.matching import IMAGE, LABELS, RECORD, Matcher
from seem_ros.ros.console.parameters import ConsoleParameters
from seem_ros.ros.console.services import NodeServices
from seem_ros.ros.messages import stamps
from seem_ros.ros.messages.prompt_messages import prompt_from_message, prompt_to_message
from seem_ros.ros.takers import are_taken
from seem_ros.tracking.frames import HISTORY_S

_CHECK_S = 0.5
_SILENT_S = 5.0  # without any ~/status; more where its period is longer
_REMEMBERED = 200  # prompts whose sender is known


class RosSession:
    """Its callbacks run on the executor's thread; the methods of Session may run on any."""

    def __init__(self, node: Node, parameters: ConsoleParameters, words: tuple[str, ...]) -> None:
        """Make the publishers, clients and subscriptions that cost nothing.

        Args:
            node: of all these.
            parameters: what to look at.
            words: names for completion.

        """
        self._segmenter = segmenter = parameters.segmenter
        self.title = node.resolve_topic_name(segmenter).lstrip("/")
        self.history_s = HISTORY_S
        self._node = node
        self._parameters = parameters
        self._words = words
        self._taught: tuple[str, ...] = ()
        self._events: Events | None = None
        self._matcher = Matcher()
        self._newest: tuple[Any, float]  # image message, when it came
        self._last: View | None = None
        self._watched: list[Any] = []
        self._wants = False
        self._senders: OrderedDict[str, str] = OrderedDict()
        self._abilities: frozenset[str] = frozenset()
        self._status = Status()
        self._was_silent = False
        self._heard_of_s, self._period_s = time.monotonic(), 0.0
        self._prompts = node.create_publisher(msg.Prompt, f"{segmenter}/prompt", qos.reliable())
        self._audio = node.create_publisher(Int16MultiArray, "audio", qos.reliable(100))
        self._services = NodeServices(node, segmenter)
        for topic, kind, take, quality in (
            (f"{segmenter}/prompt", msg.Prompt, self._on_prompt, qos.reliable()),
            (f"{segmenter}/prompt_status", msg.PromptStatus, self._on_answer, qos.reliable()),
            (f"{segmenter}/status", msg.Status, self._on_status, qos.latched()),
            (f"{parameters.voice}/heard", msg.Heard, self._on_heard, qos.reliable()),
        ):
            node.create_subscription(kind, topic, take, quality)
        node.create_timer(_CHECK_S, self._check)

    def start(self, events: Events) -> None:
        """Report what happens from now on."""
        self._events = events

    def close(self) -> None:
        """Report nothing more; what belongs to the node goes with it."""
        self._events = None

    def watch(self, watching: bool) -> None:
        """Subscribe to the images while somebody looks."""
        self._wants = watching
        executor = self._node.executor
        if executor is not None:  # None: nobody spins the node, so nothing would come
            executor.create_task(self._follow)

    def abilities(self) -> frozenset[str]:
        """Return what node and voice_node offer now."""
        return self._abilities

    def words(self) -> tuple[str, ...]:
        """Return names for completion, first those that were taught."""
        return tuple(dict.fromkeys((*self._taught, *self._words)))

    def _know_taught(self, names: tuple[str, ...]) -> None:
        if names != self._taught:
            self._taught = names
            if self._events is not None:
                self._events.on_abilities()

    def send(self, prompt: Prompt) -> None:
        """Publish a prompt.

        Raises:
            ValueError: no node takes prompts.

        """
        if not self._is_there():
            raise ValueError(f"{self._segmenter} does not answer: is it running and active?")
        self._remember(prompt.id, prompt.source)
        if self._events is not None:
            self._events.on_prompt(prompt)
        self._prompts.publish(prompt_to_message(prompt))

    def command(self, command: Command) -> Future[str]:
        """Call the service of a command."""
        return self._services.call(command)

    def hear(self, samples: bytes) -> None:
        """Publish sound for voice_node."""
        data = array.array("h")
        data.frombytes(samples)
        self._audio.publish(Int16MultiArray(data=data))

    def saved(self, name: str) -> bytes:
        """Refuse: a robot records with `ros2 bag`."""
        raise ValueError("no video is recorded here: ros2 bag record does that")

    def _follow(self) -> None:
        """Make or destroy the subscriptions that cost something."""
        if self._wants == bool(self._watched):
            return
        self._matcher.clear()
        if not self._wants:
            for subscription in self._watched:
                self._node.destroy_subscription(subscription)
            self._watched = []
            return
        make = self._node.create_subscription
        is_raw = self._parameters.image_transport == "raw"
        kind, topic = (Image, "image") if is_raw else (CompressedImage, "image/compressed")
        record, labels = f"{self._segmenter}/instances", f"{self._segmenter}/label_image"
        self._watched = [
            make(kind, topic, self._on_image, qos.newest()),
            make(msg.InstanceArray, record, self._on_record, qos.newest(5)),
            make(Image, labels, self._on_labels, qos.newest(5)),
        ]

    def _on_image(self, message: Any) -> None:
        stamp_ns = stamps.to_ns(message.header.stamp)
        self._newest = (message, time.monotonic())
        self._take(self._matcher.add(stamp_ns, IMAGE, self._newest, len(message.data)))
        if not self._matcher.is_patient():
            self._show_live()

    def _on_record(self, message: Any) -> None:
        self._take(self._matcher.add(stamps.to_ns(message.header.stamp), RECORD, message))

    def _on_labels(self, message: Any) -> None:
        self._take(self._matcher.add(stamps.to_ns(message.header.stamp), LABELS, message))

    def _take(self, whole: dict[str, Any] | None) -> None:
        if whole is None:
            return
        image, received_s = whole.get(IMAGE) or self._newest
        self._last = views.whole_view(image, received_s, whole[RECORD], whole[LABELS])
        if whole["timely"]:
            self._show(self._last)
        else:
            self._show_live()

    def _show_live(self) -> None:
        """Show the newest image with the masks of an older one: the model is slow, or away."""
        try:
            self._show(views.live_view(*self._newest, self._last))
        except ValueError as error:
            self._node.get_logger().warning(f"image: {error}", throttle_duration_sec=10.0)

    def _show(self, view: View) -> None:
        if self._events is not None:
            self._events.on_view(view)

    def _on_prompt(self, message: Any) -> None:
        """Show what others ask: voice, shells, programs, other consoles."""
        if message.id in self._senders or self._events is None:
            return
        if message.id:
            self._remember(message.id, message.source)
        message.mask = message.example_image = message.example_mask = Image()
        with contextlib.suppress(ValueError):  # the node refuses it, and says why
            self._events.on_prompt(prompt_from_message(message))

    def _on_answer(self, message: Any) -> None:
        if self._events is not None:
            sender = self._senders.get(message.id, "")
            self._events.on_notice(views.notice_of(message, sender))

    def _remember(self, prompt_id: str, source: str) -> None:
        self._senders[prompt_id] = source
        while len(self._senders) > _REMEMBERED:
            self._senders.popitem(last=False)

    def _on_heard(self, message: Any) -> None:
        if self._events is not None:
            self._events.on_heard(views.heard_of(message))

    def _on_status(self, message: Any) -> None:
        now_s = time.monotonic()
        self._period_s, self._heard_of_s = now_s - self._heard_of_s, now_s
        self._status = views.status_of(message)
        self._tell_status()

    def _tell_status(self) -> None:
        """Say how the node is: silent as long as a prompt would not reach it."""
        self._was_silent = self._is_silent()
        if self._events is not None:
            gone = replace(self._status, state="silent", message=f"{self._segmenter} is not there")
            self._events.on_status(gone if self._was_silent else self._status)

    def _check(self) -> None:
        """Look which services are there, and whether the node still speaks."""
        if self._events is None:
            return
        self._services.ask_taught(self._know_taught)
        found = self._services.ready()
        if self._audio.get_subscription_count():
            found |= {door.TALK}
        if found != self._abilities:
            self._abilities = found
            self._events.on_abilities()
        if self._was_silent or self._is_silent():
            self._tell_status()

    def _is_silent(self) -> bool:
        silence_s = time.monotonic() - self._heard_of_s
        return not self._is_there() or silence_s > max(_SILENT_S, 3 * self._period_s)

    def _is_there(self) -> bool:
        return are_taken(self._node, self._segmenter, self._prompts)
