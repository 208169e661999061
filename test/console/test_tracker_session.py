"""The page's other side without ROS: prompts, commands, playing, recording over a Tracker."""

from functools import partial

import cv2
import numpy as np

from seem_ros.console.local.footage import FileFootage
from seem_ros.console.local.tracker_session import TrackerSession
from seem_ros.library import Library
from seem_ros.segmenter import Segmenter
from seem_ros.tracker import Tracker
from support.console_bench import (
    BLUE,
    GREEN,
    RED,
    SCENE,
    NoisyCamera,
    Page,
    ServedConsole,
    clip,
    flood_session,
    photo,
)
from support.flood_segmenter import FloodSegmenter
from support.tiny_seem import tiny_seem

INSIDE_RED, INSIDE_GREEN, INSIDE_BLUE = [100, 150, 1], [300, 150, 1], [500, 100, 1]


def playing(run, scenario, footage=None):
    """Run a scenario with one page that has seen the first picture."""

    async def visit(console):
        async with Page(console) as page:
            await page.until(lambda: page.picture)
            await scenario(page, console)

    with ServedConsole(flood_session(footage)) as console:
        run(visit(console))


def boxes(page):
    return {thing["id"]: thing["box"] for thing in page.picture["things"]}


def states(page):
    return [line["state"] for line in page.lines if line["type"] == "status"]


async def click(page, *points, **fields):
    """Point at something and wait for the end of it."""
    before = len([line for line in page.lines if line["type"] == "notice"])
    await page.send("prompt", points=list(points), **fields)
    await page.until(
        lambda: len([line for line in page.lines if line["type"] == "notice"]) > before
    )
    return [line for line in page.lines if line["type"] == "notice"][-1]


def test_clicks_boxes_strokes_and_words_make_exact_masks(run):
    async def scenario(page, console):
        await click(page, INSIDE_RED, stamp=page.picture["stamp"], width=640, height=360)
        await page.send("prompt", boxes=[[240, 90, 390, 270]])
        await page.until(lambda: len(boxes(page)) == 2)
        await page.send("prompt", strokes=[{"points": [[470, 80], [540, 180]], "width": 9}])
        await page.until(lambda: len(boxes(page)) == 3)
        assert sorted(boxes(page).values()) == sorted(map(list, (RED, GREEN, BLUE)))
        await page.until(lambda: len(np.unique(page.labels)) == 4)
        for instance_id, (x0, y0, x1, y1) in boxes(page).items():
            truth = np.zeros(SCENE.shape[:2], bool)
            truth[y0:y1, x0:x1] = True
            assert np.array_equal(page.labels == instance_id, truth)

    playing(run, scenario)


def test_words_that_name_nothing_say_so(run):
    async def scenario(page, console):
        await page.send("prompt", text="yellow")
        notice = await page.line("notice", code="not_found")
        assert notice["source"] == "operator 1"
        await page.send("prompt", text="green")
        await page.until(lambda: list(boxes(page).values()) == [list(GREEN)])

    playing(run, scenario)


def test_select_rename_undo_remove_and_reset(run):
    async def scenario(page, console):
        await click(page, INSIDE_RED)
        await click(page, INSIDE_GREEN)
        await page.until(lambda: len(boxes(page)) == 2)
        first, second = boxes(page)
        await page.send("prompt", mode="select", instance_id=first)
        await page.until(lambda: page.picture["target"] == first)
        await page.send("command", name="rename", instance_id=second, text="my plate")
        await page.until(lambda: page.picture["things"][1]["label"] == "my plate")
        await page.send("prompt", mode="remove", instance_id=first)
        await page.until(lambda: list(boxes(page)) == [second])
        await page.send("prompt", mode="undo")
        await page.until(lambda: list(boxes(page)) == [first, second])
        await page.send("command", name="reset")
        await page.until(lambda: boxes(page) == {})
        await page.line("notice", message="2 instances forgotten", source="operator 1")

    playing(run, scenario)


def test_the_next_reading_of_a_click(run):
    async def scenario(page, console):
        await click(page, INSIDE_RED)
        await page.until(lambda: boxes(page) == {1: list(RED)})
        await page.send("prompt", mode="next")
        await page.line("notice", message="reading 2 of 2 of instance 1", code="done")
        everything = [RED[0], BLUE[1], BLUE[2], GREEN[3]]
        await page.until(lambda: boxes(page) == {1: everything})
        (thing,) = page.picture["things"]
        assert (thing["reading"], thing["readings"]) == (2, 2)
        await page.send("prompt", mode="next", text="smaller")
        await page.until(lambda: boxes(page) == {1: list(RED)})

    playing(run, scenario)


def test_what_is_taught_here_can_be_completed_until_it_is_forgotten(run, tmp_path):
    library = Library(tmp_path / "objects")
    Segmenter(tiny_seem(), library=library)
    session = TrackerSession(
        Tracker(FloodSegmenter()), FileFootage(photo), "photo", words=("mug",), library=library
    )

    async def scenario(console):
        async with Page(console) as page:
            await page.until(lambda: page.picture)
            abilities = await page.line("abilities")
            assert ("teach" in abilities["names"], abilities["words"]) == (True, ["mug"])
            await page.send("command", name="teach", text="blue plate")
            await page.line("notice", code="refused")
            await click(page, INSIDE_BLUE)
            await page.send("command", name="teach", text="blue plate")
            await page.line(
                "notice", code="done", message="instance 1 is 'blue plate', shown 1 time(s) now"
            )
            await page.until(lambda: page.picture["things"][0]["label"] == "blue plate")
            await page.line("abilities", words=["blue plate", "mug"])
            Library(tmp_path / "objects").forget(["blue plate"])  # as another program does
            await page.until(lambda: offered(page) == ["mug"])

    def offered(page):
        return [line["words"] for line in page.lines if line["type"] == "abilities"][-1]

    with ServedConsole(session) as console:
        run(scenario(console))


def test_refusals_reach_the_page_with_their_reason(run):
    async def scenario(page, console):
        notice = await click(page, [9000, 5, 1])
        assert notice["code"] == "refused"
        assert "9000" in notice["message"]
        await page.send("command", name="rename", instance_id=77, text="x")
        await page.until(lambda: any("77" in line.get("message", "") for line in page.lines))
        await page.send("command", name="teach", instance_id=1)
        await page.line("notice", message="teach is not possible here", code="refused")
        await page.send("nonsense")
        await page.line("notice", message="unknown message type 'nonsense'")

    playing(run, scenario)


def test_a_clip_waits_plays_and_starts_again(run):
    async def scenario(page, console):
        await page.line("status", state="paused")
        await page.line(
            "abilities", names=["next_reading", "playback", "record", "rename", "reset"]
        )
        await click(page, INSIDE_RED)
        await page.until(lambda: boxes(page) == {1: list(RED)})
        start = int(page.picture["stamp"])
        await page.send("command", name="playback", on=True)
        x0, y0, x1, y1 = RED
        await page.until(lambda: boxes(page)[1] == [x0 + 5, y0, x1 + 5, y1])
        await page.until(lambda: states(page)[-1] == "paused")  # at its end
        end = int(page.picture["stamp"])
        assert end - start == 5 * 33_000_000
        await page.send("command", name="playback", on=True)
        await page.until(lambda: int(page.picture["stamp"]) > end)  # time goes on
        await page.send("command", name="playback", on=False)

    playing(run, scenario, FileFootage(partial(clip, 6)))


def test_a_photo_can_be_neither_played_nor_recorded(run):
    async def scenario(page, console):
        await click(page, INSIDE_RED)  # everything has been said by now
        names = [line["names"] for line in page.lines if line["type"] == "abilities"]
        assert set(map(tuple, names)) == {("next_reading", "rename", "reset")}

    playing(run, scenario)


def test_a_video_is_recorded(run, tmp_path):
    import aiohttp

    async def scenario(page, console):
        async with aiohttp.ClientSession() as client:
            url = f"http://127.0.0.1:{console.port}/save/video.mp4"
            async with client.get(url) as answer:
                assert answer.status == 404
            await page.send("command", name="record", on=True)
            await page.send("command", name="playback", on=True)
            await page.until(lambda: page.picture["things"] == [] and page.lines[-1].get("state"))
            await page.until(
                lambda: (
                    [line.get("state") for line in page.lines if line["type"] == "status"][-1]
                    == "paused"
                    and int(page.picture["stamp"]) > 100_000_000
                )
            )
            await page.send("command", name="record", on=False)
            await page.line("notice", message="7 frames recorded")
            async with client.get(url) as answer:
                (tmp_path / "video.mp4").write_bytes(await answer.read())
        video = cv2.VideoCapture(str(tmp_path / "video.mp4"))
        assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 7
        there, picture = video.read()
        assert there
        assert np.abs(picture[..., ::-1].astype(int) - SCENE).mean() < 10

    playing(run, scenario, FileFootage(partial(clip, 8)))


def test_a_click_on_an_old_picture_is_refused(run):
    async def scenario(page, console):
        await page.until(lambda: page.picture.get("number", 0) > 3)
        old = str(int(page.picture["stamp"]) - 3_000_000_000)
        await page.send("prompt", points=[INSIDE_RED], stamp=old)
        notice = await page.line("notice", code="refused")
        assert "picture on the screen was 3." in notice["message"]
        assert boxes(page) == {}
        await page.send("prompt", points=[INSIDE_RED], stamp=page.picture["stamp"])
        await page.until(lambda: len(boxes(page)) == 1)

    playing(run, scenario, NoisyCamera())


def test_a_broken_file_is_said_and_the_page_stays(run):
    def broken():
        yield SCENE, 0
        raise OSError("the disk is gone")

    async def scenario(page, console):
        await page.send("command", name="playback", on=True)
        await page.line("notice", message="the disk is gone", code="refused")
        await page.send("prompt", points=[INSIDE_RED])
        await page.until(lambda: len(boxes(page)) == 1)

    playing(run, scenario, FileFootage(broken))
