"""What a node lets go when it is cleaned up: nothing is left to the garbage collector."""

import gc
import weakref

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState

from seem_ros import srv
from seem_ros.prompts import Prompt
from seem_ros.ros.messages.prompt_messages import prompt_to_message
from support.node_bench import Bench, GatedSegmenter

UP = (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE)
DOWN = (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP)


def change(bench, transitions):
    for transition in transitions:
        request = {"transition": Transition(id=transition)}
        assert bench.call("/seem_node/change_state", ChangeState, **request).success


def test_nothing_of_model_tracker_and_pipeline_lives_after_cleanup(ros):
    with Bench() as bench:
        change(bench, UP)
        bench.see()
        prompt = prompt_to_message(Prompt(points=[(30, 40, 1)]))
        assert bench.call("/seem_node/add_prompt", srv.AddPrompt, prompt=prompt).success
        bench.see()
        worker = bench.worker
        parts = {
            "pipeline": bench.pipeline,
            "worker": worker,
            "tracker": worker.tracker,
            "model": bench.segmenter,
            "view": worker.view,
            "picture": worker.tracker.state.frame,
        }
        held = {name: weakref.ref(part) for name, part in parts.items()}
        del worker, parts
        bench.segmenter = GatedSegmenter()
        gc.disable()
        try:
            change(bench, DOWN)
            alive = [name for name, part in held.items() if part() is not None]
        finally:
            gc.enable()
        assert alive == []
