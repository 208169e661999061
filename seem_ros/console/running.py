"""Run a console until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable

from seem_ros.console.server import ConsoleServer, ServerOptions
from seem_ros.console.session import Session


def run(session: Session, options: ServerOptions, ready: Callable[[str], None] = print) -> None:
    """Serve the page until Ctrl-C or SIGTERM; `ready` gets the address to open.

    Raises:
        ValueError: the token is too short.
        OSError: the address is taken or none of this machine, or a certificate cannot be read.

    """
    asyncio.run(serve(session, options, ready))


async def serve(session: Session, options: ServerOptions, ready: Callable[[str], None]) -> None:
    """Do what `run` does, in a loop that runs already."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # where signals come another way
            loop.add_signal_handler(number, stop.set)
    async with ConsoleServer(session, options) as server:
        ready(server.access.url)
        await stop.wait()
