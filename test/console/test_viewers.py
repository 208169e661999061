"""Several pages, slow pages, and no page at all."""

import time

import cv2

from seem_ros.console.session import Command
from support.console_bench import PATIENCE_S, NoisyCamera, Page, ServedConsole, flood_session

INSIDE_RED = [100, 150, 1]


def test_operators_see_each_other(run):
    async def visit(console):
        async with Page(console) as ada, Page(console) as bob:
            await ada.until(lambda: ada.picture)
            await bob.send("name", name="Bob")
            await ada.until(
                lambda: {"type": "operators", "names": ["operator 1", "Bob"]} in ada.lines
            )
            await bob.send("prompt", text="red", points=[])
            seen = await ada.line("prompt", source="Bob", text="red")
            await ada.line("notice", id=seen["id"], code="done", source="Bob")
            async with Page(console) as late:
                await late.line("notice", id=seen["id"], code="done")

    with ServedConsole() as console:
        run(visit(console))


def test_one_picture_at_most_is_on_its_way(run):
    """A page that acknowledges nothing gets one picture, and then the newest there is."""

    async def visit(console):
        async with Page(console) as quick, Page(console) as stuck:
            stuck.acknowledges = False
            await stuck.until(lambda: stuck.picture)
            first = stuck.picture["number"]
            await quick.until(lambda: quick.picture.get("number", 0) > 12)
            assert stuck.picture["number"] == first
            skipped = int(stuck.picture["stamp"])
            await stuck.send("ack", number=first)
            await stuck.until(lambda: stuck.picture["number"] == first + 1)
            assert int(stuck.picture["stamp"]) - skipped > 300_000_000
            await stuck.send("pause", on=True)
            await stuck.send("ack", number=first + 1)
            seen = quick.picture["number"]
            await quick.until(lambda: quick.picture["number"] > seen + 5)
            assert stuck.picture["number"] == first + 1
            await stuck.send("pause", on=False)
            await stuck.until(lambda: stuck.picture["number"] == first + 2)

    with ServedConsole(flood_session(NoisyCamera())) as console:
        run(visit(console))


def test_nothing_is_played_or_coded_while_nobody_looks(run):
    class Counted(NoisyCamera):
        taken = 0

        def frames(self):
            for frame in super().frames():
                Counted.taken += 1
                yield frame

    async def visit(console):
        async with Page(console) as page:
            await page.until(lambda: page.picture.get("number", 0) > 6)

    with ServedConsole(flood_session(Counted(50.0))) as console:
        assert Counted.taken <= 1  # the first picture, to have one
        run(visit(console))
        assert Counted.taken > 3
        deadline_s = time.monotonic() + PATIENCE_S
        while console.session._watching:  # until the server has seen that the page is gone
            assert time.monotonic() < deadline_s
            time.sleep(0.01)
        console.session.command(Command("rename", instance_id=9)).exception(10)  # it is idle now
        taken, coded = Counted.taken, console.server._hub.coder._view
        time.sleep(0.3)
        assert Counted.taken == taken
        assert console.server._hub.coder._view is coded


def test_a_picture_that_cannot_be_coded_is_said_and_the_next_one_comes(run, monkeypatch):
    from seem_ros.console import pictures

    code, broken = pictures.code, [True]

    def failing(view, level):
        if broken:
            broken.clear()
            raise cv2.error("out of ink")
        return code(view, level)

    monkeypatch.setattr(pictures, "code", failing)

    async def visit(console):
        async with Page(console) as page:
            await page.line("notice", message="no picture: out of ink", code="refused")
            await page.send("prompt", points=[INSIDE_RED])
            await page.until(lambda: page.picture and len(page.picture["things"]) == 1)

    with ServedConsole() as console:
        run(visit(console))
