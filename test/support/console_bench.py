"""A console over drawn scenes: its server in a thread, a browser's side in plain Python."""

from __future__ import annotations

import asyncio
import itertools
import json
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import numpy as np

from seem_ros.console.limits import Limits
from seem_ros.console.local.footage import FileFootage
from seem_ros.console.local.tracker_session import TrackerSession
from seem_ros.console.server import ConsoleServer, ServerOptions
from seem_ros.tracker import Tracker
from support.flood_segmenter import FloodSegmenter, draw_scene

PATIENCE_S = 20.0  # a limit for failing, never for passing
RED, GREEN, BLUE = (60, 80, 180, 240), (250, 100, 380, 260), (450, 60, 560, 200)
HEIGHT, WIDTH = 360, 640
SCENE = draw_scene([("red", RED), ("green", GREEN), ("blue", BLUE)], HEIGHT, WIDTH)


def photo() -> Iterator[tuple[np.ndarray, int]]:
    """Yield the scene."""
    yield SCENE, 0


def clip(frames: int) -> Iterator[tuple[np.ndarray, int]]:
    """Yield the scene with the red plate moving right."""
    for number in range(frames):
        x0, y0, x1, y1 = RED
        plates = [("red", (x0 + number, y0, x1 + number, y1)), ("green", GREEN), ("blue", BLUE)]
        yield draw_scene(plates, HEIGHT, WIDTH), number * 33_000_000


class NoisyCamera:
    """A live source whose pictures are hard to compress; their stamps are the wall clock."""

    is_live = True

    def __init__(self, rate: float = 15.0) -> None:
        """Send so many pictures a second."""
        self._rate = rate
        noise = np.random.default_rng(0).integers(-18, 18, (4, HEIGHT, WIDTH, 3))
        self._pictures = [np.clip(SCENE + grain, 0, 255).astype(np.uint8) for grain in noise]

    def frames(self) -> Iterator[tuple[np.ndarray, int]]:
        """Yield pictures at the camera's pace."""
        for picture in itertools.cycle(self._pictures):
            time.sleep(1 / self._rate)
            yield picture, time.time_ns()


def flood_session(footage: Any = None) -> TrackerSession:
    """Return a session over the flood segmenter."""
    tracker = Tracker(FloodSegmenter())
    words = ("red mug", "green cup", "bottle")
    return TrackerSession(tracker, footage or FileFootage(photo), "drawn scene", words=words)


class ServedConsole:
    """A console server in a thread of its own; use it in a `with` statement.

    Attributes:
        server: the ConsoleServer.
        loop: that it runs in.

    """

    def __init__(self, session: Any = None, **options: Any) -> None:
        """Serve a session, by default of the drawn photo, at a free port."""
        self.session = session or flood_session()
        options.setdefault("limits", Limits())
        self.server = ConsoleServer(self.session, ServerOptions(**{"port": 0, **options}))
        self.loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def url(self) -> str:
        """Address for a browser."""
        return self.server.access.url

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server.access.port

    def __enter__(self) -> ServedConsole:
        """Start."""
        self._thread.start()
        assert self._ready.wait(PATIENCE_S)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        self.loop.run_until_complete(self._serve())
        self.loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        async with self.server:
            self._ready.set()
            await self._stop.wait()


class Page:
    """What a browser's page does, over a real WebSocket; acknowledges every picture.

    Attributes:
        lines: the messages so far, by type.
        picture: the header of the last picture.
        labels: its label image with instance ids.

    """

    def __init__(self, console: ServedConsole) -> None:
        """Look at a console."""
        self._console = console
        self.lines: list[dict[str, Any]] = []
        self.picture: dict[str, Any] = {}
        self.labels: np.ndarray | None = None
        self.acknowledges = True

    async def __aenter__(self) -> Page:
        """Connect."""
        port = self._console.port
        self._client = aiohttp.ClientSession()
        self.socket = await self._client.ws_connect(
            f"http://127.0.0.1:{port}/ws",
            headers={"Origin": f"http://127.0.0.1:{port}"},
            max_msg_size=0,
        )
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave."""
        self._reading.cancel()
        await self.socket.close()
        await self._client.close()

    async def send(self, kind: str, **fields: Any) -> None:
        """Send a message."""
        await self.socket.send_str(json.dumps({"type": kind, **fields}))

    async def until(self, condition: Callable[[], Any]) -> Any:
        """Wait until something is true, and return it."""
        deadline_s = time.monotonic() + PATIENCE_S
        while not (found := condition()):
            assert time.monotonic() < deadline_s, f"waited in vain; {self.lines[-5:]}"
            await asyncio.sleep(0.01)
        return found

    async def line(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Wait for a message of a type with such fields."""
        wanted = {"type": kind, **fields}
        return await self.until(
            lambda: next((item for item in self.lines if wanted.items() <= item.items()), None)
        )

    async def _read(self) -> None:
        async for message in self.socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                self.lines.append(json.loads(message.data))
            elif message.type is aiohttp.WSMsgType.BINARY:
                self.picture, self.labels = unpacked(message.data)
                if self.acknowledges:
                    await self.send("ack", number=self.picture["number"])


def unpacked(data: bytes) -> tuple[dict[str, Any], np.ndarray | None]:
    """Return the header of a picture's message and its label image, as the page would."""
    (length,) = struct.unpack_from("<I", data)
    header = json.loads(data[4 : 4 + length])
    header["picture"] = data[4 + length : 4 + length + header["jpeg"]]
    coded = data[4 + length + header["jpeg"] :]
    assert len(coded) == header["labels"]
    if not coded:
        return header, None
    runs = zlib.decompress(coded)
    (count,) = struct.unpack_from("<I", runs)
    lengths = np.frombuffer(runs, "<u4", count, 4)
    values = np.frombuffer(runs, np.uint8, count, 4 + 4 * count)
    ids = np.array([0, *header["ids"]])
    return header, np.repeat(ids[values], lengths).reshape(header["rows"], header["columns"])
