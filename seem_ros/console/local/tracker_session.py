"""A session over a Tracker in this process: one thread plays the pictures and runs the model."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import numpy as np

from seem_ros.console import session as door
from seem_ros.console.local.commands import LocalCommands
from seem_ros.console.local.footage import Footage
from seem_ros.console.local.player import Player
from seem_ros.console.local.recorder import Recorder
from seem_ros.console.local.views import view_of
from seem_ros.console.session import Command, Events, Notice, Status
from seem_ros.library import Library
from seem_ros.prompts import Prompt
from seem_ros.tracker import Tracker
from seem_ros.tracking.frames import HISTORY_S

log = logging.getLogger(__name__)

_STATUS_S = 1.0


class TrackerSession:
    """Carries out what the page asks, in the order it comes."""

    def __init__(self, tracker: Tracker, footage: Footage, title: str, **facts: Any) -> None:
        """Take a tracker that nobody else uses.

        Args:
            tracker: follows what is pointed at.
            footage: where pictures come from.
            title: what is looked at, for people.
            facts: `model` and `device`, for people, `words`, for completion, and `library`,
                which keeps what is taught.

        """
        self.title = title
        self.history_s = HISTORY_S
        self._tracker = tracker
        self._player = Player(footage)
        self._words: tuple[str, ...] = tuple(facts.pop("words", ()))
        self._library: Library | None = facts.pop("library", None)
        self._told_words = self.words()
        self._facts = facts
        self._recorder = Recorder()
        self._commands = LocalCommands(tracker, self._player, self._recorder, self._library)
        self._events: Events  # from `start` on
        self._frame: tuple[np.ndarray, int] | None = None
        self._moves = footage.is_live
        self._work: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._watching = self._stopped = False
        self._took: deque[float] = deque(maxlen=20)  # seconds in the tracker
        self._ended: deque[float] = deque(maxlen=20)  # when steps ended
        self._thread = threading.Thread(target=self._run, name="console_tracker", daemon=True)

    def start(self, events: Events) -> None:
        """Show the first picture."""
        self._events = events
        self._thread.start()

    def close(self) -> None:
        """Stop playing; a step of the model that has begun is waited for."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()
        self._player.close()
        self._recorder.close()

    def watch(self, watching: bool) -> None:
        """Play while somebody looks."""
        self._watching = watching
        self._do(self._show)

    def abilities(self) -> frozenset[str]:
        """Return what the page shows controls for."""
        found = {door.RENAME, door.RESET, door.NEXT_READING}
        if self._library is not None:
            found.add(door.TEACH)
        if self._moves:
            found.add(door.RECORD)
            if not self._player.is_live:
                found.add(door.PLAYBACK)
        return frozenset(found)

    def words(self) -> tuple[str, ...]:
        """Return the names of what was taught, and the model's vocabulary."""
        taught = () if self._library is None else self._library.names
        return tuple(dict.fromkeys((*taught, *self._words)))

    def send(self, prompt: Prompt) -> None:
        """Have a prompt carried out on the picture that is shown."""
        self._events.on_prompt(prompt)
        self._do(lambda: self._step([prompt]))

    def command(self, command: Command) -> Future[str]:
        """Carry out a command between two steps."""
        done: Future[str] = Future()

        def work() -> None:
            try:
                rgb = None if self._frame is None else self._frame[0]
                said = self._commands.carry_out(command, rgb)
                self._tell()
                self._tell_words()
                done.set_result(said)
            except Exception as error:  # noqa: BLE001 it belongs to who asked
                done.set_exception(error)
            self._show()

        self._do(work)
        return done

    def hear(self, samples: bytes) -> None:
        """Do nothing: there is nobody to listen."""

    def saved(self, name: str) -> bytes:
        """Return the recorded video."""
        return self._recorder.contents()

    def _do(self, work: Callable[[], None]) -> None:
        with self._changed:
            self._work.append(work)
            self._changed.notify()

    def _run(self) -> None:
        """Do what waits, else take the next picture when it is due."""
        self._guarded(self._begin)
        told_s = 0.0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._work or self._stopped, self._pause_s())
                if self._stopped:
                    return
                work = self._work.popleft() if self._work else None
            if work is not None:
                self._guarded(work)
            elif self._is_due():
                self._guarded(self._play)
            if time.monotonic() > told_s + _STATUS_S:
                told_s = time.monotonic()
                self._tell()
                self._tell_words()

    def _pause_s(self) -> float:
        """Return for how long nothing is to be done but what may come."""
        if not self._plays():
            return _STATUS_S
        return min(self._player.wait_s(), _STATUS_S)

    def _plays(self) -> bool:
        return self._watching and self._player.playing

    def _is_due(self) -> bool:
        return self._plays() and self._player.wait_s() == 0

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do something; the session outlives faults of files and of the model."""
        try:
            work()
        except Exception as error:  # noqa: BLE001 see above
            if not isinstance(error, (ValueError, OSError)):
                log.exception("the console's tracker failed")
            self._player.playing = False
            self._events.on_notice(Notice("", "", "refused", str(error)))
            self._tell()

    def _begin(self) -> None:
        self._frame = self._player.first()
        self._moves = self._player.is_live or self._player.has_more
        self._events.on_abilities()
        self._step([])

    def _play(self) -> None:
        self._frame = self._player.next()
        self._step([])
        if not self._player.is_live and not self._player.has_more:
            self._player.playing = False
            self._tell()

    def _step(self, prompts: list[Prompt]) -> None:
        """Run the tracker on the picture that is shown, and show what came of it."""
        if self._frame is None:
            raise ValueError("there is no picture")
        rgb, stamp_ns = self._frame
        began_s = time.monotonic()
        try:
            self._tracker.step(rgb, stamp_ns=stamp_ns, prompts=prompts)
        except Exception:
            self._tracker.discard_waiting()
            raise
        finally:
            self._ended.append(time.monotonic())
            self._took.append(self._ended[-1] - began_s)
        for prompt, report in zip(prompts, self._tracker.reports, strict=True):
            code = "done" if report.code == "accepted" else report.code
            self._events.on_notice(
                Notice(prompt.id, prompt.source, code, report.message, report.instance_id)
            )
        if not prompts:
            instances = self._tracker.instances
            self._recorder.add(rgb, instances, self._tracker.target_id, self._rate())
        self._show()

    def _show(self) -> None:
        if self._frame is None or not self._watching:
            return
        self._events.on_view(view_of(*self._frame, self._tracker))

    def _tell_words(self) -> None:
        """Say that there are other names to complete; other programs teach and forget, too."""
        with contextlib.suppress(ValueError, OSError):  # whoever teaches next is told
            if (words := self.words()) != self._told_words:
                self._told_words = words
                self._events.on_abilities()

    def _rate(self) -> float:
        """Return steps a second of the last ones."""
        if len(self._ended) < 2:
            return 10.0
        return min(60.0, (len(self._ended) - 1) / max(1e-3, self._ended[-1] - self._ended[0]))

    def _tell(self) -> None:
        plays = self._plays()
        took_s = float(np.median(self._took)) if self._took else 0.0
        rate = self._rate() if plays else 0.0
        state = "running" if plays else "paused"
        self._events.on_status(
            Status(
                state, input_rate=rate, output_rate=rate, latency=took_s,
                inference_time=took_s, **self._facts,
            )
        )  # fmt: skip
