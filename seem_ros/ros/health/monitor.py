"""How the node is doing: counters, rates, problems, and the state that follows from them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seem_ros import msg
from seem_ros.ros.health.headers import HeaderWatch
from seem_ros.ros.health.lifecycle import Lifecycle
from seem_ros.ros.health.meters import Meter
from seem_ros.ros.health.problems import Problems
from seem_ros.ros.messages.frame_result import FrameResult
from seem_ros.ros.one_line import one_line

if TYPE_CHECKING:
    from std_msgs.msg import Header

INPUT, IMAGE, MODEL, QOS = "input", "image", "model", "qos"
BLANK, HEADERS, PUBLISHERS = "blank", "headers", "publishers"
NAME_TAKEN = "name"
REFUSAL_SHOWN_S = 4.0
_STOPPING = (MODEL, IMAGE)
_WORDS = {
    msg.Status.WAITING: "ready, waiting for the first image",
    msg.Status.RUNNING: "running",
    msg.Status.STALE: "images stopped coming",
    msg.Status.DISABLED: "switched off by ~/enable",
}
_NOBODY = "check that the camera runs, the topic's name (remap {name}:=…) and image_transport"
_UNHEARD = (
    "somebody publishes there, but nothing arrives: does the camera deliver? Containers on one "
    "host have to share /dev/shm (docker: --ipc=host)"
)
_BLANK = (
    "the image is blank, all one colour: is the lens covered, or the exposure wrong? Of a 16-bit "
    "camera that uses fewer bits set bit_depth"
)


@dataclass
class Monitor:
    """What is known about the node's health; times are monotonic seconds.

    Attributes:
        problems: what is wrong now, by subject.
        model: name of the model.
        device: where it runs, e.g. "cpu" or "cuda:0".
        image_topic: full name of the camera topic.
        image_name: what is to be remapped where that is wrong.
        enabled: images are segmented.
        lifecycle: where the node is in it.
        received_s: when the last image came, None before the first.
        waiting_s: since when images can come.
        heard: last sentence of the voice node.
        input: one event an image received.
        latency: one event an image published, its seconds from arrival to publication.
        inference: seconds in the model.
        headers: whether those of the images make sense.
        waiting: instances of the last image that there was no time to look at.
        held: all of it.
        publishers: on the camera topic.
        refusal: why the last refused prompt was, for the overlay.
        refused_s: when.

    """

    problems: Problems
    model: str = ""
    device: str = ""
    image_topic: str = "image"
    image_name: str = "image"
    enabled: bool = True
    lifecycle: Lifecycle = Lifecycle.UNCONFIGURED
    received_s: float | None = None
    waiting_s: float = field(default_factory=time.monotonic)
    heard: str = ""
    input: Meter = field(default_factory=Meter)
    latency: Meter = field(default_factory=Meter)
    inference: Meter = field(default_factory=Meter)
    headers: HeaderWatch = field(default_factory=HeaderWatch)
    waiting: int = 0
    held: int = 0
    publishers: int = 0
    refusal: str = ""
    refused_s: float = 0.0

    def note_start(self) -> None:
        """Note that images can come from now on."""
        self.received_s, self.waiting_s = None, time.monotonic()
        self.headers = HeaderWatch()

    def note_stop(self) -> None:
        """Note that no image can come any more: what was wrong with them is over."""
        kept = (MODEL, NAME_TAKEN)
        self.problems.forget({name for name in self.problems.current if name not in kept})

    def enable(self, enabled: bool) -> None:
        """Note that images are segmented from now on, or that they are not."""
        self.enabled = enabled
        self.note_start()

    @property
    def lack_of_images(self) -> str:
        """Why no image can be worked on at present; empty when images come in or are unwanted."""
        if not self.enabled:
            return ""
        wrong = self.problems.current
        come = self.received_s is not None and INPUT not in wrong and IMAGE not in wrong
        return "" if come else self.message

    def note_image(self, header: Header) -> None:
        """Note that an image with this header came."""
        self.headers.note(header)
        self.received_s = time.monotonic()
        self.input.add()
        self.problems.solved(INPUT)
        self.problems.solved(f"{QOS} {self.image_topic}")

    def note_result(self, result: FrameResult) -> None:
        """Note that the instances of a frame were published."""
        self.waiting, self.held = result.waiting, len(result.instances)
        if result.inference_s:
            self.problems.solved(MODEL)
            self.inference.add(result.inference_s)
        if result.is_new:
            self.problems.solved(IMAGE)
            self.problems.set(BLANK, _BLANK if result.is_blank else "")
            self.latency.add(time.monotonic() - result.received_s)

    @property
    def silence_s(self) -> float:
        """Seconds since the last image, or since images can come."""
        return time.monotonic() - (self.waiting_s if self.received_s is None else self.received_s)

    def check_input(self, timeout_s: float) -> None:
        """Note a problem when no image came for too long, or when their headers make no sense."""
        self.problems.set(HEADERS, self.headers.problem())
        if not self.enabled or self.silence_s <= timeout_s:
            return
        more = "yet" if self.received_s is None else f"for {self.silence_s:.1f} s"
        advice = _UNHEARD if self.publishers else _NOBODY.format(name=self.image_name)
        self.problems.note(INPUT, f"no image on {self.image_topic} {more}: {advice}")

    def note_publishers(self, count: int) -> None:
        """Note how many publishers there are on the camera topic."""
        self.publishers = count
        several = (
            f"{count} publishers on {self.image_topic}: pictures of two cameras are mixed; end "
            f"one, or remap {self.image_name}:=…"
        )
        self.problems.set(PUBLISHERS, several if count > 1 else "")

    @property
    def state(self) -> int:
        """The state, a constant of Status.msg."""
        if any(subject in self.problems.current for subject in _STOPPING):
            return msg.Status.ERROR
        if self.lifecycle is Lifecycle.CONFIGURING:
            return msg.Status.STARTING
        if not (self.enabled and self.lifecycle is Lifecycle.ACTIVE):
            return msg.Status.DISABLED
        if self.received_s is None:
            return msg.Status.WAITING
        return msg.Status.STALE if INPUT in self.problems.current else msg.Status.RUNNING

    def note_refusal(self, reason: str) -> None:
        """Note why a prompt was refused, or that it found nothing."""
        self.refusal, self.refused_s = one_line(reason), time.monotonic()

    @property
    def overlay_line(self) -> str:
        """A refusal of the last seconds, then what is wrong, else the state in words."""
        recent = self.refusal and time.monotonic() - self.refused_s < REFUSAL_SHOWN_S
        return f"refused: {self.refusal}" if recent else self.message

    @property
    def message(self) -> str:
        """What is wrong, else the state in words."""
        if wrong := self.problems.current:
            return "; ".join(wrong.values())
        if self.lifecycle is not Lifecycle.ACTIVE:
            return self.lifecycle.value
        return _WORDS[self.state] + self.waiting_words

    @property
    def waiting_words(self) -> str:
        """What is to be said of instances that wait for their turn, after what else there is."""
        if not self.waiting:
            return ""
        return f"; {self.waiting} of {self.held} instances wait their turn (max_frame_time)"
