"""An operator at the page: points, draws and types in a real browser, and reads what is shown."""

from __future__ import annotations

import time
from typing import Any

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_MS = 30_000  # a limit for failing, never for passing


class Operator:
    """One browser window with the console's page.

    Attributes:
        page: Playwright's page.
        problems: what the browser complained about.

    """

    def __init__(self, browser: Any, url: str, **context: Any) -> None:
        """Open the page, in English."""
        context.setdefault("viewport", {"width": 1440, "height": 900})
        self._context = browser.new_context(locale="en-US", **context)
        self._context.set_default_timeout(PATIENCE_MS)
        self.page = self._context.new_page()
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", self._note)
        self.page.goto(url)

    def __enter__(self) -> Operator:
        """Wait for the first picture."""
        self.until("page.frame !== null")
        return self

    def __exit__(self, *_: object) -> None:
        """Close the window."""
        self._context.close()

    def until(self, condition: str) -> None:
        """Wait until something of the page's shared object `page` is true (JavaScript).

        It is asked for from outside: the page's security policy evaluates no strings.
        """
        deadline_s = time.monotonic() + PATIENCE_MS / 1000
        while not self.get(f"page && Boolean({condition})"):
            if time.monotonic() > deadline_s:
                things = self.get("JSON.stringify([page?.frame?.target, page?.frame?.things])")
                feed = self.page.locator("#feed").inner_text()
                raise AssertionError(f"never {condition}; there is {things}; {feed}")
            self.page.wait_for_timeout(30)

    def get(self, expression: str) -> Any:
        """Return something of the page's shared object `page` (JavaScript)."""
        return self.page.evaluate(
            f"(() => {{ const page = window.seemConsole; return {expression} }})()"
        )

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return where a pixel of the image is in the window."""
        corner = self.page.locator("#canvas").bounding_box()
        at = self.get(f"page.view.toScreen({x}, {y})")
        return corner["x"] + at["x"], corner["y"] + at["y"]

    def click(self, x: float, y: float, **options: Any) -> None:
        """Click on a pixel of the image."""
        self.page.mouse.click(*self.place(x, y), **options)

    def drag(self, *points: tuple[float, float], button: str = "left") -> None:
        """Press on the first pixel of the image, go through the others, let go on the last."""
        mouse = self.page.mouse
        mouse.move(*self.place(*points[0]))
        mouse.down(button=button)
        for point in points[1:]:
            mouse.move(*self.place(*point), steps=4)
        mouse.up(button=button)

    def say(self, words: str) -> None:
        """Write into the text field and press Enter."""
        self.page.fill("#words", words)
        self.page.press("#words", "Enter")

    def wait_for_boxes(self, *boxes: tuple[int, int, int, int]) -> None:
        """Wait until exactly these boxes are shown, in order of their things' ids."""
        wanted = str([list(box) for box in boxes])
        self.until(
            f"JSON.stringify(page.frame.things.map(t => t.box)) === JSON.stringify({wanted})"
        )

    def wait_for_feed(self, words: str) -> None:
        """Wait until something was said under "what happens"."""
        self.page.locator("#feed li", has_text=words).first.wait_for()

    def _note(self, message: Any) -> None:
        if message.type == "error":
            self.problems.append(message.text)
