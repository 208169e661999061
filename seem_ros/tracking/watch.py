"""Texts that stay alive: every few frames, new matches become new instances."""

from __future__ import annotations

import dataclasses

from seem_ros.prompts import Mode, Prompt
from seem_ros.tracking.config import ACCEPTED, NOT_FOUND, PromptReport
from seem_ros.tracking.model import Scene
from seem_ros.tracking.prompting import PromptDesk


class TextWatch:
    """Keeps the texts that were given with `track` and asks for them again."""

    def __init__(self, every: int) -> None:
        """Look once in this many frames."""
        self._every = every
        self._prompts: list[Prompt] = []
        self._frames = 0

    def note(self, prompt: Prompt, report: PromptReport) -> None:
        """Keep a text prompt with `track`, also if nothing is in view yet."""
        wanted = prompt.track and prompt.text.strip() and not prompt.has_spatial
        if wanted and prompt.mode == Mode.ADD and report.code in (ACCEPTED, NOT_FOUND):
            self._prompts = [item for item in self._prompts if item.text != prompt.text]
            self._prompts.append(dataclasses.replace(prompt, image_size=None, stamp_ns=0))

    def look(self, scene: Scene, desk: PromptDesk) -> None:
        """Start instances for new matches in a frame, if it is time."""
        self._frames += 1
        if not self._prompts or self._frames % self._every:
            return
        scene.ready()
        for prompt in self._prompts:
            result = scene.model.predict(prompt.validated(*scene.frame.size))
            if result.found:
                desk.start_matches(result, prompt, scene)

    def clear(self) -> None:
        """Forget all texts."""
        self._prompts = []
