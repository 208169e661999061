"""The guide's picture of the page is what its script makes today."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from PIL import Image

from support.console_bench import RED, flood_session

ROOT = Path(__file__).parents[2]
LARGEST = 150_000  # bytes


@pytest.fixture(scope="module")
def script():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        yield importlib.import_module("console_picture")


def facts(path: Path) -> tuple[str, tuple[int, int]]:
    with Image.open(path) as picture:
        return picture.format, picture.size


def test_the_picture_can_be_made_and_is_of_the_same_kind(browser, script, tmp_path) -> None:
    def act(operator) -> None:
        operator.click(100, 150)
        operator.wait_for_boxes(RED)

    out = tmp_path / "console.jpg"
    script.make(browser, flood_session(), act, out)
    assert facts(out) == facts(script.PICTURE)


def test_the_picture_is_small_and_shown(script) -> None:
    assert script.PICTURE.stat().st_size < LARGEST
    guide = (ROOT / "docs" / "use" / "console.md").read_text(encoding="utf-8")
    assert f"](pictures/{script.PICTURE.name})" in guide
