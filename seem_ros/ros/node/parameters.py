"""The parameters of seem_node, and what may change while it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rcl_interfaces.msg import SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter

from seem_ros.ros import parameter_fields
from seem_ros.ros.parameter_fields import (
    ACTIVATE,
    CONFIGURE,
    START,
    Fields,
    choice,
    names,
    number,
    switch,
    text,
)
from seem_ros.tracking.config import ClickMode


@dataclass(frozen=True)
class NodeParameters:
    """What can be set about model, input, prompts and outputs."""

    autostart: bool = switch(True, "Configure and activate when the program starts.", START)
    cameras: tuple[str, ...] = names(
        "Names of several cameras, [front, wrist]: each has topics `front/image`, "
        "~/front/instances and so on; empty = one camera, whose topics have no such part.",
        START,
    )
    model: str = text("nano", "Name of a model, or path of a checkpoint.", CONFIGURE)
    device: str = text("auto", "Where the model runs: auto, cpu, cuda, cuda:0, …", CONFIGURE)
    input_size: int = number(
        0, 0, 2048, "Side at which the model reads images, pixels; 0 = its own.", CONFIGURE
    )
    precision: str = choice(
        "auto",
        ("auto", "fp32", "bf16", "fp16"),
        "Of the model's numbers; auto = half on a GPU (bf16, old ones fp16), fp32 on the CPU.",
        CONFIGURE,
    )
    compile: bool = switch(
        False, "Compile the image encoder: the first image of a size takes long.", CONFIGURE
    )
    camera_size: str = text(
        "",
        "WIDTHxHEIGHT of images that the model gets ready for; empty = 640x480, on a GPU only.",
        CONFIGURE,
    )
    threads: int = number(
        0, 0, 256, "Threads of PyTorch and OpenCV; 0 = one for each core.", CONFIGURE
    )
    second_eye: bool = switch(
        True,
        "Boxes, corrections and words: let a larger network look once more (nano only).",
        CONFIGURE,
    )
    vocabulary: str = text(
        "", "Names that class_name is chosen from, split by ';'; empty = the model's own."
    )
    library_dir: str = text(
        "",
        "Folder of what was taught; empty = seem_ros/objects in the user's data folder.",
        CONFIGURE,
    )
    image_transport: str = choice(
        "raw", ("raw", "compressed"), "Camera input: `image` or `image/compressed`.", ACTIVATE
    )
    bit_depth: int = number(
        0, 0, 16, "Bits that a 16-bit camera uses; 0 = images are stretched by their own range."
    )
    max_image_age: float = number(
        0.0, 0.0, 60.0, "Images older than this when their turn comes are dropped, s; 0 = none is."
    )
    no_image_timeout: float = number(
        2.0, 0.1, 600.0, "Without an image for this long the input counts as lost, seconds."
    )
    click_mode: ClickMode = choice(
        "auto",
        ("auto", "new", "refine"),
        "A click inside a mask refines it, outside starts an instance (auto); or always one.",
    )
    max_instances: int = number(20, 1, 1000, "Most instances at a time; further ones are refused.")
    tracked_score: float = number(
        0.5, 0.0, 1.0, "Score from which an instance is TRACKED, below it UNCERTAIN."
    )
    lost_score: float = number(
        0.25, 0.0, 1.0, "Score below which an instance was not seen in an image."
    )
    small_detail: float = number(
        1.5,
        1.0,
        3.0,
        "While a thing under 1 % of the image is followed, images are read so finely.",
    )
    max_frame_time: float = number(
        0.0,
        0.0,
        60.0,
        "After so long the model looks at no further instances of an image: they take turns, s; "
        "0 = no limit.",
    )
    segment_timeout: float = number(
        10.0, 0.1, 600.0, "Time limit of services and actions that wait for the model, seconds."
    )
    label_encoding: str = choice(
        "mono16",
        ("mono16", "mono8"),
        "Encoding of ~/label_image; in mono8, 255 is any id above 254.",
    )
    publish_masks: bool = switch(False, "Instances carry their mask, cropped to its box.")
    show_readings: bool = switch(
        False,
        "Other readings of a click are found at once and outlined in ~/overlay; "
        "a click then takes longer.",
    )
    overlay_quality: int = number(80, 1, 100, "JPEG quality of ~/overlay/compressed.")
    status_period: float = number(
        1.0, 0.1, 60.0, "Between two of ~/status and of /diagnostics, seconds.", ACTIVATE
    )


class ParameterStore:
    """The present values of several parameter dataclasses, kept right while parameters change.

    A change that is refused changes nothing.
    """

    def __init__(
        self,
        node: Node,
        groups: Sequence[type[Any]],
        on_change: Callable[[list[str]], None] = lambda names: None,
    ) -> None:
        """Declare all parameters of the groups on a node.

        Args:
            node: whose parameters they become.
            groups: dataclasses made with parameter_fields.
            on_change: called with the names of what has changed.

        """
        self._on_change = on_change
        self._locked = False
        self._values: dict[type[Any], Any] = {
            group: parameter_fields.declare(node, group) for group in groups
        }
        node.add_on_set_parameters_callback(self._check)
        node.add_post_set_parameters_callback(self._take)

    def of(self, group: type[Fields]) -> Fields:
        """Return the values of one dataclass that hold now."""
        values: Fields = self._values[group]
        return values

    def lock(self, locked: bool) -> None:
        """Refuse changes of what only a configuration can change, while the node is configured."""
        self._locked = locked

    def _check(self, changes: list[Parameter]) -> SetParametersResult:
        reasons = filter(None, map(self._refusal, changes))
        reason = "; ".join(reasons)
        return SetParametersResult(successful=not reason, reason=reason)

    def _refusal(self, change: Parameter) -> str:
        for group, values in self._values.items():
            facts = parameter_fields.facts_of(group).get(change.name)
            if facts is None:
                continue
            changed = change.value != getattr(values, change.name)
            if changed and self._locked and facts.when == CONFIGURE:
                return (
                    f"{change.name} is read when the node is configured: "
                    "deactivate and clean it up first"
                )
            if reason := parameter_fields.refusal(facts, change.value):
                return f"{change.name}: {reason}"
        return ""

    def _take(self, changes: list[Parameter]) -> None:
        for group, values in self._values.items():
            self._values[group] = parameter_fields.updated(values, changes)
        self._on_change([change.name for change in changes])
