"""What each prompt changed, so that it can be taken back."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from seem_ros.tracking.track import Track, TrackSet


@dataclass(frozen=True, eq=False)
class Change:
    """One prompt's effect.

    Attributes:
        prompt_id: the prompt's own id.
        before: the instances it touched as they were; None for those it made.
        target_before: the selected instance before it.

    """

    prompt_id: str
    before: dict[int, Track | None]
    target_before: int


class UndoLog:
    """The last changes, newest last."""

    def __init__(self, depth: int) -> None:
        """Keep this many changes."""
        self._changes: deque[Change] = deque(maxlen=depth)

    def __len__(self) -> int:
        """Return the number of changes that can be taken back."""
        return len(self._changes)

    def record(self, prompt_id: str, saved: tuple[dict[int, Track], int], after: TrackSet) -> None:
        """Remember what a prompt changed, from a copy made before it (TrackSet.saved)."""
        tracks, target = saved
        touched: dict[int, Track | None] = {}
        for instance_id in tracks.keys() | after.tracks.keys():
            old, new = tracks.get(instance_id), after.tracks.get(instance_id)
            if old is None or new is None or not _same_values(old, new):
                touched[instance_id] = old
        if touched or target != after.target_id:
            self._changes.append(Change(prompt_id, touched, target))

    def undo(self, tracks: TrackSet, instance_id: int = 0) -> tuple[Change, list[Track]]:
        """Take back the newest change, or the newest one that touched an instance.

        Returns:
            The change and the restored instances, whose masks may be of an older frame.

        Raises:
            ValueError: there is nothing to undo.

        """
        for change in reversed(self._changes):
            if instance_id == 0 or instance_id in change.before:
                break
        else:
            about = f" for instance {instance_id}" if instance_id else ""
            raise ValueError(f"nothing to undo{about}")
        self._changes.remove(change)
        restored = []
        for touched_id, old in change.before.items():
            if old is None:
                tracks.tracks.pop(touched_id, None)
            else:
                tracks.tracks[touched_id] = old
                restored.append(old)
        target = change.target_before
        tracks.target_id = target if target in tracks.tracks else 0
        return change, restored

    def clear(self) -> None:
        """Forget all changes."""
        self._changes.clear()


def _same_values(old: Track, new: Track) -> bool:
    """Tell whether a track still holds the very values of its copy; they are never changed."""
    return all(value is vars(new)[name] for name, value in vars(old).items())
