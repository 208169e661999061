"""seem_node: images and prompts in, labelled instances out; a lifecycle node.

Configured: the model is loaded; publishers, services and the action exist. Active: images and
prompts are received and the worker runs. Each step down undoes exactly what the step up did.
"""

from __future__ import annotations

import sys
from typing import Any

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.lifecycle.node import LifecycleNodeMixin
from rclpy.node import Node

from seem_ros.missing import reason
from seem_ros.ros import node_help, process
from seem_ros.ros.health.lifecycle import Lifecycle
from seem_ros.ros.node.cameras import Cameras
from seem_ros.ros.node.executor import NodeExecutor
from seem_ros.ros.node.loaded_model import ModelLoader, load_model
from seem_ros.ros.node.memory import give_back_unused, release
from seem_ros.ros.node.parameters import NodeParameters, ParameterStore
from seem_ros.ros.space.parameters import SpatialParameters

TIDY_S = 60.0  # between two looks for memory that nothing uses
SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE


class SeemNode(LifecycleNode):
    """The lifecycle of the node; what it does in each state is done for each camera.

    Attributes:
        cameras: what there is once for each.

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
        names, period_s = self.parameters.cameras, self.parameters.status_period
        self.cameras = Cameras(self, names, period_s)
        group, clock = MutuallyExclusiveCallbackGroup(), Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(TIDY_S, give_back_unused, group, clock)

    @property
    def parameters(self) -> NodeParameters:
        """The values that hold now."""
        return self._store.of(NodeParameters)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the model; create publishers, services and the action."""
        parameters, log = self.parameters, self.get_logger()
        self._warn_of_scores()
        log.info(f"loading model {parameters.model} on {parameters.device}")
        self.cameras.watch(Lifecycle.CONFIGURING, parameters.model, parameters.device)
        try:
            with self.cameras.refusing():
                model = self._load(parameters)
        except Exception as error:  # noqa: BLE001 whatever is wrong with it, the node stays up
            self.cameras.note_failure(f"{parameters.model} cannot be loaded: {reason(error)}")
            return FAILURE
        self._store.lock(True)
        self.cameras.configure(model, self._store)
        if model.library_problem:
            log.warning(f"nothing that was taught is known: {model.library_problem}")
        memory = f" ({model.footprint})" if model.footprint else ""
        log.info(f"model {model.name} is ready on {model.device}{memory}")
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Receive images and prompts, and work on them."""
        result = super().on_activate(state)
        self._active = True  # from the first part on, so that a fault takes all parts down
        self.cameras.start()
        self.get_logger().info("activated: images and prompts are received")
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop; the instances are kept."""
        self.cameras.stop()
        self._active = False
        self.get_logger().info("deactivated: instances are kept, nothing is received")
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let the model and the instances go."""
        result = super().on_cleanup(state)
        gone = self.cameras.clean_up()
        self._store.lock(False)
        release(gone)
        self.cameras.watch(Lifecycle.UNCONFIGURED)
        self.get_logger().info("cleaned up: model and instances are gone")
        return result

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Go down from whichever state."""
        if self._active:
            self.on_deactivate(state)
        if self.cameras.pipelines:
            self.on_cleanup(state)
        self.cameras.watch(Lifecycle.FINALIZED)
        self.get_logger().info("shut down")
        return SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Go down after a fault in a transition, so that the node can be configured again."""
        result = self.on_shutdown(state)
        self.cameras.watch(Lifecycle.UNCONFIGURED)
        return result

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
        self.cameras.apply_parameters(names)


def main(args: list[str] | None = None) -> None:
    """Run seem_node until Ctrl-C; exit with 1 when it cannot start."""
    if node_help.is_asked_for(args):
        groups = (NodeParameters, SpatialParameters)
        print(node_help.text("seem_node", __doc__, groups, "-r image:=/camera/color/image_raw"))
        return
    stop = process.start("seem_node", args)
    node = process.created("seem_node", SeemNode)
    with process.spun(node, NodeExecutor(len(node.cameras)), stop):
        started = not node.parameters.autostart or _start(node)
        if started:
            process.wait(stop)
        if node.cameras.pipelines:
            node.trigger_shutdown()
    sys.exit(0 if started else 1)


def _start(node: SeemNode) -> bool:
    return node.trigger_configure() == SUCCESS and node.trigger_activate() == SUCCESS


if __name__ == "__main__":
    main()
