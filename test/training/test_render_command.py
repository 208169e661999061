"""The rendering command: what it writes, that it goes on where it stopped, composites."""

import json

import numpy as np
import pytest
from PIL import Image

from seem_ros.evaluation.datasets import RenderedDataset
from support.small_library import renderer_or_skip, write_library
from training import prepare, render
from training.scenes import cutouts
from training.scenes.composites import CompositeSampler
from training.scenes.cutouts import Cutout, emoji_name


@pytest.fixture(scope="module")
def assets(tmp_path_factory):
    return write_library(tmp_path_factory.mktemp("assets") / "library").root


def run(assets, out, *options):
    command = ["--assets", str(assets), "--out", str(out), "--size", "64x48", "--seed", "3"]
    return render.main([*command, *options])


def test_scenes_are_written_and_resumed(assets, tmp_path):
    renderer_or_skip(64, 48)
    assert run(assets, tmp_path, "--scenes", "2") == 0
    data = RenderedDataset(tmp_path)
    assert len(data) == 2 and data[0].image.shape == (48, 64, 3)
    assert set(data[0].names) == set(np.unique(data[0].labels)) - {0}
    first = (tmp_path / "000000.jpg").read_bytes()
    (tmp_path / "000001.json").unlink()
    before = (tmp_path / "000000.jpg").stat().st_mtime_ns
    lost = (tmp_path / "000001.png").read_bytes()
    assert run(assets, tmp_path, "--scenes", "3") == 0
    assert RenderedDataset(tmp_path).refresh() == 3
    assert (tmp_path / "000000.jpg").stat().st_mtime_ns == before
    assert (tmp_path / "000000.jpg").read_bytes() == first
    assert (tmp_path / "000001.png").read_bytes() == lost


def test_clips_are_written(assets, tmp_path):
    renderer_or_skip(64, 48)
    assert run(assets, tmp_path, "--scenes", "1", "--clips", "--frames", "3") == 0
    folder = tmp_path / "000000"
    assert sorted(p.name for p in (folder / "frames").iterdir()) == [
        "00000.jpg", "00001.jpg", "00002.jpg"]  # fmt: skip
    labels = [np.asarray(Image.open(p)) for p in sorted((folder / "labels").iterdir())]
    ids = {o["id"] for o in json.loads((folder / "objects.json").read_text())}
    assert set(np.unique(labels)) - {0} == ids
    assert render.missing(tmp_path, 2) == [1]


def test_what_is_wrong_is_said_in_one_line(tmp_path, capsys):
    assert run(tmp_path / "none", tmp_path / "out", "--scenes", "1") == 1
    assert "no mesh library at" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        run(tmp_path, tmp_path, "--scenes", "1", "--size", "64by48")
    assert "'64by48' is not WIDTHxHEIGHT" in capsys.readouterr().err


def test_a_package_that_cannot_be_fetched_is_named(tmp_path, monkeypatch, capsys):
    """Without apt, pip and npm on the path, the message says which file is wanted where."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert prepare.main(["--out", str(tmp_path)]) == 1
    message = capsys.readouterr().err
    assert "cannot fetch sweethome3d-furniture with apt-get" in message
    assert f"put sweethome3d-furniture_*.deb into {tmp_path}/assets/packages" in message


class RedSquares:
    """A source of one cut-out: a red square of 20 pixels."""

    def draw(self, rng):
        rgba = np.zeros((20, 20, 4), np.uint8)
        rgba[...] = (220, 10, 10, 255)
        return Cutout(rgba, "red square", "red", "test", "CC0-1.0")


@pytest.fixture
def red_squares(assets, monkeypatch):
    monkeypatch.setattr("training.scenes.composites.EmojiCutouts", lambda root: RedSquares())
    monkeypatch.setattr("training.scenes.composites.RenderedCutouts", lambda library: RedSquares())
    return CompositeSampler(render.AssetLibrary(assets), (64, 48))


def test_composite_masks_cover_what_was_pasted(red_squares):
    """The checked background is grey, so every red pixel belongs to a cut-out."""
    for seed in range(5):
        composite = red_squares.sample(np.random.default_rng(seed))
        red, green = composite.rgb[..., 0].astype(int), composite.rgb[..., 1].astype(int)
        inside = composite.labels > 0
        assert (red - green > 60)[inside].mean() > 0.9
        assert (red - green > 120)[~inside].mean() < 0.05
        assert {o["id"] for o in composite.objects} == set(np.unique(composite.labels)) - {0}
        assert all(o["color"] == "red" for o in composite.objects)


@pytest.mark.parametrize(
    ("file", "name"),
    [("1f34c.webp", "banana"), ("2615.webp", "hot beverage"), ("1f600.webp", None),
     ("1f468-200d-1f33e.webp", None), ("readme.md", None), ("2602-fe0f.webp", "umbrella")],
)  # fmt: skip
def test_emoji_names(file, name):
    assert emoji_name(file) == name


def test_crop_keeps_what_is_visible():
    rgba = np.zeros((10, 12, 4), np.uint8)
    rgba[2:5, 3:9, 3] = 255
    assert cutouts.crop(rgba).shape == (3, 6, 4)
    assert cutouts.crop(np.zeros((4, 4, 4), np.uint8)).shape == (4, 4, 4)


def test_prepare_makes_every_set_once(tmp_path):
    (tmp_path / "photos" / "photos_coco").mkdir(parents=True)
    commands = prepare.commands(tmp_path, tmp_path / "photos", scale=0.01)
    parsed = [render.parser().parse_args(command) for command in commands]
    assert [a.out.name for a in parsed] == [s.name for s in prepare.SETS]
    counts = {a.out.name: a.scenes for a in parsed}
    assert counts["scenes320"] == 26 and counts["clips_heldout"] == 1
    assert len({a.seed for a in parsed}) == len(parsed)
    by_name = {a.out.name: a for a in parsed}
    assert by_name["composites320"].photos == [tmp_path / "photos" / "photos_coco"]
    assert by_name["unseen320"].unseen and not by_name["scenes320"].unseen
