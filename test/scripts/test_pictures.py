"""docs/pictures/ is what scripts/pictures.py makes today: names, sizes, number of frames."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from PIL import Image

from seem_ros.demo.footage import Clip
from support.flood_segmenter import FloodSegmenter

ROOT = Path(__file__).parents[2]
LARGEST = 3_000_000  # bytes of the animated picture


@pytest.fixture(scope="module")
def script():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        yield importlib.import_module("pictures")


def facts(folder: Path) -> dict[str, tuple]:
    """Return name -> format, size and number of frames."""
    found = {}
    for path in sorted(folder.iterdir()):
        with Image.open(path) as picture:
            frames = getattr(picture, "n_frames", 1)
            found[path.name] = (picture.format, picture.size, frames)
    return found


def test_every_picture_can_be_made_and_is_of_the_same_kind(script, tmp_path):
    script.make(FloodSegmenter(), Clip(), tmp_path)
    made = facts(tmp_path)
    assert made["shown.webp"][2] > 40
    assert facts(script.PICTURES) == made


def test_the_animated_picture_is_small(script):
    assert (script.PICTURES / "shown.webp").stat().st_size < LARGEST


def test_the_readme_shows_them_all_beside_the_prompts_they_are_of(script):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"docs/pictures/([\w.]+)", readme)) == set(facts(script.PICTURES))
    for name, prompt in script.STILLS.items():
        (row,) = [line for line in readme.splitlines() if f"pictures/{name})" in line]
        for x, y, _ in prompt.points:
            assert f"--click {x:g},{y:g}" in row
        for box in prompt.boxes:
            assert "--box " + " ".join(f"{edge:g}" for edge in box) in row
        assert not prompt.text or f'--text "{prompt.text}"' in row
