"""What the page's commands do without ROS: to the tracker, the pictures and the library."""

from __future__ import annotations

import numpy as np

from seem_ros.console import session as door
from seem_ros.console.local.player import Player
from seem_ros.console.local.recorder import Recorder
from seem_ros.console.session import Command
from seem_ros.library import Library
from seem_ros.tracker import Tracker


class LocalCommands:
    """Carries out commands, on the tracker's thread; without a library nothing can be taught."""

    def __init__(
        self, tracker: Tracker, player: Player, recorder: Recorder, library: Library | None
    ) -> None:
        self._tracker = tracker
        self._player = player
        self._recorder = recorder
        self._library = library

    def carry_out(self, command: Command, rgb: np.ndarray | None) -> str:
        """Do what a command says, and return what was done.

        Args:
            command: of the page.
            rgb: (H, W, 3) uint8, the picture that is shown.

        Raises:
            ValueError: it is not possible.

        """
        if command.name == door.RENAME:
            chosen = self._chosen(command)
            self._tracker.rename(chosen, command.text)
            return f"instance {chosen} is {command.text!r}"
        if command.name == door.RESET:
            count = len(self._tracker.instances)
            self._tracker.reset()
            return f"{count} instances forgotten"
        if command.name == door.RECORD:
            self._recorder.switch(command.on)
            return "recording" if command.on else f"{self._recorder.frames} frames recorded"
        if command.name == door.PLAYBACK and not self._player.is_live:
            self._player.playing = command.on
            return "playing" if command.on else "paused"
        if command.name == door.TEACH and self._library is not None:
            return self._taught(self._library, command, rgb)
        raise ValueError(f"{command.name} is not possible here")

    def _taught(self, library: Library, command: Command, rgb: np.ndarray | None) -> str:
        """Let the library remember what an instance looks like in the picture that is shown."""
        chosen = self._chosen(command)
        things = {item.id: item for item in self._tracker.instances}
        mask = things[chosen].mask if chosen in things else None
        if mask is None or rgb is None:
            raise ValueError("select a thing that is in view: else nothing can be learnt")
        views = library.teach(command.text, rgb, mask)
        self._tracker.rename(chosen, command.text)
        return f"instance {chosen} is {command.text!r}, shown {views} time(s) now"

    def _chosen(self, command: Command) -> int:
        return command.instance_id or self._tracker.target_id
