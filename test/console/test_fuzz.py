"""Messages that no page would send: whatever they are, the console goes on."""

import json
import os
import random

import pytest

from seem_ros.console.limits import Limits
from support.console_bench import GREEN, Page, ServedConsole

COUNT = int(os.environ.get("SEEM_FUZZED_MESSAGES", "1500"))
ROOMY = Limits(messages_s=1e6, bytes_s=1e9)

KINDS = ["prompt", "command", "ack", "talk", "pause", "name", "type", "", "\ud800", "x" * 300]
FIELDS = [
    "stamp", "width", "height", "mode", "points", "boxes", "strokes", "text", "negative_text",
    "label", "instance_id", "track", "name", "on", "number", "id",
]  # fmt: skip
VALUES = [
    None, True, -1, 0, 1, 3.5, 1e308, 10**30, "", "add", "undo", "rename", "reset", "\x00",
    [], [[]], [[1, 2, 1]], [[5, 5, 700, 900]], {}, {"points": [[1, 1]]}, [{"points": [[1, 1]]}],
    "é" * 99, "9" * 19, "red", "record", "playback",
]  # fmt: skip


def fuzzed(source):
    """Return one message: nonsense, or one that is nearly right."""
    if source.random() < 0.15:
        return source.randbytes(source.randrange(0, 400))
    message = {source.choice(FIELDS): source.choice(VALUES) for _ in range(4)}
    text = json.dumps({"type": source.choice(KINDS), **message})
    if source.random() < 0.2:
        at = source.randrange(len(text))
        text = text[:at] + chr(source.randrange(1, 0x2FF)) + text[at + 2 :]
    return text


async def storm(console, source):
    """Send them all, then show that the console works as before."""
    async with Page(console) as page:
        await page.until(lambda: page.picture)
        for _ in range(COUNT):
            message = fuzzed(source)
            send = page.socket.send_bytes if isinstance(message, bytes) else page.socket.send_str
            await send(message)
        assert not page.socket.closed
        await page.send("pause", on=False)
        await page.send("command", name="reset")
        await page.send("prompt", points=[[300, 150, 1]])
        await page.until(
            lambda: (
                page.picture["target"]
                and [thing["box"] for thing in page.picture["things"]] == [list(GREEN)]
            )
        )


@pytest.mark.parametrize("seed", [17])
def test_fuzzed_messages_do_no_harm(run, caplog, seed):
    with ServedConsole(limits=ROOMY) as console:
        run(storm(console, random.Random(seed)))
    assert [item for item in caplog.records if item.levelname in ("ERROR", "CRITICAL")] == []
