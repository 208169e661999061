"""A seem_node with two cameras, front and wrist, each with a scene of its own."""

from __future__ import annotations

from typing import Any

from sensor_msgs.msg import Image

from seem_ros import srv
from seem_ros.prompts import Prompt
from seem_ros.ros.messages.prompt_messages import prompt_to_message
from support.flood_segmenter import draw_scene
from support.node_bench import Bench

FRONT, WRIST = "front", "wrist"
RED, GREEN = (20, 30, 60, 80), (90, 10, 140, 50)
SCENES = {FRONT: draw_scene([("red", RED)]), WRIST: draw_scene([("green", GREEN)], 100, 150)}


def bench_of_two(**parameters: Any) -> Bench:
    """Return a Bench whose node has both."""
    return Bench(cameras=[FRONT, WRIST], **parameters)


def see(bench: Bench, camera: str) -> Image:
    """Show a camera's scene, wait until the node has worked on it, and return the image."""
    return bench.see(SCENES[camera], camera=camera)


def ask(bench: Bench, camera: str, **fields: Any) -> srv.AddPrompt.Response:
    """Give a camera a Prompt with these fields, and return how it ended."""
    prompt = prompt_to_message(Prompt(**fields))
    return bench.call(f"/seem_node/{camera}/add_prompt", srv.AddPrompt, prompt=prompt)


def held(bench: Bench, camera: str) -> list[int]:
    """Return the ids that a camera's list_instances tells."""
    answer = bench.call(f"/seem_node/{camera}/list_instances", srv.ListInstances)
    return [item.id for item in answer.instances.instances]
