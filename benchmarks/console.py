"""What the operator's page costs beside the node: CPU of both with no, one and three viewers.

python -m benchmarks.console [--seconds 20] [--viewers 0 1 3] [--json OUT]

The bundled clip plays as a camera, five images a second, one thing is followed. Viewers are plain
WebSockets on this machine that acknowledge each picture at once, as a browser on a quick link.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.processes import cpu_s
from seem_ros import resources
from seem_ros.demo import environment

PORT = 8699
BASE = f"http://127.0.0.1:{PORT}"
CLICK = (253, 261)  # on the red mug
CAMERA = "/clip_camera"
PATIENCE_S = 120.0
SETTLE_S = 3.0
FIGURES = (
    "console, % of a core",
    "seem_node, % of a core",
    "pictures a second and viewer",
    "kB/s",
)


class Viewers:
    """So many pages.

    Attributes:
        pictures: how many all of them got.
        sent: bytes of these.
        things: how many the last picture had.

    """

    def __init__(self) -> None:
        """Nobody looks yet."""
        self.pictures = self.sent = self.things = 0

    async def look(self, http: Any, click: bool) -> None:
        """Look until cancelled; one that clicks goes on clicking until something is followed."""
        import aiohttp

        clicked_s = 0.0
        async with http.ws_connect(f"{BASE}/ws", max_msg_size=0, origin=BASE) as socket:
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.BINARY:
                    continue
                length = int.from_bytes(message.data[:4], "little")
                head = json.loads(message.data[4 : 4 + length])
                self.pictures, self.sent = self.pictures + 1, self.sent + len(message.data)
                self.things = len(head["things"])
                await socket.send_json({"type": "ack", "number": head["number"]})
                if click and not self.things and time.monotonic() - clicked_s > SETTLE_S:
                    clicked_s = time.monotonic()
                    await socket.send_json({"type": "prompt", "points": [[*CLICK, 1]]})


async def measured(count: int, pids: Sequence[int], seconds: float) -> dict[str, float]:
    """Return the figures with so many viewers; `pids` are those of console_node and seem_node."""
    import aiohttp

    viewers = Viewers()
    async with aiohttp.ClientSession() as http:
        looking = [asyncio.create_task(viewers.look(http, False)) for _ in range(count)]
        await asyncio.sleep(SETTLE_S)
        before = [cpu_s([pid]) for pid in pids]
        pictures, sent, began = viewers.pictures, viewers.sent, time.monotonic()
        await asyncio.sleep(seconds)
        lasted = time.monotonic() - began
        shares = [
            (cpu_s([pid]) - used) / lasted * 100 for pid, used in zip(pids, before, strict=True)
        ]
        await _ended(looking)
    each = max(1, count)
    rates = (
        (viewers.pictures - pictures) / lasted / each,
        (viewers.sent - sent) / lasted / 1e3 / each,
    )
    return dict(zip(FIGURES, (*shares, *rates), strict=True))


async def follow_one() -> None:
    """Click until a thing is followed."""
    import aiohttp

    viewers, end = Viewers(), time.monotonic() + PATIENCE_S
    async with aiohttp.ClientSession() as http:
        while not viewers.things:
            if time.monotonic() > end:
                raise SystemExit("nothing is followed: does the node run?")
            looking = asyncio.create_task(viewers.look(http, True))
            while not (looking.done() or viewers.things or time.monotonic() > end):
                await asyncio.sleep(0.2)
            await _ended([looking])


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, OSError):  # it does not listen yet
            await asyncio.sleep(0.5)


@contextlib.contextmanager
def system(folder: Path) -> Iterator[list[int]]:
    """Run camera, node and console; yield the process ids of console_node and seem_node."""
    from seem_ros.demo.node_process import NodeProcess, executable

    image = ("-r", f"image:={CAMERA}/image_raw")
    commands = (
        ("clip_camera", "-r", f"__ns:={CAMERA}"),
        ("console_node", *image, "-p", f"port:={PORT}"),
    )
    params = resources.config_path("seem.yaml")
    with contextlib.ExitStack() as stack, (folder / "log").open("wb") as log:
        node = stack.enter_context(
            NodeProcess(params, folder / "node.log", (*image, "-p", "use_depth:=false"))
        )
        others = []
        for name, *arguments in commands:
            command = [str(executable(name)), "--ros-args", *arguments]
            others.append(subprocess.Popen(command, stdout=log, stderr=log))
            stack.callback(others[-1].wait)
            stack.callback(others[-1].terminate)
        yield [others[1].pid, node.pid]


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.console", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--viewers", type=int, nargs="+", default=[0, 1, 3])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    environment.isolate(1 + os.getpid() % 100)
    found: dict[int, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder, system(Path(folder)) as pids:
        asyncio.run(follow_one())
        for count in options.viewers:
            found[count] = asyncio.run(measured(count, pids, options.seconds))
            figures = ", ".join(f"{name} {value:.1f}" for name, value in found[count].items())
            print(f"{count} viewers: {figures}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
