"""All parts of a configured camera, joined: inputs, worker, outputs, services, action."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Collection, Mapping

from geometry_msgs.msg import PointStamped
from std_msgs.msg import Header

from seem_ros.ros.health.lifecycle import Lifecycle
from seem_ros.ros.health.monitor import IMAGE, MODEL
from seem_ros.ros.health.reporter import Reporter
from seem_ros.ros.messages.bit_depth import Narrowing
from seem_ros.ros.messages.frame_result import FrameResult
from seem_ros.ros.node.controls import Controls
from seem_ros.ros.node.inbox import ReceivedImage
from seem_ros.ros.node.inputs import Inputs
from seem_ros.ros.node.loaded_model import LoadedModel, failure_message
from seem_ros.ros.node.outputs import Outputs
from seem_ros.ros.node.parameters import NodeParameters, ParameterStore
from seem_ros.ros.node.parts import NodeParts
from seem_ros.ros.node.prompt_intake import PromptIntake
from seem_ros.ros.node.publishing import Publishing
from seem_ros.ros.node.rota import Rota
from seem_ros.ros.node.segment_action import SegmentAction
from seem_ros.ros.node.services import Services
from seem_ros.ros.node.taught_services import TaughtServices
from seem_ros.ros.node.vision_topics import VisionTopics
from seem_ros.ros.node.worker import Worker
from seem_ros.ros.scope import Scope
from seem_ros.ros.space.inputs import SpatialInputs
from seem_ros.ros.space.outputs import SpatialOutputs
from seem_ros.ros.space.parameters import SpatialParameters
from seem_ros.ros.space.transforms import Transforms


class Pipeline:
    """One camera's; exists while the node is configured, runs between `start` and `stop`.

    It observes the worker: on_… are called on the worker's thread. Results are published on
    another one, while the worker is at the next frame.

    Attributes:
        monitor: the health.
        worker: runs the model.
        spatial_inputs: what is known of space.

    """

    def __init__(
        self,
        scope: Scope,
        model: LoadedModel,
        store: ParameterStore,
        reporter: Reporter,
        rota: Rota,
        transforms: Transforms,
    ) -> None:
        """Create publishers, services and the action; nothing is received yet.

        Args:
            scope: of all of them.
            model: with a tracker that is the camera's own.
            store: the parameters.
            reporter: of the camera.
            rota: gives turns with the model.
            transforms: of TF.

        """
        self.monitor = reporter.monitor
        self.worker = Worker(model.tracker, self, self._is_current, rota)
        self._publishing = Publishing(self._publish, self._note_failure)
        in_space = functools.partial(store.of, SpatialParameters)
        self.spatial_inputs = SpatialInputs(scope, in_space, transforms)
        spatial = SpatialOutputs(scope, self.spatial_inputs, in_space)
        outputs = Outputs(
            scope,
            lambda: store.of(NodeParameters),
            lambda: self.monitor.overlay_line,
            spatial.fill,
        )
        self._vision = VisionTopics(scope, model.name, lambda: store.of(NodeParameters))
        intake, controls = PromptIntake(scope, self.worker, self.monitor), Controls(self.worker)
        self._parts = NodeParts(
            scope, store, reporter, model, self.worker, controls, intake, outputs, spatial
        )
        self._services = Services(self._parts)
        self._taught = TaughtServices(self._parts)
        self._action = SegmentAction(self._parts)
        narrow = Narrowing(lambda: store.of(NodeParameters).bit_depth)
        self._inputs = Inputs(
            scope, self.worker.inbox.put_image, intake, self._locate, narrow, self.monitor
        )

    def start(self) -> None:
        """Start the worker, then receive images and prompts."""
        parameters = self._parts.parameters
        self.monitor.lifecycle = Lifecycle.ACTIVE
        self.monitor.note_start()
        self.spatial_inputs.start()
        self._publishing.start()
        self.worker.start()
        self._inputs.start(parameters.image_transport)
        self._parts.reporter.repeat_every(parameters.status_period)
        self._parts.reporter.publish()

    def stop(self) -> None:
        """Receive nothing more, answer who waits, stop the worker, publish what it found."""
        self._inputs.stop()
        self._action.stop("the node was deactivated")
        self.worker.stop()
        self._publishing.stop()
        self.spatial_inputs.stop()
        self.monitor.lifecycle = Lifecycle.INACTIVE
        self.monitor.note_stop()
        self._parts.reporter.publish()

    def destroy(self) -> None:
        """Destroy publishers, services and the action."""
        parts = self._parts
        own = (self._action, self._services, self._taught, self._vision)
        for part in (*own, parts.outputs, parts.spatial, parts.intake):
            part.destroy()

    def apply_parameters(self, changed: Collection[str]) -> None:
        """Give changed parameters to the model when it is free."""
        model, parameters = self._parts.model, self._parts.parameters
        self.worker.inbox.put_control(lambda tracker: model.apply(parameters, changed))

    @property
    def view(self) -> FrameResult | None:
        """The last result."""
        return self.worker.view

    @property
    def image_counts(self) -> Mapping[str, int]:
        """The images_… fields of Status.msg."""
        return self.worker.image_counts

    @property
    def problems_3d(self) -> Mapping[str, str]:
        """What is wrong with the 3-D side, by subject."""
        return self.spatial_inputs.problems.current

    def check(self) -> None:
        """Look for what goes wrong silently: no images, publishers that do not fit."""
        if self.monitor.lifecycle is Lifecycle.ACTIVE:
            self._inputs.check_publishers()
            self.monitor.check_input(self._parts.parameters.no_image_timeout)

    def on_frame(self, header: Header) -> None:
        """Keep the depth of the frame that is worked on from now on."""
        self.spatial_inputs.begin(header)

    def on_result(self, result: FrameResult) -> None:
        """Have a frame's instances published."""
        self._publishing.put(result)

    def settle(self) -> None:
        """Wait until all instances are published."""
        self._publishing.settle()

    def _publish(self, result: FrameResult) -> None:
        """Publish a frame's instances; on the thread for that."""
        before = self.monitor.state
        self._parts.outputs.publish(result)
        self._parts.spatial.publish(result)
        self._vision.publish(result)
        self.monitor.note_result(result)
        if self.monitor.state != before:
            self._parts.reporter.publish_status()

    def on_unreadable(self, error: ValueError) -> None:
        """Say once what is wrong with the images."""
        self.settle()  # or what is right with the image before would count as news
        self.monitor.problems.note(IMAGE, str(error))
        self._parts.reporter.publish_status()

    def on_failure(self, error: Exception) -> None:
        """Say once what is wrong with the model; the next image is tried again."""
        self.settle()
        self._note_failure(error)

    def _note_failure(self, error: Exception) -> None:
        if MODEL not in self.monitor.problems.current:
            self._parts.scope.logger.error("".join(traceback.format_exception(error)))
        self.monitor.problems.note(MODEL, failure_message(error))
        self._parts.reporter.publish_status()

    def _is_current(self, image: ReceivedImage) -> bool:
        limit_s = self._parts.parameters.max_image_age
        age_s = (self._parts.scope.node.get_clock().now().nanoseconds - image.stamp_ns) / 1e9
        return limit_s == 0 or image.stamp_ns == 0 or age_s <= limit_s

    def _locate(self, click: PointStamped) -> tuple[float, float, int]:
        """Return the pixel (x, y) of a point in space in the last frame, and that frame's stamp.

        Raises:
            ValueError: it means no pixel; the message says why.

        """
        view = self.worker.view
        if view is None:
            raise ValueError("no image yet: a 3-D click needs one to be projected into")
        return *self.spatial_inputs.pixel(click, view), view.stamp_ns
