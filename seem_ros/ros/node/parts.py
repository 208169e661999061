"""What the services and the action of a camera work with."""

from __future__ import annotations

from dataclasses import dataclass

from seem_ros.ros.health.reporter import Reporter
from seem_ros.ros.node.controls import Controls
from seem_ros.ros.node.loaded_model import LoadedModel
from seem_ros.ros.node.outputs import Outputs
from seem_ros.ros.node.parameters import NodeParameters, ParameterStore
from seem_ros.ros.node.prompt_intake import PromptIntake
from seem_ros.ros.node.worker import Worker
from seem_ros.ros.scope import Scope
from seem_ros.ros.space.outputs import SpatialOutputs


@dataclass(frozen=True)
class NodeParts:
    """The parts of a configured node for one camera.

    Attributes:
        scope: of all topics, services and the action.
        store: the parameters.
        reporter: the node's health, and who publishes it.
        model: what is loaded.
        worker: runs the model.
        controls: changes of the instances that answer at once.
        intake: takes prompts.
        outputs: 2-D messages.
        spatial: 3-D messages.

    """

    scope: Scope
    store: ParameterStore
    reporter: Reporter
    model: LoadedModel
    worker: Worker
    controls: Controls
    intake: PromptIntake
    outputs: Outputs
    spatial: SpatialOutputs

    @property
    def parameters(self) -> NodeParameters:
        """The values that hold now."""
        return self.store.of(NodeParameters)
