"""J, F, identities, and followers on drawn videos."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from seem_ros.evaluation.davis import boundary, contour_accuracy, region_similarity
from seem_ros.evaluation.followers import (
    FlowFollower,
    RepromptFollower,
    SharedLooks,
    TrackerFollower,
)
from seem_ros.evaluation.tracking import Run, measure_together, measure_video, summarise
from seem_ros.evaluation.videos import labelled_videos
from seem_ros.prompts import Prompt
from seem_ros.tracker import TrackerConfig
from support.flood_segmenter import FloodSegmenter, draw_scene


def rectangle(x0: int, y0: int, x1: int, y1: int, size=(120, 160)) -> np.ndarray:
    mask = np.zeros(size, bool)
    mask[y0:y1, x0:x1] = True
    return mask


def test_boundary_of_a_rectangle_lies_on_its_four_sides():
    edge = boundary(rectangle(3, 2, 6, 5, (10, 10)))
    rows, columns = np.nonzero(edge)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (1, 4, 2, 5)
    assert edge.sum() == 4 * 4 - 2 * 2
    assert not boundary(np.zeros((10, 10), bool)).any()


def test_contour_accuracy_forgives_what_lies_within_the_tolerance():
    truth = rectangle(40, 40, 80, 80)
    assert contour_accuracy(truth, truth) == 1.0
    assert contour_accuracy(rectangle(41, 40, 81, 80), truth) == 1.0  # 2 px at this size
    assert contour_accuracy(rectangle(100, 5, 140, 30), truth) == 0.0


def test_contour_accuracy_of_half_a_boundary():
    truth = rectangle(40, 40, 80, 80)
    larger = rectangle(40, 40, 120, 80)
    own, true = boundary(larger), boundary(truth)
    # Three sides and two pixels round the corners are shared; the far part is not.
    precision = own[:, :83].sum() / own.sum() - (own[41:78, 79:83].sum() / own.sum())
    recall = 1 - true[42:78, 79].sum() / true.sum()
    expected = 2 * precision * recall / (precision + recall)
    assert contour_accuracy(larger, truth) == pytest.approx(expected, abs=0.02)


def test_empty_masks():
    nothing, truth = np.zeros((120, 160), bool), rectangle(40, 40, 80, 80)
    assert (region_similarity(nothing, nothing), contour_accuracy(nothing, nothing)) == (1.0, 1.0)
    assert (region_similarity(nothing, truth), contour_accuracy(nothing, truth)) == (0.0, 0.0)


def write_video(folder, scenes) -> None:
    """Write scenes, each a list of (colour, box, id); an id's box None means it is not there."""
    for name in ("frames", "labels"):
        (folder / name).mkdir(parents=True)
    for index, scene in enumerate(scenes):
        shapes = [(colour, box) for colour, box, _ in scene]
        labels = np.zeros((120, 160), np.uint8)
        for _, (x0, y0, x1, y1), number in scene:
            labels[y0:y1, x0:x1] = number
        Image.fromarray(draw_scene(shapes)).save(folder / "frames" / f"{index:05d}.png")
        Image.fromarray(labels).save(folder / "labels" / f"{index:05d}.png")


def moving(index: int) -> list[tuple[str, tuple[int, int, int, int], int]]:
    red = (10 + 4 * index, 10, 50 + 4 * index, 40)
    return [("red", red, 1), ("blue", (90, 60, 130, 100), 2)]


@pytest.fixture
def video(tmp_path):
    write_video(tmp_path / "set" / "seq", [moving(index) for index in range(10)])
    return labelled_videos(tmp_path / "set")[0]


@pytest.mark.parametrize("how", ["mask", "click"])
def test_tracker_and_reprompting_follow_drawn_objects(video, how):
    for follower in (
        TrackerFollower(FloodSegmenter(), how, TrackerConfig()),
        RepromptFollower(FloodSegmenter(), how),
    ):
        record = measure_video(follower, video)
        assert (record.mean_j, record.mean_f) == (1.0, 1.0)
        assert (record.switches, record.instance_frames) == (0, 20)
        assert len(record.j[1]) == 8  # without the first and the last frame


def test_flow_carries_the_first_masks(video):
    record = measure_video(FlowFollower(FloodSegmenter(), "mask"), video)
    assert record.mean_j > 0.9


def test_watcher_sees_every_frame(video):
    seen = []
    follower = TrackerFollower(FloodSegmenter(), "mask", TrackerConfig())
    measure_video(follower, video, lambda index, rgb, labels: seen.append(labels.max()))
    assert seen == [2] * 10


def test_followers_share_the_features_of_a_picture(video):
    model = FloodSegmenter()
    shared = SharedLooks(model)
    runs = [Run(TrackerFollower(shared, how, TrackerConfig())) for how in ("mask", "click")]
    runs += [Run(RepromptFollower(shared, "click")), Run(FlowFollower(shared, "click"))]
    records = measure_together(runs, video)
    assert [record.mean_j for record in records[:3]] == [1.0] * 3
    assert model.images_set == len(video)


def test_every_nth_frame_keeps_the_time(video, tmp_path):
    thin = labelled_videos(tmp_path / "set", every=4)[0]
    assert [path.stem for path in thin.frames] == ["00000", "00004", "00008"]
    assert thin.frame_ns == 4 * video.frame_ns


class _Scripted:
    """Answers each frame with the given labels."""

    def __init__(self, answers) -> None:
        self._answers = iter(answers)

    def start(self, rgb, truth, stamp_ns):
        return next(self._answers)

    def follow(self, rgb, stamp_ns):
        return next(self._answers)


def test_switches_and_returns_are_counted(tmp_path):
    one, two = ("red", (10, 10, 50, 40), 1), ("blue", (90, 60, 130, 100), 2)
    scenes = [[one, two], [one, two], [two], [two], [one, two], [one, two]]
    write_video(tmp_path / "s" / "seq", scenes)
    video = labelled_videos(tmp_path / "s")[0]
    truths = [video.truth(index) for index in range(6)]
    swapped = np.choose(truths[4], [0, 2, 1]).astype(np.uint16)
    record = measure_video(_Scripted([*truths[:4], swapped, truths[5]]), video)
    assert record.instance_frames == 10
    assert record.switches == 4  # both swapped, and both swapped back
    assert (record.returns, record.refound) == (1, 1)
    assert record.j[1] == [1.0, 1.0, 1.0, 0.0]
    figures = summarise([record])
    assert figures["switches_per_1000"] == 400.0
    assert figures["j"] == pytest.approx((0.75 + 0.75) / 2)


def test_operator_clicks_what_went_wrong_a_few_times(video):
    class Corrected(_Scripted):
        given: list[tuple[int, Prompt]] = []

        def correct(self, rgb, stamp_ns, true_id, prompt):
            self.given.append((true_id, prompt))

    truths = [video.truth(index) for index in range(10)]
    without = [np.where(t == 1, 0, t).astype(np.uint16) for t in truths]
    answers = [*truths[:3], *without[3:]]
    record = measure_video(Corrected(answers), video, corrections=3)
    assert (record.corrections, [true_id for true_id, _ in Corrected.given]) == (3, [1, 1, 1])
    (x, y, label) = Corrected.given[0][1].points[0]
    assert truths[3][int(y), int(x)] == label == 1


def test_corrections_need_a_follower_that_takes_them():
    assert Run(_Scripted([])).corrections == 0
    with pytest.raises(TypeError, match="a _Scripted takes no corrections, but 2 are allowed"):
        Run(_Scripted([]), corrections=2)


def test_tracker_takes_corrections(video):
    follower = TrackerFollower(FloodSegmenter(), "click", TrackerConfig())
    first = next(video.images())
    follower.start(first, video.truth(0), 0)
    both = follower.correct(first, 0, 1, Prompt(points=[(100, 80, 1)]))
    assert (both == 1).sum() == 40 * 30 + 40 * 40


def test_broken_video_folders_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        labelled_videos(tmp_path / "none")
    with pytest.raises(ValueError, match="no sequences"):
        labelled_videos(tmp_path)
    write_video(tmp_path / "seq", [moving(0), moving(1)])
    (tmp_path / "seq" / "labels" / "00001.png").unlink()
    with pytest.raises(ValueError, match="2 frames and 1 label images"):
        labelled_videos(tmp_path)


def test_command_writes_figures(tmp_path, monkeypatch, capsys):
    from seem_ros.cli import evaluate

    write_video(tmp_path / "set" / "seq", [moving(index) for index in range(11)])
    monkeypatch.setattr(evaluate, "load_segmenter", lambda args: FloodSegmenter())
    from seem_ros.cli import main

    out, sheets = tmp_path / "r.json", tmp_path / "sheets"
    options = ["--json", str(out), "--baselines", "--sheets", str(sheets), "--corrections", "3"]
    options += ["--start", "mask", "click"]
    assert main(["eval", "video", str(tmp_path / "set"), *options]) == 0
    result = json.loads(out.read_text())
    methods, starts = ("tracker", "corrected", "flow", "reprompt"), ("mask", "click")
    assert set(result) == {f"{name} from a {how}" for name in methods for how in starts}
    for name in ("tracker from a mask", "reprompt from a click"):
        assert result[name]["figures"]["j&f"] == 1.0
    assert (sheets / "seq.png").is_file()
    assert "J 1.000" in capsys.readouterr().out
    assert main(["eval", "video", str(tmp_path / "none")]) == 1
    assert main(["eval", "clicks", str(tmp_path), "--limit", "0"]) == 1
