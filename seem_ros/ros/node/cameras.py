"""What seem_node has once for each of its cameras, brought up and down together."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Collection, Iterator, Sequence

from rclpy.lifecycle import LifecycleNode

from seem_ros.ros.health.lifecycle import Lifecycle
from seem_ros.ros.health.monitor import MODEL, Monitor
from seem_ros.ros.health.problems import Problems
from seem_ros.ros.health.reporter import Reporter
from seem_ros.ros.node.early_prompts import EarlyPrompts
from seem_ros.ros.node.loaded_model import LoadedModel
from seem_ros.ros.node.parameters import ParameterStore
from seem_ros.ros.node.pipeline import Pipeline
from seem_ros.ros.node.rota import Rota
from seem_ros.ros.scope import Scope
from seem_ros.ros.space.transforms import Transforms


class Cameras:
    """Health reports in every state, and a pipeline for each camera while the node is configured.

    Attributes:
        pipelines: in the cameras' order; empty while the node is not configured.

    """

    def __init__(self, node: LifecycleNode, names: Sequence[str], period_s: float) -> None:
        """Report of each camera every `period_s` seconds; no name is one camera without a name."""
        self._scopes = [Scope(node, name) for name in names or ("",)]
        self._reporters = [Reporter(scope, period_s) for scope in self._scopes]
        self._transforms = Transforms(node)
        self.pipelines: tuple[Pipeline, ...] = ()

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._scopes)

    def watch(self, lifecycle: Lifecycle, model: str = "", device: str = "") -> None:
        """Begin anew to watch their health, and report."""
        for scope, reporter in zip(self._scopes, self._reporters, strict=True):
            reporter.monitor = Monitor(
                Problems(scope.logger),
                model=model,
                device=device,
                image_name=scope.given("image"),
                lifecycle=lifecycle,
            )
            reporter.publish()

    def note_failure(self, problem: str) -> None:
        """Report that no model could be loaded."""
        for reporter in self._reporters:
            reporter.monitor.lifecycle = Lifecycle.UNCONFIGURED
            reporter.monitor.problems.note(MODEL, problem)
            reporter.publish()

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """Refuse prompts while the model is loaded."""
        early = [EarlyPrompts(scope) for scope in self._scopes]
        try:
            yield
        finally:
            for each in early:
                each.destroy()

    def configure(self, model: LoadedModel, store: ParameterStore) -> None:
        """Make the pipelines; they share the model, and each has a tracker of its own."""
        rota = Rota()
        for scope, reporter in zip(self._scopes, self._reporters, strict=True):
            monitor = reporter.monitor
            monitor.model, monitor.device = model.name, model.device
            own = model.for_another_camera() if self.pipelines else model
            pipeline = Pipeline(scope, own, store, reporter, rota, self._transforms)
            self.pipelines = (*self.pipelines, pipeline)  # at once: a fault takes all down
            reporter.work = pipeline
            monitor.lifecycle = Lifecycle.INACTIVE
            reporter.publish()

    def start(self) -> None:
        """Receive images and prompts of all."""
        for pipeline in self.pipelines:
            pipeline.start()

    def stop(self) -> None:
        """Receive nothing more, and stop working."""
        for pipeline in self.pipelines:
            pipeline.stop()
        self._transforms.destroy()

    def clean_up(self) -> list[weakref.ref[Pipeline]]:
        """Destroy the pipelines; return what tells whether they are gone."""
        for reporter in self._reporters:
            reporter.work = None
        for pipeline in self.pipelines:
            pipeline.destroy()
        gone = [weakref.ref(pipeline) for pipeline in self.pipelines]
        self.pipelines = ()
        return gone

    def apply_parameters(self, changed: Collection[str]) -> None:
        """Give changed parameters to all, each when the model is free."""
        for pipeline in self.pipelines:
            pipeline.apply_parameters(changed)
