"""Make docs/use/pictures/console.jpg: the operator's page over the bundled clip, in Chromium.

Needs Chromium and Playwright, as the tests of the page do; else the picture stays as it is.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "test")]

from seem_ros.console.local.footage import FileFootage  # noqa: E402
from seem_ros.console.local.tracker_session import TrackerSession  # noqa: E402
from support.browser_page import BROWSERS, Operator  # noqa: E402
from support.console_bench import ServedConsole  # noqa: E402

PICTURE = ROOT / "docs" / "use" / "pictures" / "console.jpg"
WINDOW = {"width": 1280, "height": 800}
QUALITY = 72  # of the JPEG


def make(
    chromium: Any, session: TrackerSession, act: Callable[[Operator], None], out: Path
) -> None:
    """Write a picture of the page after an operator has acted."""
    with ServedConsole(session) as console, Operator(chromium, console.url, viewport=WINDOW) as it:
        act(it)
        it.page.mouse.move(0, 0)
        it.page.screenshot(path=str(out), type="jpeg", quality=QUALITY)


def point_box_and_name(operator: Operator) -> None:
    """Click on the mug of the clip, box another thing, and name a third one."""
    operator.click(253, 261)
    operator.until("page.frame.things.length === 1")
    operator.drag((330, 270), (434, 340))
    operator.until("page.frame.things.length === 2")
    operator.say("blue bottle")
    operator.until("page.frame.things.length === 3")
    operator.wait_for_feed("done: instance 3")


def session_of_the_clip() -> TrackerSession:
    """Return nano over the bundled clip, paused at its first picture."""
    from seem_ros import Segmenter, Tracker
    from seem_ros.demo.footage import Clip

    clip = Clip()

    def frames() -> Iterator[tuple[np.ndarray, int]]:
        for at in range(len(clip)):
            yield clip[at].rgb, round(at / clip.fps * 1e9)

    segmenter = Segmenter.from_pretrained("nano", device="cpu")
    return TrackerSession(
        Tracker(segmenter), FileFootage(frames), "the bundled clip",
        model="nano", device="cpu", words=segmenter.vocabulary,
    )  # fmt: skip


def main() -> None:
    """Make the picture, if there is a browser."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=PICTURE, metavar="JPEG")
    out = parser.parse_args().out
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        executable = None
    if executable is None:
        print(f"{out} stays as it is: Chromium or Playwright is missing")
        return
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        make(chromium, session_of_the_clip(), point_box_and_name, out)
        chromium.close()


if __name__ == "__main__":
    main()
