"""Table, sheet and video say what was measured."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages: make setup")

from seem_ros.demo import report
from seem_ros.demo.show import CueResult

PICTURE = np.full((48, 64, 3), (10, 120, 240), np.uint8)
RESULTS = [
    CueResult("click", "done", "new instance 1", 1, 0.91, 0.8, 0.25, PICTURE, 2, [0.5, 0.7]),
    CueResult('text "elephant"', "not found", "nothing", 0, None, None, 0.1, PICTURE),
]


def test_the_table_has_a_dash_where_nothing_is_known():
    lines = report.table(RESULTS).splitlines()
    assert lines[0].split() == [
        "prompt", "answer", "instance", "score", "IoU", "IoU", "later", "latency",
    ]  # fmt: skip
    assert lines[2].split() == ["click", "done", "1", "0.91", "0.80", "0.60", "250", "ms"]
    assert lines[3].split()[-6:] == ["-", "-", "-", "-", "100", "ms"]


def test_figures_are_kept_unrounded(tmp_path):
    report.write_figures(tmp_path / "results.json", RESULTS, 0.125)
    figures = json.loads((tmp_path / "results.json").read_text())
    assert figures["seconds_per_frame"] == 0.125
    assert figures["prompts"][0]["iou_later"] == [0.5, 0.7]
    assert figures["prompts"][1]["iou"] is None


def test_a_letterboxed_picture_keeps_its_shape_and_colours():
    page = report.letterboxed(PICTURE, 96, 256)
    assert page.shape == (96, 256, 3)
    assert np.all(page[:, 64:192] == (10, 120, 240))
    assert not page[:, :64].any()
    assert not page[:, 192:].any()


def test_the_video_holds_photographs_for_a_while(tmp_path):
    overlays = [("00000", PICTURE), ("00001", PICTURE), ("coffee", PICTURE)]
    report.write_video(tmp_path / "demo.mp4", overlays, clip_frames=2, fps=10.0)
    video = cv2.VideoCapture(str(tmp_path / "demo.mp4"))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 2 + 15
    assert video.get(cv2.CAP_PROP_FPS) == 10.0
    _, bgr = video.read()
    np.testing.assert_allclose(bgr[24, 32], (240, 120, 10), atol=12)


def test_overlays_and_sheet_are_pictures(tmp_path):
    report.write_overlays(tmp_path / "overlays", [("00007", PICTURE)])
    bgr = cv2.imread(str(tmp_path / "overlays" / "00007.jpg"))
    np.testing.assert_allclose(bgr[24, 32], (240, 120, 10), atol=4)
    report.write_contact_sheet(tmp_path / "sheet.png", RESULTS)
    assert cv2.imread(str(tmp_path / "sheet.png")).shape[1] > 2 * 300
