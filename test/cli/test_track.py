"""`seem-ros track`: frames of all sources, later prompts, and outputs that keep earlier ones."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from seem_ros.cli import main
from seem_ros.cli.frames import open_frames
from seem_ros.exchange.picture_files import read_labels, write_picture
from support.flood_segmenter import draw_scene

RED, BLUE = (10, 10, 50, 40), (90, 60, 130, 100)


def scene(index: int) -> np.ndarray:
    """Red moves by 5 pixels a frame, blue stays."""
    x0, y0, x1, y1 = RED
    return draw_scene([("red", (x0 + 5 * index, y0, x1 + 5 * index, y1)), ("blue", BLUE)])


@pytest.fixture
def folder(tmp_path, monkeypatch, flood_model):
    """A working folder with five frames whose names sort naturally only."""
    monkeypatch.chdir(tmp_path)
    for index in range(5):
        write_picture(tmp_path / "frames" / f"frame_{8 + index}.png", scene(index))
    (tmp_path / "frames" / ".hidden.png").write_text("not for us")
    return tmp_path


def labels_in(folder: Path) -> list[np.ndarray]:
    return [read_labels(path) for path in sorted(folder.glob("*.png"))]


def test_frames_come_in_natural_order_and_two_boxes_are_two_objects(folder, capsys):
    boxes = ["--box", "8", "8", "52", "42", "--box", "88,58,132,102"]
    assert main(["track", "frames", *boxes]) == 0
    labels = labels_in(folder / "seem_out" / "frames")
    for index, image in enumerate(labels):
        assert np.array_equal(image == 1, (scene(index) == (200, 30, 30)).all(axis=2)), index
        assert np.count_nonzero(image == 2) == 40 * 40
    assert len(labels) == 5
    assert "5 frames, 2 instance(s)" in capsys.readouterr().out


def test_json_tells_every_instance_in_every_frame(folder):
    texts = ["--text", "blue", "--text", "green", "--json", "new/t.json"]
    assert main(["track", "frames", *texts, "--out", "out"]) == 0
    record = json.loads((folder / "new" / "t.json").read_text())
    assert record["found"] is True
    assert [(item["prompt"], item["code"]) for item in record["prompts"]][0][0] == "blue"
    assert record["prompts"][1]["prompt"] == "green"
    last = record["frames"][4]
    assert (last["frame"], last["stamp_ns"], last["labels"]) == (4, 133_333_333, "00004.png")
    assert last["instances"][0]["box"] == list(BLUE)
    assert last["instances"][0]["state"] == "tracked"


def test_json_also_when_nothing_is_found(folder, capsys):
    assert main(["track", "frames", "--text", "green", "--out", "out", "--json", "t.json"]) == 3
    record = json.loads((folder / "t.json").read_text())
    assert (record["found"], len(record["frames"])) == (False, 5)
    assert not (folder / "out").exists()
    assert "'green'" in capsys.readouterr().err


def test_video_and_overlays_show_every_frame(folder):
    pictures = ["--overlay", "o", "--video", "v.avi"]
    assert main(["track", "frames", "--text", "red", "--out", "out", *pictures]) == 0
    frames = list(open_frames(folder / "v.avi"))
    assert len(frames) == len(list((folder / "o").glob("*.jpg"))) == 5
    assert np.abs(frames[2].rgb.astype(int) - scene(2)).max(axis=2)[20, 30] > 20  # painted over


def later(folder: Path, *prompts: dict) -> list[str]:
    (folder / "p.json").write_text(json.dumps(prompts))
    return ["track", "frames", "--prompts", "p.json", "--out", "out", "--json", "t.json"]


def test_later_prompts_have_their_turn(folder):
    blue = {"frame": 2, "click": [[100, 80]], "label": "mine"}
    red_at_three = {"time": 0.1, "box": [[20, 8, 70, 42]]}
    gone = {"frame": 4, "mode": "remove", "instance": 1}
    assert main(later(folder, blue, red_at_three, gone)) == 0
    seen = [sorted(set(np.unique(image)) - {0}) for image in labels_in(folder / "out")]
    assert seen == [[], [], [1], [1, 2], [2]]
    record = json.loads((folder / "t.json").read_text())
    assert record["frames"][2]["instances"][0]["label"] == "mine"
    assert [(item["frame"], item["prompt"]) for item in record["prompts"]] == [
        (2, "1"), (3, "2"), (4, "3"),
    ]  # fmt: skip


def test_prompts_that_cannot_be_used_are_told_when_all_is_done(folder, capsys):
    outside = {"frame": 1, "click": [[999, 1]]}
    assert main(later(folder, {"frame": 0, "text": "red"}, outside)) == 1
    assert len(labels_in(folder / "out")) == 5
    assert "1 of 2 prompts were refused" in capsys.readouterr().err
    late = {"frame": 70, "click": [[1, 1]]}
    assert main([*later(folder, {"frame": 0, "text": "red"}, late), "--overwrite"]) == 1
    assert "the source ends after 5 frames, before the prompts of frame 70" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "p.json is no JSON"),
        ("[" * 100_000, "p.json is no JSON"),
        ('{"frame": 1}', "must be a list of prompts"),
        ('[{"frame": 1, "clik": [[1, 2]]}]', "prompt 1: unknown clik; known are frame"),
        ('[{"text": "mug"}]', 'prompt 1: say when: either "frame"'),
        ('[{"frame": 1, "time": 2, "text": "mug"}]', "say when"),
        ('[{"frame": -1, "text": "mug"}]', "count from the first frame"),
        ('[{"frame": true, "text": "mug"}]', '"frame" is True, of the wrong type'),
        ('[{"frame": 1, "click": [1, 2]}]', "a list of 2 numbers is expected, got 1"),
        ('[{"frame": 1, "click": [["a", 2]]}]', "points (x, y, label)"),
        ('[{"frame": 1, "box": [[1, 2, 3]]}]', "a list of 4 numbers"),
        ('[{"frame": 1, "stroke": [[1, 2]]}]', "stroke points"),
        ('[{"frame": 1, "mode": "grow", "text": "a"}]', "no mode 'grow'; there are add"),
        ('[{"frame": 1, "label": "a"}]', "it says nothing"),
        ('[{"frame": 1, "text": 5}]', '"text" is 5, of the wrong type'),
        ('[{"frame": 1, "mask": "none.png"}]', "no such file: none.png"),
    ],
)
def test_wrong_prompt_files_say_what_is_wrong(folder, capsys, content, reason):
    (folder / "p.json").write_text(content)
    assert main(["track", "frames", "--prompts", "p.json", "--out", "out"]) == 1
    assert reason in capsys.readouterr().err
    assert not (folder / "out").exists()


def test_files_of_an_earlier_run_are_kept_unless_told_otherwise(folder, capsys):
    command = ["track", "frames", "--text", "red", "--out", "out", "--overlay", "o"]
    assert main([*command, "--video", "v.avi"]) == 0
    write_picture(folder / "out" / "00099.png", np.ones((4, 4), np.uint8))
    (folder / "out" / "notes.txt").write_text("mine")
    before = (folder / "out" / "00000.png").stat().st_mtime_ns
    assert main(command) == 1
    assert "out/00000.png is there from an earlier run" in capsys.readouterr().err
    assert main(["track", "frames", "--text", "red", "--out", "b", "--video", "v.avi"]) == 1
    assert (folder / "out" / "00000.png").stat().st_mtime_ns == before
    assert main([*command, "--overwrite"]) == 0
    assert not (folder / "out" / "00099.png").exists()  # it would pass for a frame of this run
    assert (folder / "out" / "notes.txt").read_text() == "mine"


def test_inputs_are_never_written_over(folder, capsys):
    for index in range(2):
        write_picture(folder / "numbered" / f"{index:05d}.png", scene(index))
    for out in (["--out", "numbered"], ["--out", "x", "--overlay", "numbered"]):
        assert main(["track", "numbered", "--text", "red", *out, "--overwrite"]) == 1
        assert "is read, so it cannot be written to" in capsys.readouterr().err
    assert main(["track", "numbered", "--text", "red", "--out", "first"]) == 0
    mask = ["--mask", "first/00000.png", "--out", "first", "--overwrite"]
    assert main(["track", "numbered", *mask]) == 1
    assert (folder / "first" / "00000.png").is_file()


def test_an_earlier_run_is_only_removed_when_the_new_one_begins(folder):
    assert main(["track", "frames", "--text", "red", "--out", "out"]) == 0
    refused = ["--click", "999,1", "--out", "out", "--overwrite"]
    assert main(["track", "frames", *refused]) == 1
    assert len(labels_in(folder / "out")) == 5


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--video", "v.gif", "--text", "red"], "--video v.gif must end in one of .mp4"),
        (["--bag", "b", "--text", "red"], "--bag needs a recording to begin with"),
        (["--topic", "/image", "--text", "red"], "frames is no recording"),
        (["--text", "red", "--text", "blue", "--merge"], "each --text is tracked alone"),
    ],
)
def test_options_that_do_not_fit(folder, capsys, options, reason):
    assert main(["track", "frames", *options]) == 1
    assert reason in capsys.readouterr().err
    assert not (folder / "seem_out").exists()


def test_animated_gif_gives_its_frames_at_their_times(tmp_path):
    pictures = [Image.fromarray(scene(index)) for index in range(3)]
    path = tmp_path / "a.gif"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=[40, 80, 40])
    source = open_frames(path)
    frames = list(source)
    assert (source.count, source.rate) == (3, 25.0)
    assert [frame.stamp_ns for frame in frames] == [0, 40_000_000, 120_000_000]
    for index, frame in enumerate(frames):
        assert np.abs(frame.rgb.astype(int) - scene(index)).max() <= 8
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(ValueError, match="a.gif"):
        list(open_frames(path))


def test_a_video_that_breaks_off_is_told(tmp_path, capsys):
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (160, 120))
    for index in range(20):
        writer.write(np.ascontiguousarray(scene(index % 5)[..., ::-1]))
    writer.release()
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    count = len(list(open_frames(path)))
    assert 0 < count < 20
    assert f"{count} of the 20 frames its header tells of" in capsys.readouterr().err


def test_a_truncated_frame_ends_the_run_with_its_name(folder, capsys):
    path = folder / "frames" / "frame_10.png"
    path.write_bytes(path.read_bytes()[:200])
    command = ["track", "frames", "--text", "red", "--out", "out", "--json", "t.json"]
    assert main(command) == 1
    assert "frames/frame_10.png is broken or cut off" in capsys.readouterr().err
    assert len(json.loads((folder / "t.json").read_text())["frames"]) == 2


SLOW = """
import sys, time, types
from support.flood_segmenter import FloodSegmenter
class Slow(FloodSegmenter):
    def set_image(self, rgb, detail=1.0):
        time.sleep(0.2)
        super().set_image(rgb, detail)
module = types.ModuleType("seem_ros.segmenter")
module.Segmenter = types.SimpleNamespace(from_pretrained=lambda *a, **k: Slow())
sys.modules["seem_ros.segmenter"] = module
from seem_ros.cli import main
sys.exit(main())
"""


def test_ctrl_c_is_one_line_and_keeps_what_was_done(tmp_path):
    for index in range(200):
        write_picture(tmp_path / "frames" / f"{index}.png", scene(index % 5))
    command = [sys.executable, "-c", SLOW, "track", "frames", "--text", "red"]
    command += ["--out", "out", "--video", "v.avi", "--json", "t.json"]
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{root}:{root / 'test'}"}
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        # Shells let what they start in the background ignore it, and that is inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline_s = time.monotonic() + 60
    while not (tmp_path / "out" / "00003.png").exists():
        assert time.monotonic() < deadline_s
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (130, "seem-ros: interrupted\n")
    count = len(labels_in(tmp_path / "out"))
    assert count >= 4
    assert len(json.loads((tmp_path / "t.json").read_text())["frames"]) in (count, count - 1)
    assert len(list(open_frames(tmp_path / "v.avi"))) in (count, count - 1)
