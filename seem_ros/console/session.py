"""The door between the page's server and what segments: a tracker here, or a node elsewhere.

A session pushes what happens into `Events`, from whatever thread; the server asks it to do things.
Coordinates are pixels of the camera's image, x right, y down.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from seem_ros.prompts import Prompt

Code = Literal["accepted", "refused", "not_found", "done"]

# Abilities: what a session can do beyond prompts, and the page shows a control for.
RENAME = "rename"  # give an instance the operator's name
RESET = "reset"  # forget all instances
ENABLE = "enable"  # switch segmentation off and on
TEACH = "teach"  # remember what an instance looks like
NEXT_READING = "next_reading"  # prompts of mode NEXT: another reading of the last click
PLAYBACK = "playback"  # pause and go on for everybody: the pictures come from a file
RECORD = "record"  # write a video
TALK = "talk"  # somebody listens to the browser's microphone
COMMANDS = (RENAME, RESET, ENABLE, TEACH, PLAYBACK, RECORD)


@dataclass(frozen=True)
class Thing:
    """One instance as the page shows it.

    Attributes:
        id: 1..65535.
        label: the operator's name.
        class_name: the model's name.
        score: 0..1, how good the mask is believed to be.
        class_score: 0..1, how sure the model's name is.
        state: "tracked", "uncertain" or "lost".
        box: (x0, y0, x1, y1) around the mask, x1 and y1 exclusive; None while lost.
        reading: which reading of its last click it is, from 1; 0 while no others are known.
        readings: how many there are.

    """

    id: int
    label: str = ""
    class_name: str = ""
    score: float = 0.0
    class_score: float = 0.0
    state: str = "tracked"
    box: tuple[int, int, int, int] | None = None
    reading: int = 0
    readings: int = 0


@dataclass(eq=False)
class View:
    """One camera image and what was found in it; pixels are made when somebody wants them.

    Attributes:
        stamp_ns: of the image, nanoseconds.
        size: (height, width) of the image.
        received_s: monotonic time of its arrival, seconds.
        rgb: returns the image, (H, W, 3) uint8 RGB.
        labels: returns the instance ids, (H, W) uint8 or uint16; None where nothing is known.
        jpeg: the image as the camera coded it; empty where it did not.
        things: the instances, by id.
        target_id: the selected one, 0 for none.
        behind_s: how much older than the image the labels and things are, seconds; 0 where they
            belong together.

    """

    stamp_ns: int
    size: tuple[int, int]
    received_s: float
    rgb: Callable[[], np.ndarray]
    labels: Callable[[], np.ndarray] | None = None
    jpeg: bytes = b""
    things: tuple[Thing, ...] = ()
    target_id: int = 0
    behind_s: float = 0.0


@dataclass(frozen=True)
class Notice:
    """What became of a prompt or a command, for all operators.

    Attributes:
        id: of the prompt; empty for a command.
        source: who asked, empty where nobody knows.
        code: "accepted", "refused", "not_found" or "done".
        message: one line for people.
        instance_id: the instance made, changed or removed; 0 for none.

    """

    id: str
    source: str
    code: Code
    message: str
    instance_id: int = 0


@dataclass(frozen=True)
class Heard:
    """What voice_node understood; see Heard.msg."""

    text: str
    is_final: bool
    command: str = ""
    phrase: str = ""
    refusal: str = ""


@dataclass(frozen=True)
class Status:
    """How the segmenter is; rates in Hz, times in seconds; see Status.msg."""

    state: str = "starting"  # starting, waiting, running, stale, disabled, error, silent, paused
    message: str = ""
    model: str = ""
    device: str = ""
    input_rate: float = 0.0
    output_rate: float = 0.0
    latency: float = 0.0
    inference_time: float = 0.0
    received: int = 0
    dropped: int = 0


@dataclass(frozen=True)
class Command:
    """Something to do that is no prompt.

    Attributes:
        name: one of COMMANDS.
        source: which operator asks.
        instance_id: which instance it is about; 0 for none or the selected one.
        text: the new name.
        on: for switches.

    """

    name: str
    source: str = ""
    instance_id: int = 0
    text: str = ""
    on: bool = False


class Events(Protocol):
    """Takes what happens; every method may be called from any thread and returns at once."""

    def on_view(self, view: View) -> None:
        """Take the newest image with what was found in it."""

    def on_prompt(self, prompt: Prompt) -> None:
        """Take note of a prompt that somebody sent."""

    def on_notice(self, notice: Notice) -> None:
        """Take the answer to a prompt or a command."""

    def on_status(self, status: Status) -> None:
        """Take how the segmenter is."""

    def on_heard(self, heard: Heard) -> None:
        """Take what was understood of speech."""

    def on_abilities(self) -> None:
        """Take note that `abilities` or `words` changed."""


class Session(Protocol):
    """What the page's server needs of a segmenter. No method waits for the model."""

    title: str
    history_s: float  # a prompt may be drawn on a picture this much older than the newest

    def start(self, events: Events) -> None:
        """Begin to report what happens."""

    def close(self) -> None:
        """Stop, and join the session's threads."""

    def watch(self, watching: bool) -> None:
        """Make views from now on, or none: nobody looks."""

    def abilities(self) -> frozenset[str]:
        """Return what it can do now, of the abilities above."""

    def words(self) -> tuple[str, ...]:
        """Return names that can be completed in the text field."""

    def send(self, prompt: Prompt) -> None:
        """Send a prompt with an id of its own; its fate comes through the events.

        Raises:
            ValueError: nobody would take it; the message says why.

        """

    def command(self, command: Command) -> Future[str]:
        """Carry out a command; the result says what was done, or is a ValueError with why not."""

    def hear(self, samples: bytes) -> None:
        """Pass on sound: int16 little endian, mono, 16 kHz."""

    def saved(self, name: str) -> bytes:
        """Return a file that was recorded.

        Raises:
            ValueError: there is none of this name.

        """
