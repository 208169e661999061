"""One connected page: what it sends is checked and carried out, and it gets pictures at its pace.

At most one picture is on its way: the page acknowledges each when it is drawn, and then gets the
newest one there is. So nothing queues up on a slow link, and a page that sleeps gets nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections import deque
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from seem_ros.console import requests, wire
from seem_ros.console.hub import Hub
from seem_ros.console.limits import Bucket
from seem_ros.console.pace import Pace
from seem_ros.console.session import Notice, View

log = logging.getLogger(__name__)

MOST_SOUND = 32_000  # bytes of one message: a second


class Viewer:
    """Serves one WebSocket.

    Attributes:
        name: of the operator, shown to the others.

    """

    def __init__(self, hub: Hub, socket: web.WebSocketResponse) -> None:
        """Take a prepared socket."""
        self.name = ""
        self._hub = hub
        self._socket = socket
        self._messages = Bucket(hub.limits.messages_s, hub.limits.burst_s)
        self._bytes = Bucket(hub.limits.bytes_s, hub.limits.burst_s)
        self._lines: deque[str] = deque(maxlen=hub.limits.waiting)
        self._newest_lines: dict[str, str] = {}
        self._wake = asyncio.Event()
        self._pace = Pace()
        self._shown: tuple[View, int] | None = None  # what was sent last, and how fine
        self._number = 0
        self._paused = False
        self._sent_s: float | None = None  # while a picture is on its way
        self._shown_age_s = 0.0
        self._handlers = {
            "ack": self._on_ack,
            "prompt": self._on_prompt,
            "command": self._on_command,
            "talk": self._on_talk,
            "pause": self._on_pause,
            "name": self._on_name,
        }

    async def serve(self) -> None:
        """Serve the page until it goes."""
        self._hub.join(self)
        writing = asyncio.create_task(self._write())
        try:
            await self._read()
        finally:
            self._hub.leave(self)
            writing.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await writing

    def tell(self, line: str, kind: str = "") -> None:
        """Send a line; one with a kind takes the place of one of its kind that still waits."""
        if kind:
            self._newest_lines[kind] = line
        else:
            self._lines.append(line)
        self._wake.set()

    def look(self) -> None:
        """Take note that there is a newer view."""
        self._wake.set()

    async def _write(self) -> None:
        """Send what waits: lines first, they are short and tell what happens."""
        while not self._socket.closed:
            await self._wake.wait()
            self._wake.clear()
            while self._lines:
                await self._socket.send_str(self._lines.popleft())
            while self._newest_lines:
                kind = next(iter(self._newest_lines))
                await self._socket.send_str(self._newest_lines.pop(kind))
            await self._send_picture()

    async def _send_picture(self) -> None:
        """Send the newest view, unless one is on its way or this page has it as fine as it can."""
        view, level = self._hub.newest, self._pace.level
        if view is None or self._sent_s is not None or self._paused:
            return
        if self._shown and self._shown[0] is view and self._shown[1] <= level:
            return
        self._shown = view, level
        try:
            coded = await self._hub.coder.coded(view, level)
        except Exception as error:  # noqa: BLE001 the page must see the next one
            if not isinstance(error, ValueError):
                log.exception("a picture could not be coded")
            self.tell(wire.notice_line(Notice("", "", "refused", f"no picture: {error}")))
            return
        self._number += 1
        self._sent_s = time.monotonic()
        age_s = self._sent_s - view.received_s
        await self._socket.send_bytes(
            wire.picture(view, coded, self._number, age_s, self._shown_age_s)
        )

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return  # too large, or no WebSocket's message at all; aiohttp has closed it
            if not (self._messages.take(1) and self._bytes.take(len(message.data))):
                reason = b"too many messages"
                await self._socket.close(code=WSCloseCode.POLICY_VIOLATION, message=reason)
                return
            if message.type is WSMsgType.BINARY:
                self._on_sound(message.data)
            else:
                self._on_line(message.data)

    def _on_line(self, text: str) -> None:
        """Carry out a message; a wrong one is refused, and changes nothing."""
        try:
            message = requests.parse(text)
            handler = self._handlers.get(message["type"])
            if handler is None:
                raise ValueError(f"unknown message type {message['type'][:40]!r}")
            handler(message)
        except ValueError as error:
            self.tell(wire.notice_line(Notice("", self.name, "refused", str(error))))

    def _on_ack(self, message: dict[str, Any]) -> None:
        if self._sent_s is None or message.get("number") != self._number:
            return
        now_s = time.monotonic()
        self._pace.landed(now_s - self._sent_s)
        if self._shown:
            self._shown_age_s = now_s - self._shown[0].received_s
        self._sent_s = None
        self._wake.set()

    def _on_prompt(self, message: dict[str, Any]) -> None:
        prompt_id = f"console-{uuid.uuid4().hex[:8]}"
        self._hub.ask(requests.prompt_of(message, prompt_id, self.name))

    def _on_command(self, message: dict[str, Any]) -> None:
        self._hub.command(requests.command_of(message, self.name))

    def _on_talk(self, message: dict[str, Any]) -> None:
        self._hub.talk(self, requests.flag(message, "on"))

    def _on_pause(self, message: dict[str, Any]) -> None:
        """Send no pictures while the page is not seen, or its picture is held."""
        self._paused = requests.flag(message, "on")
        self._wake.set()

    def _on_name(self, message: dict[str, Any]) -> None:
        self.name = requests.operator_name(message) or self.name
        self._hub.introduce()

    def _on_sound(self, samples: bytes) -> None:
        if len(samples) <= MOST_SOUND and len(samples) % 2 == 0:
            self._hub.hear(self, samples)
