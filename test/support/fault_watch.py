"""What must hold after any fault, seen from outside: right masks, answers, and new ids."""

from __future__ import annotations

from typing import Any

import numpy as np
from geometry_msgs.msg import Point32
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from seem_ros import msg
from seem_ros.ros.messages import images, stamps
from support.flood_segmenter import COLOURS, draw_scene
from support.node_bench import Bench

ENDS = (msg.PromptStatus.DONE, msg.PromptStatus.REFUSED, msg.PromptStatus.NOT_FOUND)
RED = COLOURS["red"]


class FaultWatch:
    """Shows a red plate that is elsewhere in each frame, and judges all that comes back.

    Args:
        bench: with an active node.

    """

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.labels = bench.listen("/seem_node/label_image", Image)
        self.records = bench.listen("/seem_node/instances", msg.InstanceArray)
        self.answers = bench.listen("/seem_node/prompt_status", msg.PromptStatus)
        self.shown: dict[int, list[np.ndarray]] = {}  # stamp -> true masks of the frames with it
        self.asked: list[str] = []
        self.made: list[int] = []
        self.frame = 0

    def scene(self, height: int = 120, width: int = 160) -> np.ndarray:
        """Return the next frame: the plate went one pixel on, or starts again."""
        self.frame += 1
        x = 20 + self.frame % 40
        return draw_scene([("red", (x, 30, x + 40, 80))], height, width)

    def note(self, rgb: np.ndarray, header: Header) -> None:
        """Take note of a frame before it is shown."""
        truth = (rgb == RED).all(axis=2)
        self.shown.setdefault(stamps.to_ns(header.stamp), []).append(truth)

    def show(self, header: Header | None = None, **size: int) -> np.ndarray:
        """Show the next frame, wait until the node works on it, and return its true mask."""
        rgb, header = self.scene(**size), header or self.bench.header()
        self.note(rgb, header)
        self.bench.show(rgb, header=header)
        self.bench.until(
            lambda: self.bench.worker.view and np.array_equal(self.bench.worker.view.rgb, rgb)
        )
        return (rgb == RED).all(axis=2)

    def ask(self, **fields: Any) -> str:
        """Send a prompt; return its id."""
        self.asked.append(f"asked-{len(self.asked)}")
        self.bench.send("/seem_node/prompt", msg.Prompt(id=self.asked[-1], **fields))
        return self.asked[-1]

    def click(self) -> str:
        """Ask for the plate."""
        return self.ask(points=[Point32(x=60.0, y=50.0)], label="plate")

    def end_of(self, prompt_id: str) -> msg.PromptStatus:
        """Wait for the end of a prompt."""
        return self.answers.wait(lambda answer: answer.id == prompt_id and answer.code in ENDS)

    def begin(self) -> FaultWatch:
        """Follow the plate, as before any fault."""
        self.frame = 15  # so that the click is inside
        self.show()
        self.made.append(self.end_of(self.click()).instance_id)
        assert self.made == [1]
        return self

    def all_is_well(self) -> None:
        """Check that all was answered, nothing stale was published, and the next frames are right.

        The plate is then given up and clicked again: that is a new instance.
        """
        for prompt_id in self.asked:
            self.end_of(prompt_id)
        ends = [answer.id for answer in self.answers.messages if answer.code in ENDS]
        assert len(ends) == len(set(ends)), "answered twice"
        self._next_frame_is_right(self.made[-1])
        self.end_of(self.ask(mode=msg.Prompt.REMOVE, instance_id=self.made[-1]))
        self.frame = 15
        self.show()
        again = self.end_of(self.click())
        assert again.code == msg.PromptStatus.DONE, again.message
        assert again.instance_id > max(self.made)
        self.made.append(again.instance_id)
        self._next_frame_is_right(again.instance_id)
        for message in self.labels.messages:
            self._is_of_its_frame(message)

    def _next_frame_is_right(self, instance_id: int) -> None:
        truth = self.show()
        stamp = max(self.shown, key=lambda stamp_ns: list(self.shown).index(stamp_ns))
        right = truth * np.uint16(instance_id)
        self.labels.wait(
            lambda message: (
                stamps.to_ns(message.header.stamp) == stamp
                and np.array_equal(images.to_labels(message), right)
            )
        )

    def _is_of_its_frame(self, message: Image) -> None:
        """A mask is none, or exactly what is red in a frame that had this stamp.

        One of an instance that says itself that it is uncertain was carried on from the frame
        before: nothing of it was seen.
        """
        records = [record for record in self.records.messages if record.header == message.header]
        states = {item.state for record in records for item in record.instances}
        if msg.Instance.UNCERTAIN in states:
            return
        truths = self.shown[stamps.to_ns(message.header.stamp)]
        mask = images.to_labels(message) > 0
        assert not mask.any() or any(
            mask.shape == truth.shape and np.array_equal(mask, truth) for truth in truths
        ), f"a mask of another frame at {message.header.stamp}"
