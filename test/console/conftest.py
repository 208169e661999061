"""What the tests of the console need; they are skipped where it is missing."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

pytest.importorskip("aiohttp", reason="aiohttp is not installed")

from support.rclpy_context import ros

__all__ = ["ros"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium; while it is there no other event loop runs in this thread."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    from support.browser_page import BROWSERS

    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed")
    with playwright.sync_playwright() as started:
        flags = ["--no-sandbox", "--use-fake-device-for-media-stream"]
        flags.append("--use-fake-ui-for-media-stream")
        chromium = started.chromium.launch(executable_path=executable, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Run a coroutine to its end."""
    return asyncio.run


@pytest.fixture
def console() -> Iterator[Any]:
    """A console of the drawn photo."""
    from support.console_bench import ServedConsole

    with ServedConsole() as served:
        yield served


@pytest.fixture
def operator(browser: Any, console: Any) -> Iterator[Any]:
    """An operator at its page; the browser has nothing to complain about."""
    from support.browser_page import Operator

    with Operator(browser, console.url) as sitting:
        yield sitting
        assert sitting.problems == []
