"""seem_node: images and prompts in, labelled instances out; a lifecycle node.

Configured: the model is loaded; publishers, services and the action exist. Active: images and
prompts are received and the worker runs. Each step down undoes exactly what the step up did.
"""

from __future__ import annotations

import sys
import weakref
from typing import Any

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.lifecycle.node import LifecycleNodeMixin
from rclpy.node import Node

from seem_ros.missing import reason
from seem_ros.ros import node_help, process
from seem_ros.ros.health.lifecycle import Lifecycle
from seem_ros.ros.health.monitor import MODEL, Monitor
from seem_ros.ros.health.problems import Problems
from seem_ros.ros.health.reporter import Reporter
from seem_ros.ros.node.early_prompts import EarlyPrompts
from seem_ros.ros.node.executor import NodeExecutor
from seem_ros.ros.node.loaded_model import ModelLoader, load_model
from seem_ros.ros.node.memory import release
from seem_ros.ros.node.parameters import NodeParameters, ParameterStore
from seem_ros.ros.node.pipeline import Pipeline
from seem_ros.ros.space.parameters import SpatialParameters

SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE


class SeemNode(LifecycleNode):
    """The lifecycle of the node; what it does in each state is the pipeline's.

    Attributes:
        pipeline: the parts of the configured node; None while it is not configured.

    """

    def __init__(self, load: ModelLoader = load_model, **node_arguments: Any) -> None:
        """Declare the parameters. `load` makes the model when the node is configured.

        Raises:
            Exception: a parameter given at start has a wrong type or is out of range.

        """
        # Not LifecycleNode.__init__, which takes no callback group for the transitions.
        Node.__init__(self, "seem_node", enable_logger_service=True, **node_arguments)
        LifecycleNodeMixin.__init__(self, callback_group=MutuallyExclusiveCallbackGroup())
        self._load = load
        self._active = False
        try:
            self._store = ParameterStore(
                self, (NodeParameters, SpatialParameters), self._on_change
            )
        except Exception:
            self.destroy_node()  # or it stays among the nodes that others see
            raise
        self._reporter = Reporter(self, self.parameters.status_period)
        self.pipeline: Pipeline | None = None

    @property
    def parameters(self) -> NodeParameters:
        """The values that hold now."""
        return self._store.of(NodeParameters)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the model; create publishers, services and the action."""
        parameters, log = self.parameters, self.get_logger()
        self._warn_of_scores()
        log.info(f"loading model {parameters.model} on {parameters.device}")
        monitor = Monitor(Problems(log), model=parameters.model, device=parameters.device)
        monitor.lifecycle = Lifecycle.CONFIGURING
        self._reporter.monitor = monitor
        self._reporter.publish()
        early = EarlyPrompts(self)
        try:
            model = self._load(parameters)
        except Exception as error:  # noqa: BLE001 whatever is wrong with it, the node stays up
            monitor.lifecycle = Lifecycle.UNCONFIGURED
            monitor.problems.note(MODEL, f"{parameters.model} cannot be loaded: {reason(error)}")
            self._reporter.publish()
            return FAILURE
        finally:
            early.destroy()
        monitor.model, monitor.device = model.name, model.device
        self._store.lock(True)
        self.pipeline = Pipeline(self, model, self._store, self._reporter)
        self._reporter.work = self.pipeline
        monitor.lifecycle = Lifecycle.INACTIVE
        self._reporter.publish()
        if model.library_problem:
            log.warning(f"nothing that was taught is known: {model.library_problem}")
        memory = f" ({model.footprint})" if model.footprint else ""
        log.info(f"model {model.name} is ready on {model.device}{memory}")
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Receive images and prompts, and work on them."""
        result = super().on_activate(state)
        self._active = True  # from the first part on, so that a fault takes all parts down
        self._running_pipeline().start()
        self.get_logger().info("activated: images and prompts are received")
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop; the instances are kept."""
        self._running_pipeline().stop()
        self._active = False
        self.get_logger().info("deactivated: instances are kept, nothing is received")
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let the model and the instances go."""
        result = super().on_cleanup(state)
        self._reporter.work = None
        gone = weakref.ref(self._running_pipeline())
        self._running_pipeline().destroy()
        self.pipeline = None
        self._store.lock(False)
        release(gone)
        self._rest(Lifecycle.UNCONFIGURED)
        self.get_logger().info("cleaned up: model and instances are gone")
        return result

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Go down from whichever state."""
        if self._active:
            self.on_deactivate(state)
        if self.pipeline is not None:
            self.on_cleanup(state)
        self._rest(Lifecycle.FINALIZED)
        self.get_logger().info("shut down")
        return SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Go down after a fault in a transition, so that the node can be configured again."""
        result = self.on_shutdown(state)
        self._rest(Lifecycle.UNCONFIGURED)
        return result

    def _rest(self, lifecycle: Lifecycle) -> None:
        """Report that nothing runs, and why."""
        self._reporter.monitor = Monitor(Problems(self.get_logger()), lifecycle=lifecycle)
        self._reporter.publish()

    def _running_pipeline(self) -> Pipeline:
        if self.pipeline is None:
            raise RuntimeError("the node is not configured")
        return self.pipeline

    def _warn_of_scores(self) -> None:
        """Say which score counts where the two contradict each other.

        Refusing would forbid to set one after the other, as `ros2 param load` does.
        """
        lost, tracked = self.parameters.lost_score, self.parameters.tracked_score
        if lost > tracked:
            self.get_logger().warning(
                f"lost_score {lost:g} is above tracked_score {tracked:g}: {tracked:g} is used for "
                "both; set lost_score lower"
            )

    def _on_change(self, names: list[str]) -> None:
        if {"lost_score", "tracked_score"} & set(names):
            self._warn_of_scores()
        if self.pipeline is not None:
            self.pipeline.apply_parameters(names)


def main(args: list[str] | None = None) -> None:
    """Run seem_node until Ctrl-C; exit with 1 when it cannot start."""
    if node_help.is_asked_for(args):
        print(node_help.text("seem_node", __doc__, (NodeParameters, SpatialParameters)))
        return
    stop = process.start("seem_node", args)
    node = process.created("seem_node", SeemNode)
    with process.spun(node, NodeExecutor(), stop):
        started = not node.parameters.autostart or _start(node)
        if started:
            process.wait(stop)
        if node.pipeline is not None:
            node.trigger_shutdown()
    sys.exit(0 if started else 1)


def _start(node: SeemNode) -> bool:
    return node.trigger_configure() == SUCCESS and node.trigger_activate() == SUCCESS


if __name__ == "__main__":
    main()
