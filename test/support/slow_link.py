"""A link between a browser and a server that carries only so many bytes a second."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading

CHUNK = 2048


class SlowLink:
    """Passes connections on to a port of this machine; use it in a `with` statement.

    Attributes:
        port: where it listens.

    """

    def __init__(self, target: int, rate: float) -> None:
        """Pass on to a port, with `rate` bytes a second each way and connection."""
        self._target = target
        self._rate = rate
        self._loop = asyncio.new_event_loop()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> SlowLink:
        """Start."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._listener.close()

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        await asyncio.start_server(self._connect, sock=self._listener, limit=CHUNK)
        await self._stop.wait()
        passing = asyncio.all_tasks() - {asyncio.current_task()}
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to, back = await asyncio.open_connection("127.0.0.1", self._target, limit=CHUNK)
        writer.transport.set_write_buffer_limits(0)
        back.transport.set_write_buffer_limits(0)
        with contextlib.suppress(asyncio.CancelledError):  # the link is at its end
            await asyncio.gather(self._pass(reader, back), self._pass(to, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                await asyncio.sleep(len(data) / self._rate)
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(ConnectionError):
            writer.close()
