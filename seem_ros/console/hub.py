"""Joins one session and the pages that look at it.

Everything runs on the event loop's thread, except the on_… methods, which may be called from any.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol

from seem_ros.console import wire
from seem_ros.console.limits import Limits
from seem_ros.console.pictures import Coder
from seem_ros.console.session import Command, Heard, Notice, Session, Status, View
from seem_ros.prompts import Prompt

log = logging.getLogger(__name__)

REMEMBERED = 20  # lines that a new page gets to see
FLOOR_S = 2.0  # a speaker who sends no sound for so long has ended
TAIL = bytes(2 * 16000)  # a second of silence: what a recogniser takes for the end of a sentence


class Page(Protocol):
    """What the hub needs of a connected page."""

    name: str

    def tell(self, line: str, kind: str = "") -> None:
        """Send a line; one with a kind takes the place of one of its kind that still waits."""

    def look(self) -> None:
        """Take note that there is a newer view."""


class Hub:
    """Knows the newest view and who looks at it.

    Attributes:
        session: what segments.
        limits: on what a page may do.
        coder: codes views for all pages.
        newest: the newest view; None before the first one.

    """

    def __init__(self, session: Session, limits: Limits | None = None) -> None:
        """Join a session that was not started yet."""
        self.session = session
        self.limits = limits or Limits()
        self.coder = Coder()
        self.newest: View | None = None
        self._pages: list[Page] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._status = Status()
        self._recent: deque[str] = deque(maxlen=REMEMBERED)
        self._joined = 0
        self._speaker: Page | None = None
        self._spoke_s = 0.0

    async def open(self) -> None:
        """Start the session."""
        self._loop = asyncio.get_running_loop()
        self.session.start(self)

    async def close(self) -> None:
        """Stop the session."""
        await asyncio.to_thread(self.session.close)
        self.coder.close()

    # What pages do

    def join(self, page: Page) -> None:
        """Take a page in, name it, and tell it how things are.

        Raises:
            ValueError: there are as many as are allowed.

        """
        if len(self._pages) >= self.limits.viewers:
            raise ValueError(f"{len(self._pages)} pages are connected, more are not allowed")
        self._joined += 1
        page.name = page.name or f"operator {self._joined}"
        self._pages.append(page)
        if len(self._pages) == 1:
            self.newest = None  # whatever it was, it is old
            self.session.watch(True)
        page.tell(wire.line("hello", you=page.name, title=self.session.title))
        for line in self._recent:
            page.tell(line)
        page.tell(wire.status_line(self._status), "status")
        page.tell(self._abilities_line(), "abilities")
        self.introduce()
        page.look()

    def leave(self, page: Page) -> None:
        """Let a page go; without any, the session makes no views."""
        if page not in self._pages:
            return
        self._pages.remove(page)
        if self._speaker is page:
            self.talk(page, False)
        if not self._pages:
            self.session.watch(False)
        self.introduce()

    def introduce(self) -> None:
        """Tell all pages who is there."""
        self._tell_all(wire.line("operators", names=[page.name for page in self._pages]), "names")

    def ask(self, prompt: Prompt) -> None:
        """Send a prompt.

        Raises:
            ValueError: the picture it was drawn on is too old, or nobody would take it.

        """
        newest_ns = self.newest.stamp_ns if self.newest else 0
        behind_s = (newest_ns - prompt.stamp_ns) / 1e9
        if prompt.has_spatial and prompt.stamp_ns and behind_s > self.session.history_s:
            raise ValueError(
                f"the picture on the screen was {behind_s:.1f} s old: "
                "what you pointed at may have moved; wait for a newer one"
            )
        self.session.send(prompt)

    def command(self, command: Command) -> None:
        """Carry out a command; all pages hear what became of it."""
        future = self.session.command(command)
        future.add_done_callback(lambda done: self._soon(self._answered, command, done))

    def talk(self, page: Page, on: bool) -> None:
        """Give a page the word, or take it back.

        Raises:
            ValueError: another one is speaking.

        """
        if on:
            self._may_speak(page)
            self._speaker, self._spoke_s = page, time.monotonic()
        elif self._speaker is page:
            self._speaker = None
            self.session.hear(TAIL)

    def hear(self, page: Page, samples: bytes) -> None:
        """Pass on a page's sound; it must have the word."""
        if self._speaker is page:
            self._spoke_s = time.monotonic()
            self.session.hear(samples)

    def _may_speak(self, page: Page) -> None:
        speaker = self._speaker
        if speaker not in (None, page) and time.monotonic() - self._spoke_s < FLOOR_S:
            raise ValueError(f"{speaker.name} is speaking")

    # What the session says

    def on_view(self, view: View) -> None:
        """Take the newest image."""
        self._soon(self._take_view, view)

    def on_prompt(self, prompt: Prompt) -> None:
        """Show all pages what somebody asked."""
        self._soon(self._tell_all, wire.prompt_line(prompt), "", True)

    def on_notice(self, notice: Notice) -> None:
        """Show all pages what became of it."""
        self._soon(self._tell_all, wire.notice_line(notice), "", True)

    def on_status(self, status: Status) -> None:
        """Show all pages how the segmenter is."""
        self._soon(self._take_status, status)

    def on_heard(self, heard: Heard) -> None:
        """Show all pages what was heard."""
        self._soon(self._tell_all, wire.heard_line(heard), "heard", heard.is_final)

    def on_abilities(self) -> None:
        """Show all pages the controls that work now."""
        self._soon(lambda: self._tell_all(self._abilities_line(), "abilities"))

    def _soon(self, call: Callable[..., None], *arguments: Any) -> None:
        """Call on the loop's thread; after its end nobody is there to be told."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(call, *arguments)

    def _take_view(self, view: View) -> None:
        self.newest = view
        for page in self._pages:
            page.look()

    def _take_status(self, status: Status) -> None:
        self._status = status
        self._tell_all(wire.status_line(status), "status")

    def _abilities_line(self) -> str:
        return wire.line(
            "abilities", names=sorted(self.session.abilities()), words=self.session.words()
        )

    def _answered(self, command: Command, done: Future[str]) -> None:
        error = None if done.cancelled() else done.exception()
        if error is not None and not isinstance(error, ValueError):
            log.error("command %s failed", command.name, exc_info=error)
        if done.cancelled() or error is not None:
            notice = Notice("", command.source, "refused", str(error or "it was cancelled"))
        else:
            notice = Notice("", command.source, "done", done.result(), command.instance_id)
        self._tell_all(wire.notice_line(notice), "", True)

    def _tell_all(self, line: str, kind: str = "", keep: bool = False) -> None:
        if keep:
            self._recent.append(line)
        for page in self._pages:
            page.tell(line, kind)
