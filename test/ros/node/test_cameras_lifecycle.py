"""One node with two cameras and one model: up and down, names, and what is left behind."""

import gc
import re
import threading
import weakref

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

from rclpy.parameter import Parameter

from seem_ros import msg
from seem_ros.ros.node.loaded_model import LoadedModel
from seem_ros.ros.node.seem_node import SeemNode
from seem_ros.tracker import Tracker, TrackerConfig
from support.node_bench import GatedSegmenter
from support.transitions import DOWN, UP, change
from support.two_cameras import FRONT, WRIST, ask, bench_of_two, held, see


def test_both_go_down_and_come_up_again_with_their_instances_gone(ros):
    with bench_of_two() as bench:
        for _ in range(2):
            change(bench, UP)
            for camera, colour in ((FRONT, "red"), (WRIST, "green")):
                see(bench, camera)
                assert held(bench, camera) == []
                assert ask(bench, camera, text=colour).instance_id == 1
            change(bench, DOWN)
            assert bench.node.cameras.pipelines == ()


def test_nothing_of_either_lives_after_cleanup_and_the_model_was_one(ros):
    with bench_of_two() as bench:
        change(bench, UP)
        for camera in (FRONT, WRIST):
            see(bench, camera)
        parts = {"model": bench.segmenter}
        for camera in (FRONT, WRIST):
            worker = bench.worker_of(camera)
            assert worker.tracker._model is bench.segmenter
            parts |= {
                f"worker of {camera}": worker,
                f"tracker of {camera}": worker.tracker,
                f"view of {camera}": worker.view,
            }
        assert len(set(map(id, parts.values()))) == 7
        alive = {name: weakref.ref(part) for name, part in parts.items()}
        del worker, parts
        bench.segmenter = GatedSegmenter()
        gc.disable()
        try:
            change(bench, DOWN)
            assert [name for name, part in alive.items() if part() is not None] == []
        finally:
            gc.enable()


def test_the_tracker_of_another_camera_works_like_the_first():
    segmenter, config = GatedSegmenter(), TrackerConfig(max_instances=3)
    first = LoadedModel(segmenter, Tracker(segmenter, config, late_names=True), "flood", "cpu")
    second = first.for_another_camera()
    assert second.tracker is not first.tracker
    assert second.segmenter is first.segmenter
    assert (second.tracker.config, second.tracker.state.late_names) == (config, True)


def test_prompts_are_refused_by_each_while_the_model_is_loaded(ros):
    with bench_of_two() as bench:
        loading, go_on, load = threading.Event(), threading.Event(), bench.load

        def slowly(parameters):
            loading.set()
            assert go_on.wait(20)
            return load(parameters)

        bench.load = slowly
        up = threading.Thread(target=bench.node.trigger_configure)
        up.start()
        assert loading.wait(20)
        for camera in (FRONT, WRIST):
            told = bench.listen(f"/seem_node/{camera}/prompt_status", msg.PromptStatus)
            bench.send(f"/seem_node/{camera}/prompt", msg.Prompt(id="early", text="red"))
            assert told.wait().code == msg.PromptStatus.REFUSED
        go_on.set()
        up.join()


@pytest.mark.parametrize(
    ("cameras", "said"),
    [
        (["front", "front"], "'front' is named twice"),
        (["front camera"], "'front camera' is no name"),
        (["front", "2nd"], "'2nd' is no name"),
        (["a/b"], "'a/b' is no name"),
        (["a__b"], "'a__b' is no name"),
    ],
)
def test_names_that_topics_cannot_have_are_refused(ros, cameras, said):
    with pytest.raises(ValueError, match=f"parameter cameras: {said}"):
        SeemNode(parameter_overrides=[Parameter("cameras", value=cameras)])


@pytest.mark.parametrize("given", ["[]", "['']", "[front]", "[front, wrist_2]"])
def test_no_names_are_one_camera_and_the_names_stay(ros, given):
    node = SeemNode(cli_args=["--ros-args", "-p", f"cameras:={given}"])
    names = node.parameters.cameras
    try:
        assert names == tuple(re.findall(r"\w+", given))
        topics = {publisher.topic_name for publisher in node.publishers}
        for name in names:
            assert f"/seem_node/{name}/status" in topics
        assert ("/seem_node/status" in topics) == (not names)
        (result,) = node.set_parameters([Parameter("cameras", value=["other"])])
        assert (result.successful, node.parameters.cameras) == (False, names)
    finally:
        node.destroy_node()
