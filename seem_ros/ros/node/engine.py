"""The model and the tracker that the node runs, made from its parameters."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from seem_ros.ros.node.parameters import NodeParameters
from seem_ros.tracker import Tracker, TrackerConfig


@dataclass(frozen=True)
class Engine:
    """A loaded model.

    Attributes:
        segmenter: a seem_ros Segmenter, or anything with its methods.
        tracker: follows the node's instances with it.
        model: name for people.
        device: where it runs, e.g. "cpu" or "cuda:0".
        own_vocabulary: class names that the model came with.

    """

    segmenter: Any
    tracker: Tracker
    model: str
    device: str
    own_vocabulary: tuple[str, ...] = ()

    def fresh_tracker(self) -> Tracker:
        """Return another tracker on the same model, without instances."""
        return Tracker(self.segmenter, self.tracker.config)


EngineFactory = Callable[[NodeParameters], Engine]


def load_engine(parameters: NodeParameters) -> Engine:
    """Load the model that the parameters name.

    Raises:
        Exception: as Segmenter.from_pretrained: an unknown model, a missing or broken checkpoint,
            a device that is not there.

    """
    from seem_ros.segmenter import Segmenter  # PyTorch is loaded with the model, not before

    segmenter = Segmenter.from_pretrained(
        parameters.model, parameters.device, input_size=parameters.input_size
    )
    own = segmenter.vocabulary
    if names := phrases(parameters.vocabulary):
        segmenter.set_vocabulary(names)
    tracker = Tracker(segmenter, tracker_config(parameters))
    return Engine(segmenter, tracker, parameters.model, str(segmenter.device), own)


def tracker_config(parameters: NodeParameters) -> TrackerConfig:
    """Return how the tracker decides."""
    return TrackerConfig(
        click_mode=parameters.click_mode,
        max_instances=parameters.max_instances,
        tracked_score=parameters.tracked_score,
        lost_score=min(parameters.lost_score, parameters.tracked_score),
        small_detail=parameters.small_detail,
    )


def configure(engine: Engine, parameters: NodeParameters, changed: Collection[str]) -> None:
    """Give changed parameters to a running model; for the worker's thread."""
    engine.tracker.configure(tracker_config(parameters))
    if "vocabulary" in changed:
        engine.segmenter.set_vocabulary(phrases(parameters.vocabulary) or engine.own_vocabulary)
        engine.tracker.forget_names()


def failure_message(error: Exception) -> str:
    """Return what a failure of the model means for an operator; free what memory can be freed."""
    if "OutOfMemory" not in type(error).__name__ and not isinstance(error, MemoryError):
        return f"an image could not be worked on: {type(error).__name__}: {error}"
    torch = sys.modules.get("torch")  # present where GPU memory can have run out
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
    return (
        "out of memory: images are tried again; if it stays, use a smaller model or image, "
        f"close other programs on the GPU, or set device to cpu ({error})"
    )


def phrases(text: str) -> list[str]:
    """Return what ';' separates in a text, without empty parts."""
    return [part.strip() for part in text.split(";") if part.strip()]
