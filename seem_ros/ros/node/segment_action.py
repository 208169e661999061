"""The action ~/segment: find one thing and hand over everything a pick needs, of one stamp."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup

from seem_ros.action import Segment
from seem_ros.ros.messages import frame_messages, stamps
from seem_ros.ros.node.parts import NodeParts
from seem_ros.ros.node.queued_prompt import Outcome, QueuedPrompt
from seem_ros.ros.one_line import one_line
from seem_ros.tracking.pieces import far_pieces

CANCELLED = "cancelled"
_POLL_S = 0.02
_LAST_ANSWER_S = 5.0  # how long the end of the node waits for goals to be answered
_SENDING_S = 0.1  # rclpy sends a result just after the goal's own work is done


class Goal:
    """One goal: its limit of time, and whether something stopped it."""

    def __init__(self, handle: ServerGoalHandle, limit_s: float) -> None:
        """Start the time."""
        self.handle = handle
        self.limit_s = limit_s
        self.reason = ""
        self._deadline_s = time.monotonic() + limit_s
        self._stopped = threading.Event()
        self._queued: QueuedPrompt | None = None

    @property
    def left_s(self) -> float:
        """Seconds left, 0 when the time is over."""
        return max(0.0, self._deadline_s - time.monotonic())

    @property
    def ended(self) -> bool:
        """Whether it was stopped or its time is over."""
        return self._stopped.is_set() or self.left_s == 0

    def pause(self) -> None:
        """Sleep a moment, less when stopped."""
        self._stopped.wait(min(_POLL_S, self.left_s))

    def stop(self, reason: str) -> None:
        """End it; the first reason stays."""
        self.reason = self.reason or reason
        self._stopped.set()
        if self._queued is not None:
            self._queued.abandon()

    def attend(self, queued: QueuedPrompt) -> Outcome | None:
        """Wait for a prompt; None when the goal ended before it, which abandons the prompt."""
        self._queued = queued
        if self._stopped.is_set() or queued.wait(self.left_s) is None:
            queued.abandon()
        return queued.outcome

    def tell(self, stage: str, score: float = 0.0) -> None:
        """Publish feedback."""
        self.handle.publish_feedback(Segment.Feedback(stage=stage, score=score))


class SegmentAction:
    """Serves ~/segment while it exists; `destroy` ends that. One goal at a time, the newest."""

    def __init__(self, parts: NodeParts) -> None:
        """Create the action server."""
        self._parts = parts
        self._lock = threading.Lock()
        self._goal: Goal | None = None
        self._accepted: dict[bytes, Goal] = {}
        self._running = 0
        self._ended_s = -_LAST_ANSWER_S
        self._server = ActionServer(
            parts.scope.node,
            Segment,
            parts.scope.own("segment"),
            self._execute,
            callback_group=MutuallyExclusiveCallbackGroup(),
            goal_callback=self._on_goal,
            handle_accepted_callback=self._on_accepted,
            cancel_callback=self._on_cancel,
        )

    def stop(self, reason: str) -> None:
        """Abort the goal that runs, if any."""
        with self._lock:
            if self._goal is not None:
                self._goal.stop(reason)

    def destroy(self) -> None:
        """Abort the goal that runs, let its client know, and destroy the server."""
        self.stop("the node was cleaned up")
        deadline_s = time.monotonic() + _LAST_ANSWER_S
        while self._running and time.monotonic() < deadline_s:
            time.sleep(_POLL_S)
        if time.monotonic() - self._ended_s < _LAST_ANSWER_S:
            time.sleep(_SENDING_S)
        self._server.destroy()

    def _on_goal(self, goal: Segment.Goal) -> GoalResponse:
        return GoalResponse.ACCEPT if self._parts.worker.inbox.is_open else GoalResponse.REJECT

    def _on_accepted(self, handle: ServerGoalHandle) -> None:
        limit_s = stamps.to_ns(handle.request.timeout) / 1e9
        goal = Goal(handle, limit_s if limit_s > 0 else self._parts.parameters.segment_timeout)
        with self._lock:
            previous, self._goal = self._goal, goal
            self._accepted[_key(handle)] = goal
            self._running += 1
        if previous is not None:
            previous.stop("a newer goal took its place")
        handle.execute()

    def _on_cancel(self, handle: ServerGoalHandle) -> CancelResponse:
        with self._lock:
            if self._goal is not None and self._goal.handle.goal_id == handle.goal_id:
                self._goal.stop(CANCELLED)
        return CancelResponse.ACCEPT

    def _execute(self, handle: ServerGoalHandle) -> Segment.Result:
        try:
            return self._answered(handle)
        finally:
            with self._lock:
                self._running -= 1
                self._ended_s = time.monotonic()

    def _answered(self, handle: ServerGoalHandle) -> Segment.Result:
        with self._lock:
            goal = self._accepted.pop(_key(handle))
        result = self._run(goal)
        with self._lock:
            if self._goal is goal:
                self._goal = None
        if goal.reason == CANCELLED:
            while not goal.handle.is_cancel_requested:  # rclpy says so after the cancel callback
                time.sleep(_POLL_S)
            goal.handle.canceled()
        elif result.success:
            goal.handle.succeed()
        else:
            goal.handle.abort()
        return result

    def _run(self, goal: Goal) -> Segment.Result:
        goal.tell("waiting for image")
        while (lack := self._parts.reporter.monitor.lack_of_images) and not goal.ended:
            goal.pause()
        if goal.ended:
            return _failed(goal.reason or f"no image within {goal.limit_s:g} s: {lack}")
        goal.tell("segmenting")
        asked = goal.handle.request
        asked.prompt.track = asked.prompt.track and asked.keep_tracking
        queued = self._parts.intake.submit_message(
            asked.prompt,
            exclusive=True,
            prepare=lambda outcome: self._reply(outcome, asked.want_cloud),
        )
        outcome = goal.attend(queued)
        if outcome is None:
            return _failed(goal.reason or f"no answer of the model within {goal.limit_s:g} s")
        self._settle(outcome, asked.keep_tracking and not goal.reason)
        if goal.reason:
            return _failed(goal.reason)
        if queued.prepared is None:
            return _failed(outcome.message)
        goal.tell("done", _score(outcome))
        return queued.prepared

    def _reply(self, outcome: Outcome, want_cloud: bool) -> Segment.Result | None:
        """Make the result on the worker's thread, where the frame's depth is still at hand."""
        if outcome.code != "done" or outcome.result is None:
            return None
        frame = dataclasses.replace(outcome.result, target_id=outcome.instance_id)
        result = Segment.Result(success=True, message=outcome.message + _warning(outcome))
        result.instances = self._parts.outputs.record(frame)
        self._parts.spatial.fill(result.instances, outcome.result)
        result.label_image = self._parts.outputs.label_image(frame)
        result.target_mask = frame_messages.target_mask(frame)
        if want_cloud:
            cloud, reason = self._parts.spatial.cloud(outcome.result, outcome.instance_id)
            if cloud is None:
                result.success, result.message = False, f"no cloud: {reason}"
            else:
                result.cloud = cloud
        return result

    def _settle(self, outcome: Outcome, keep: bool) -> None:
        """Select what was found, or stop tracking what the goal brought into being."""
        with contextlib.suppress(ValueError):  # somebody may have removed it meanwhile
            if keep and outcome.code == "done" and outcome.instance_id:
                self._parts.controls.select(outcome.instance_id)
            elif not keep and outcome.created:
                self._parts.controls.remove(outcome.created)


def _key(handle: ServerGoalHandle) -> bytes:
    return bytes(handle.goal_id.uuid)


def _failed(reason: str) -> Segment.Result:
    return Segment.Result(success=False, message=one_line(reason))


def _warning(outcome: Outcome) -> str:
    """Say of a mask that it may be more than one thing; empty for any other."""
    found = outcome.result.instance(outcome.instance_id) if outcome.result else None
    pieces = 0 if found is None or found.mask is None else far_pieces(found.mask)
    return f"; its mask is in {pieces + 1} pieces far from each other" if pieces else ""


def _score(outcome: Outcome) -> float:
    found = outcome.result.instance(outcome.instance_id) if outcome.result else None
    return float(found.score) if found else 0.0
