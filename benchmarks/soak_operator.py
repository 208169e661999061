"""Camera and operator of the soak run: 30 frames a second, and something asked at random."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import rclpy
from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Point32
from rcl_interfaces.srv import SetParameters
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from std_srvs.srv import SetBool, Trigger

from benchmarks.soak_tally import Tally
from seem_ros import msg, srv
from seem_ros.action import Segment
from seem_ros.demo.footage import Clip
from seem_ros.ros import qos
from seem_ros.ros.messages import images, stamps

RATE_HZ = 30.0
PAUSE_S = (0.1, 0.6)  # between two things asked
MOST_OPEN = 5  # more are not asked at a time: one frame shows the answers to all that wait
ANSWER_S = 60.0
"""Whatever is asked must be answered within it."""
ENDS = (msg.PromptStatus.DONE, msg.PromptStatus.REFUSED, msg.PromptStatus.NOT_FOUND)
WORDS = ("red mug", "banana", "bottle", "kettle", "unicorn", "scissors; apple", "", "\x07" * 30)
CHANGES: tuple[tuple[str, Any], ...] = (
    ("lost_score", 0.2), ("lost_score", 0.3), ("max_frame_time", 0.0), ("max_frame_time", 0.3),
    ("click_mode", "new"), ("click_mode", "auto"), ("overlay_quality", 50),
    ("lost_score", 7.0), ("click_mode", "no"),
)  # fmt: skip


class Asking:
    """What was asked and is not answered yet; for any thread."""

    def __init__(self) -> None:
        """Start with nothing asked."""
        self._open: dict[str, float] = {}
        self._count = 0
        self._lock = threading.Lock()

    def ask(self, name: str) -> str:
        """Take note of a question; return a key for it."""
        with self._lock:
            self._count += 1
            key = f"{name}-{time.monotonic_ns()}"
            self._open[key] = time.monotonic()
            return key

    def answer(self, key: str) -> None:
        """Take note of the answer."""
        with self._lock:
            self._open.pop(key, None)

    def take_count(self) -> int:
        """Return how much was asked since the last time."""
        with self._lock:
            count, self._count = self._count, 0
            return count

    @property
    def waiting(self) -> int:
        """How many wait."""
        with self._lock:
            return len(self._open)

    def overdue(self, longest_s: float = ANSWER_S) -> list[str]:
        """Return, once each, what has waited too long."""
        now_s = time.monotonic()
        with self._lock:
            late = [key for key, asked_s in self._open.items() if now_s - asked_s > longest_s]
            for key in late:
                del self._open[key]
        return [f"{key} was not answered within {longest_s:.0f} s" for key in late]


class SoakOperator:
    """A node that shows the clip and asks at random, each in a thread of its own.

    Attributes:
        tally: judges what comes back.
        asking: what waits for an answer.

    """

    def __init__(self, seed: int) -> None:
        """Create the node; nothing is shown before `start`."""
        clip = Clip()
        frames = [clip[position] for position in range(len(clip))]
        self._truths = [np.asarray(frame.truth) for frame in frames]
        header = Header(frame_id="camera")
        self._images = [images.image_message(frame.rgb, "rgb8", header) for frame in frames]
        self.tally, self.asking = Tally(self._truths), Asking()
        self._random = random.Random(seed)
        self._position = 0
        self._ended = threading.Event()
        self._waiting = False
        self.node = rclpy.create_node("soak_operator")
        publish = self.node.create_publisher
        self._image = publish(Image, "image", qos.newest())
        self._prompts = publish(msg.Prompt, "seem_node/prompt", qos.reliable(100))
        self._kinds: dict[str, Any] = {
            "list_instances": srv.ListInstances, "add_prompt": srv.AddPrompt,
            "select_target": srv.SelectTarget, "remove_instances": srv.RemoveInstances,
            "rename_instance": srv.RenameInstance, "next_reading": srv.NextReading,
            "segment_image": srv.SegmentImage, "undo": Trigger, "reset": Trigger,
            "enable": SetBool, "set_parameters": SetParameters,
        }  # fmt: skip
        self._clients: dict[str, Any] = {
            name: self.node.create_client(kind, f"seem_node/{name}")
            for name, kind in self._kinds.items()
        }
        self._goals: Any = ActionClient(self.node, Segment, "seem_node/segment")
        listen = self.node.create_subscription
        listen(Image, "seem_node/label_image", self._on_labels, qos.newest(5))
        listen(msg.InstanceArray, "seem_node/instances", self._on_record, qos.newest(5))
        listen(Image, "seem_node/overlay", lambda message: None, qos.newest())
        listen(msg.PromptStatus, "seem_node/prompt_status", self._on_status, qos.reliable(200))
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self._threads = [
            threading.Thread(target=work, daemon=True)
            for work in (self._executor.spin, self._show, self._ask)
        ]

    def start(self, patience_s: float) -> None:
        """Wait for the node, then show and ask.

        Raises:
            TimeoutError: the node does not come.

        """
        end_s = time.monotonic() + patience_s
        while not (self._prompts.get_subscription_count() and self._goals.server_is_ready()):
            if time.monotonic() > end_s:
                raise TimeoutError("seem_node is not ready")
            time.sleep(0.1)
        for thread in self._threads:
            thread.start()

    def finish(self) -> list[str]:
        """Ask no more, wait for what is open, and return what was never answered."""
        self._waiting = True
        end_s = time.monotonic() + ANSWER_S
        while self.asking.waiting and time.monotonic() < end_s:
            time.sleep(0.1)
        return self.tally.take().findings + self.asking.overdue(0.0)

    def stop(self) -> None:
        """End the threads and destroy the node."""
        self._ended.set()
        self._executor.shutdown()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        self.node.destroy_node()

    def _show(self) -> None:
        """Play the clip forth and back, so that it never jumps."""
        step, next_s = 1, time.monotonic()
        while not self._ended.is_set():
            if not 0 <= self._position + step < len(self._images):
                step = -step
            self._position += step
            message, stamp_ns = self._images[self._position], time.time_ns()
            message.header.stamp = stamps.to_time(stamp_ns)
            self.tally.show(stamp_ns, self._position)
            self._image.publish(message)
            next_s = max(next_s + 1 / RATE_HZ, time.monotonic())
            self._ended.wait(next_s - time.monotonic())

    def _on_labels(self, message: Image) -> None:
        self.tally.judge(stamps.to_ns(message.header.stamp), images.to_labels(message))

    def _on_record(self, message: msg.InstanceArray) -> None:
        """Judge the masks of the instances that are sure, where they are in the record."""
        labels = np.zeros((message.height, message.width), np.uint16)
        for item in message.instances:
            if item.state == item.TRACKED and item.mask.data:
                y, x = item.roi.y_offset, item.roi.x_offset
                mask = images.to_mask(item.mask)
                labels[y : y + item.roi.height, x : x + item.roi.width][mask] = item.id
        self.tally.judge_sure(stamps.to_ns(message.header.stamp), labels)

    def _on_status(self, message: msg.PromptStatus) -> None:
        if message.code in ENDS:
            self.asking.answer(message.id)

    def _ask(self) -> None:
        """Do one thing after another, each as often as its number says."""
        actions: dict[Callable[[], None], int] = {
            self._click: 8, self._correct: 4, self._say: 2, self._send_nonsense: 3,
            self._call: 6, self._change: 3, self._pursue: 2, self._start_over: 1,
        }  # fmt: skip
        while not self._ended.wait(self._random.uniform(*PAUSE_S)):
            if not self._waiting and self.asking.waiting < MOST_OPEN:
                self._random.choices(list(actions), list(actions.values()))[0]()

    def _send(self, name: str, prompt: msg.Prompt) -> str:
        prompt.id = self.asking.ask(name)
        self._prompts.publish(prompt)
        return str(prompt.id)

    def _spot(self) -> Point32:
        """Return a pixel of a thing that is in view."""
        truth = self._truths[self._position]
        thing = self._random.choice([int(number) for number in np.unique(truth) if number])
        ys, xs = np.nonzero(truth == thing)
        k = self._random.randrange(len(xs))
        return Point32(x=float(xs[k]), y=float(ys[k]))

    def _click(self) -> None:
        self._send("click", msg.Prompt(points=[self._spot()]))

    def _correct(self) -> None:
        modes = (msg.Prompt.REFINE, msg.Prompt.REPLACE, msg.Prompt.REMOVE, msg.Prompt.SELECT)
        mode, number = self._random.choice(modes), self._random.randrange(12)
        points = [self._spot()] if mode in (msg.Prompt.REFINE, msg.Prompt.REPLACE) else []
        labels = [self._random.randrange(2) for _ in points]
        self._send("correct", msg.Prompt(
            mode=mode, instance_id=number, points=points, point_labels=labels
        ))  # fmt: skip

    def _say(self) -> None:
        watch = self._random.random() < 0.2
        self._send("text", msg.Prompt(text=self._random.choice(WORDS), track=watch))

    def _send_nonsense(self) -> None:
        self._send("nonsense", self._random.choice((
            msg.Prompt(points=[Point32(x=float("nan"))]), msg.Prompt(mode=99),
            msg.Prompt(points=[Point32(x=9e9)]), msg.Prompt(), msg.Prompt(image_width=5),
            msg.Prompt(text="x" * 20000), msg.Prompt(boxes=[msg.Box()]),
            msg.Prompt(mask=Image(height=3, width=3, encoding="mono8")),
        )))  # fmt: skip

    def _call(self) -> None:
        name = self._random.choice([name for name in self._kinds if name != "set_parameters"])
        fields: dict[str, Any] = {
            "add_prompt": {"prompt": msg.Prompt(points=[self._spot()])},
            "select_target": {"instance_id": self._random.randrange(9)},
            "remove_instances": {"instance_ids": [self._random.randrange(1, 9)]},
            "rename_instance": {"label": self._random.choice(WORDS)},
            "segment_image": {
                "image": self._images[self._position], "prompt": msg.Prompt(text="banana"),
            },
            "enable": {"data": False},
        }  # fmt: skip
        self._request(name, **fields.get(name, {}))
        if name == "enable":
            self._request("enable", data=True)

    def _change(self) -> None:
        name, value = self._random.choice(CHANGES)
        self._request(
            "set_parameters", parameters=[Parameter(name, value=value).to_parameter_msg()]
        )

    def _start_over(self) -> None:
        self._request("reset")

    def _request(self, name: str, **fields: Any) -> None:
        key = self.asking.ask(name)
        future = self._clients[name].call_async(self._kinds[name].Request(**fields))
        future.add_done_callback(lambda _: self.asking.answer(key))

    def _pursue(self) -> None:
        """Send a goal; cancel it sometimes."""
        key = self.asking.ask("goal")
        goal = Segment.Goal(prompt=msg.Prompt(points=[self._spot()]), timeout=Duration(sec=20))
        cancels = self._random.random() < 0.3

        def taken(future: Any) -> None:
            handle = future.result()
            if not handle.accepted:
                self.asking.answer(key)
                return
            handle.get_result_async().add_done_callback(lambda _: self.asking.answer(key))
            if cancels:
                handle.cancel_goal_async()

        self._goals.send_goal_async(goal).add_done_callback(taken)
