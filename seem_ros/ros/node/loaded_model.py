"""The model and the tracker that the node runs, made from its parameters."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seem_ros.model.out_of_memory import free, is_out_of_memory
from seem_ros.ros.node.parameters import NodeParameters
from seem_ros.ros.parameter_fields import items_of
from seem_ros.threads import use_threads
from seem_ros.tracker import Tracker, TrackerConfig

if TYPE_CHECKING:
    from seem_ros.library import Library
    from seem_ros.segmenter import Segmenter


@dataclass(frozen=True)
class LoadedModel:
    """A model that is ready, and what follows a camera's instances with it.

    Attributes:
        segmenter: the model.
        tracker: follows a camera's instances with it.
        name: of the model, for people.
        device: where it runs, e.g. "cpu" or "cuda:0".
        own_vocabulary: class names that the model came with.
        library: things that an operator taught, None where there can be none.
        library_problem: why there is none.
        footprint: what memory it takes, for people.

    """

    segmenter: Segmenter
    tracker: Tracker
    name: str
    device: str
    own_vocabulary: tuple[str, ...] = ()
    library: Library | None = None
    library_problem: str = ""
    footprint: str = ""

    def fresh_tracker(self) -> Tracker:
        """Return another tracker on the same model, without instances."""
        return Tracker(self.segmenter, self.tracker.config)

    def for_another_camera(self) -> LoadedModel:
        """Return the same model with another tracker that works as this one does."""
        late = self.tracker.state.late_names
        tracker = Tracker(self.segmenter, self.tracker.config, late_names=late)
        return dataclasses.replace(self, tracker=tracker)

    def apply(self, parameters: NodeParameters, changed: Collection[str]) -> None:
        """Take changed parameters over; for the worker's thread."""
        self.tracker.configure(tracker_config(parameters))
        if "vocabulary" in changed:
            names = items_of(parameters.vocabulary)
            self.segmenter.set_vocabulary(names or self.own_vocabulary)
            self.tracker.forget_names()


_USUAL_SIZE = (480, 640)
ModelLoader = Callable[[NodeParameters], LoadedModel]


def load_model(parameters: NodeParameters) -> LoadedModel:
    """Load the model that the parameters name.

    Raises:
        Exception: as Segmenter.from_pretrained: an unknown model, a missing or broken checkpoint,
            a device that is not there.

    """
    from seem_ros.model.footprint import footprint  # PyTorch is loaded with the model, not before
    from seem_ros.segmenter import Segmenter

    use_threads(parameters.threads)
    segmenter = Segmenter.from_pretrained(
        parameters.model,
        parameters.device,
        input_size=parameters.input_size,
        second_eye=parameters.second_eye,
        precision=parameters.precision,
        compiled=parameters.compile,
    )
    library, problem = _library(parameters, segmenter)
    own = segmenter.vocabulary
    if names := items_of(parameters.vocabulary):
        segmenter.set_vocabulary(names)
    if size := _expected_size(parameters.camera_size, segmenter.device.type):
        segmenter.warm_up(*size)
    tracker = Tracker(segmenter, tracker_config(parameters), late_names=True)
    memory = footprint(segmenter.model, segmenter.device)
    return LoadedModel(
        segmenter, tracker, parameters.model, str(segmenter.device), own, library, problem, memory
    )


def _expected_size(camera_size: str, device: str) -> tuple[int, int] | None:
    """Return (height, width) of the images to get ready for, None for none.

    Raises:
        ValueError: the size is none.

    """
    if not camera_size:
        return None if device == "cpu" else _USUAL_SIZE
    match = re.fullmatch(r"(\d{2,4})x(\d{2,4})", camera_size.strip())
    if match is None:
        raise ValueError(f"camera_size must be WIDTHxHEIGHT, such as 640x480, got {camera_size!r}")
    return int(match[2]), int(match[1])


def _library(parameters: NodeParameters, segmenter: Segmenter) -> tuple[Library | None, str]:
    """Open the library for a model; one that cannot be used does not stop the node."""
    from seem_ros.library import Library

    try:
        library = Library(parameters.library_dir or None)
        segmenter.use_library(library)
    except (ValueError, OSError) as error:
        return None, str(error)
    return library, ""


def tracker_config(parameters: NodeParameters) -> TrackerConfig:
    """Return how the tracker decides.

    Raises:
        ValueError: a value is none that the tracker knows.

    """
    return TrackerConfig(
        click_mode=parameters.click_mode,
        max_instances=parameters.max_instances,
        tracked_score=parameters.tracked_score,
        lost_score=min(parameters.lost_score, parameters.tracked_score),
        small_detail=parameters.small_detail,
        max_frame_time=parameters.max_frame_time,
        show_readings=parameters.show_readings,
    )


def failure_message(error: Exception) -> str:
    """Return what a failure of the model means for an operator; free what memory can be freed."""
    if not is_out_of_memory(error):
        return f"an image could not be worked on: {type(error).__name__}: {error}"
    free()
    return (
        "out of memory: images are tried again; if it stays, use a smaller model or image, "
        f"close other programs on the GPU, or set device to cpu ({error})"
    )
