"""The command line: files, exit codes and one clear line for bad input."""

from __future__ import annotations

import json
import subprocess
import sys
import types

import cv2
import numpy as np
import pytest
from PIL import Image

from seem_ros.cli import main
from seem_ros.cli.frames import open_frames
from seem_ros.exchange.picture_files import read_labels, write_picture
from support.flood_segmenter import FloodSegmenter, draw_scene

RED, BLUE = (10, 10, 50, 40), (90, 60, 130, 100)
SCENE = draw_scene([("red", RED), ("blue", BLUE)])


@pytest.fixture(autouse=True)
def _flood_model(monkeypatch):
    """Let the commands load the stand-in, which knows one model name."""

    def from_pretrained(
        name: str, device: str, input_size: int, library: None, second_eye: bool = True
    ) -> FloodSegmenter:
        if name != "nano":
            raise FileNotFoundError(f"no checkpoint {name!r}")
        return FloodSegmenter()

    module = types.ModuleType("seem_ros.segmenter")
    module.Segmenter = types.SimpleNamespace(from_pretrained=from_pretrained)
    monkeypatch.setitem(sys.modules, "seem_ros.segmenter", module)


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "scene.png"
    write_picture(path, SCENE)
    return path


def test_segment_writes_mask_overlay_and_json(image, tmp_path, capsys):
    out, overlay, result = (tmp_path / name for name in ("m.png", "o.png", "r.json"))
    files = ["--out", str(out), "--overlay", str(overlay), "--json", str(result)]
    assert main(["segment", str(image), "--click", "20,20", "--negative", "100,80", *files]) == 0
    mask = cv2.imread(str(out), cv2.IMREAD_UNCHANGED)
    assert mask.dtype == np.uint8
    assert set(np.unique(mask)) == {0, 255}
    assert (mask > 0).sum() == 40 * 30
    assert cv2.imread(str(overlay)).shape == SCENE.shape
    written = json.loads(result.read_text())
    assert (written["class_name"], written["objects"][0]["box"]) == ("red", list(RED))
    assert "1 object(s)" in capsys.readouterr().out


def test_absent_text_exits_3_and_writes_nothing(image, tmp_path, capsys):
    out = tmp_path / "m.png"
    assert main(["segment", str(image), "--text", "yellow", "--out", str(out)]) == 3
    assert not out.exists()
    assert "'yellow'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--click", "200,20"], "outside"),
        (["--click", "20"], "X,Y"),
        (["--box", "5,5,5,9"], "no area"),
        (["--stroke", "1,2,3"], "X,Y,X,Y"),
        ([], "empty prompt"),
        (["--example", "x.png"], "belong together"),
        (["--click", "20,20", "--model", "huge"], "no checkpoint 'huge'"),
    ],
)
def test_bad_input_exits_1_with_one_line(image, tmp_path, capsys, options, reason):
    assert main(["segment", str(image), *options, "--out", str(tmp_path / "m.png")]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert reason in lines[0]


def test_missing_and_broken_images_exit_1(tmp_path, capsys):
    broken = tmp_path / "broken.png"
    broken.write_text("no picture")
    for path, reason in ((broken, "not a picture"), (tmp_path / "none.png", "no such file")):
        assert main(["segment", str(path), "--click", "1,1", "--out", "m.png"]) == 1
        assert reason in capsys.readouterr().err


def test_unknown_command_and_help(capsys):
    assert main(["dance"]) == 1
    assert main([]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 2
    assert main(["--help"]) == 0
    assert "segment" in capsys.readouterr().out


def frames_folder(tmp_path, count=4):
    folder = tmp_path / "frames"
    for index in range(count):
        box = (RED[0] + 5 * index, RED[1], RED[2] + 5 * index, RED[3])
        scene = draw_scene([("red", box), ("blue", BLUE)])
        write_picture(folder / f"{index:05d}.png", scene)
    return folder


def test_track_writes_a_label_image_a_frame(tmp_path):
    folder, out = frames_folder(tmp_path), tmp_path / "out"
    first = np.zeros(SCENE.shape[:2], np.uint8)
    first[10:40, 10:50] = 1
    first[60:100, 90:130] = 2
    write_picture(tmp_path / "first.png", first)
    command = ["track", str(folder), "--mask", str(tmp_path / "first.png"), "--out", str(out)]
    assert main(command) == 0
    assert sorted(path.name for path in out.iterdir()) == [f"{k:05d}.png" for k in range(4)]
    last = read_labels(out / "00003.png")
    assert np.array_equal(last == 1, np.roll(first == 1, 15, axis=1))
    assert np.array_equal(last == 2, first == 2)


def test_track_from_text_and_absent_text(tmp_path):
    folder, out = frames_folder(tmp_path), tmp_path / "out"
    assert main(["track", str(folder), "--text", "red", "--out", str(out)]) == 0
    assert (read_labels(out / "00002.png") == 1).sum() == 40 * 30
    again = ["--out", str(out), "--overwrite"]
    assert main(["track", str(folder), "--text", "yellow", *again]) == 3


@pytest.mark.parametrize(
    ("options", "reason"),
    [([], "say what to track"), (["--click", "999,1"], "outside")],
)
def test_track_refuses_bad_prompts(tmp_path, capsys, options, reason):
    out = tmp_path / "out"
    assert main(["track", str(frames_folder(tmp_path)), *options, "--out", str(out)]) == 1
    assert reason in capsys.readouterr().err
    assert not out.exists()


def test_video_file_gives_frames_with_stamps(tmp_path):
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (160, 120))
    for _ in range(3):
        writer.write(SCENE[..., ::-1])
    writer.release()
    frames = list(open_frames(path))
    assert [frame.stamp_ns for frame in frames] == [0, 100_000_000, 200_000_000]
    assert np.abs(frames[0].rgb.astype(int) - SCENE).mean() < 6


def test_models_lists_the_official_checkpoints(capsys):
    assert main(["models"]) == 0
    printed = capsys.readouterr().out
    for name in ("focal_t_v1", "focal_l_v0", "sam_vit_l_v1"):
        assert name in printed


def test_module_runs_without_importing_torch():
    code = "import sys; from seem_ros.cli import main; main(['track','none','--click','1,1',"
    code += "'--out','x']); sys.exit(9 if 'torch' in sys.modules else 0)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (
        0,
        "seem-ros: no such file or folder: none",
    )


def test_panoptic_writes_labels_and_names(image, tmp_path):
    out, names = tmp_path / "labels.png", tmp_path / "names.json"
    assert main(["panoptic", str(image), "--out", str(out), "--json", str(names)]) == 0
    labels = read_labels(out)
    segments = json.loads(names.read_text())
    assert {item["class_name"] for item in segments} == {"red", "blue"}
    for item in segments:
        assert (labels == item["id"]).sum() == item["area"]


def test_panoptic_draws_and_says_so_where_there_is_nothing(image, tmp_path, capsys):
    out, names, drawn = tmp_path / "l.png", tmp_path / "n.json", tmp_path / "drawn.png"
    files = ["--out", str(out), "--json", str(names)]
    assert main(["panoptic", str(image), *files, "--overlay", str(drawn)]) == 0
    assert "named: " in capsys.readouterr().out
    with Image.open(drawn) as picture, Image.open(image) as original:
        assert picture.size == original.size
    plain = tmp_path / "plain.png"
    Image.new("RGB", (160, 120), (140, 140, 140)).save(plain)
    assert main(["panoptic", str(plain), *files]) == 3
    assert "nothing stands out" in capsys.readouterr().err
    assert json.loads(names.read_text()) == []


def test_download_of_an_unknown_name(capsys):
    assert main(["download", "giant"]) == 1
    assert "known are" in capsys.readouterr().err
