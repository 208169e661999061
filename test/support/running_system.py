"""seem_node as a process, with a camera that shows the demo clip and an operator beside it."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import rclpy

from seem_ros import resources
from seem_ros.demo.footage import Clip, DemoImage
from seem_ros.demo.node_process import NodeProcess
from seem_ros.demo.operator_node import Answers, OperatorNode
from seem_ros.msg import PromptStatus
from seem_ros.prompts import Prompt

PATIENCE_S = 120.0  # a limit for failing, never for passing: loaded machines are slow
_numbers = itertools.count(1)


class RunningSystem:
    """Starts the node, ends it, and does what a camera and an operator do.

    Attributes:
        clip: the demo clip.
        answers: the node's to the newest picture.

    """

    def __init__(self, folder: Path) -> None:
        """Prepare; the node's log goes into a folder."""
        parameters = ("-p", "publish_masks:=true", "-p", "device:=cpu")
        seem_yaml = resources.config_path("seem.yaml")
        self.node = NodeProcess(seem_yaml, folder / "seem_node.log", parameters)
        self.clip = Clip()
        self.answers = Answers()
        self._stamp_ns = 1_700_000_000_000_000_007

    def __enter__(self) -> RunningSystem:
        """Start the node and the operator."""
        self.node.__enter__()
        self.operator = OperatorNode(is_alive=lambda: self.node.exit_code is None)
        return self

    def __exit__(self, *error: Any) -> None:
        """End both."""
        self.operator.destroy()
        self.node.__exit__(*error)

    def start_over(self) -> None:
        """Forget everything and show the first frame."""
        self.operator.reset(PATIENCE_S)
        self._stamp_ns += 10_000_000_000
        self.show(self.clip[0])

    def show(self, picture: DemoImage) -> Answers:
        """Show the next camera image, a fifteenth of a second later."""
        self._stamp_ns += 66_666_667
        self.answers = self.operator.show(
            picture, self._stamp_ns, self.clip.intrinsics, PATIENCE_S
        )
        return self.answers

    def ask(self, **fields: Any) -> PromptStatus:
        """Give a Prompt with these fields on the newest picture, and return how it ended."""
        prompt = dataclasses.replace(
            Prompt(**fields), id=f"test-{next(_numbers)}", stamp_ns=self._stamp_ns
        )
        status, self.answers, _ = self.operator.ask(prompt, PATIENCE_S)
        assert status.id == prompt.id
        return status

    def call(self, kind: type[Any], name: str, **fields: Any) -> Any:
        """Call a service of the node."""
        client = self.operator.node.create_client(kind, f"seem_node/{name}")
        assert client.wait_for_service(PATIENCE_S), f"no service {name}"
        future = client.call_async(kind.Request(**fields))
        rclpy.spin_until_future_complete(self.operator.node, future, timeout_sec=PATIENCE_S)
        assert future.done(), f"{name} did not answer"
        return future.result()

    def mask_of(self, mesh: str) -> np.ndarray:
        """Return the (H, W) bool truth of an object in the clip's first frame."""
        return self.clip[0].truth == self.clip.id_of(mesh)

    @property
    def ids(self) -> list[int]:
        """The ids in the newest record."""
        return [instance.id for instance in self.answers.instances.instances]

    @property
    def target_mask(self) -> np.ndarray:
        """(H, W) uint8, 0 or 255."""
        message = self.answers.messages["target_mask"]
        return np.frombuffer(message.data, np.uint8).reshape(message.height, message.width)
