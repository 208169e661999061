"""Changes of the instances that answer at once, also while the model runs.

What is possible is decided by the view: the instances after the last frame and all changes since.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from seem_ros.instances import Instance
from seem_ros.ros.messages.frame_result import FrameResult
from seem_ros.ros.node.worker import Worker


class Controls:
    """Checks a change, answers, and hands it to the worker."""

    def __init__(self, worker: Worker) -> None:
        """Control the tracker of a worker."""
        self._worker = worker

    def remove(self, ids: Sequence[int]) -> list[int]:
        """Stop tracking instances, all of them if none is named; return which, ascending.

        Raises:
            ValueError: an id is unknown; then nothing is removed.

        """
        with self._worker.inbox.lock:
            view = self._worker.view
            gone = sorted(set(ids)) or [item.id for item in _instances(view)]
            for instance_id in gone:
                _known(view, instance_id)
            self._worker.control(view and view.without(gone), lambda tracker: tracker.remove(gone))
        return gone

    def select(self, instance_id: int) -> Instance | None:
        """Make an instance the target and return it; 0 selects none.

        Raises:
            ValueError: the id is unknown; the target stays as it was.

        """
        with self._worker.inbox.lock:
            view = self._worker.view
            chosen = _known(view, instance_id) if instance_id else None
            self._worker.control(
                view and dataclasses.replace(view, target_id=instance_id),
                lambda tracker: tracker.select(instance_id),
            )
        return chosen

    def rename(self, instance_id: int, label: str) -> int:
        """Give an instance, 0 is the target, the operator's name; return its id.

        Raises:
            ValueError: the id is unknown, or there is no target.

        """
        with self._worker.inbox.lock:
            view = self._worker.view
            target_id = view.target_id if view else 0
            if not (instance_id or target_id):
                raise ValueError("no instance is selected: give an instance_id")
            named = dataclasses.replace(_known(view, instance_id or target_id), label=label)
            changed = (named if item.id == named.id else item for item in _instances(view))
            self._worker.control(
                view and dataclasses.replace(view, instances=tuple(changed)),
                lambda tracker: tracker.rename(named.id, label),
            )
        return named.id

    def undo(self) -> str:
        """Take back the newest prompt, the one that still waits first; return what was done.

        Raises:
            ValueError: there is nothing to undo.

        """
        if waiting := self._worker.inbox.withdraw(newest_only=True):
            waiting[0].refuse("taken back before it was carried out")
            return "the prompt that waited was taken back"
        if not self._worker.tracker.can_undo:
            raise ValueError("nothing to undo")
        self._worker.inbox.put_control(lambda tracker: tracker.undo())
        return "the last prompt was taken back"

    def reset(self) -> str:
        """Forget all instances and the prompts that wait; return what was done."""
        waiting = self._worker.inbox.withdraw()
        for queued in waiting:
            queued.refuse("the node was reset")
        with self._worker.inbox.lock:
            view = self._worker.view
            self._worker.control(
                view and dataclasses.replace(view, instances=(), target_id=0),
                lambda tracker: tracker.reset(),
            )
        return f"{len(_instances(view))} instances and {len(waiting)} waiting prompts forgotten"


def _instances(view: FrameResult | None) -> tuple[Instance, ...]:
    return view.instances if view else ()


def _known(view: FrameResult | None, instance_id: int) -> Instance:
    for instance in _instances(view):
        if instance.id == instance_id:
            return instance
    known = ", ".join(str(item.id) for item in _instances(view)) or "none"
    raise ValueError(f"unknown instance id {instance_id}; known are: {known}")
