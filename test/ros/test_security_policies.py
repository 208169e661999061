"""config/security: what the nodes may do is what they do, read from nodes that run."""

from __future__ import annotations

import gc
import importlib.util
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

for needed in ("aiohttp", "lark", "pocketsphinx"):
    pytest.importorskip(needed, reason=f"needs {needed}")
pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

from rclpy.action import (
    get_action_client_names_and_types_by_node,
    get_action_server_names_and_types_by_node,
)
from rclpy.node import Node
from rclpy.parameter import Parameter

from seem_ros.ros.console.console_node import ConsoleNode
from seem_ros.ros.voice.voice_node import VoiceNode
from support.node_bench import Bench, spinning, spun_node

POLICIES = Path(__file__).parents[2] / "config" / "security"
NODES = ("seem_node", "voice_node", "console_node")
# (what is allowed, by which attribute) -> how rclpy calls who does that
RIGHTS = {
    ("topic", "publish"): "publisher",
    ("topic", "subscribe"): "subscriber",
    ("service", "reply"): "service",
    ("service", "request"): "client",
    ("action", "execute"): "action server",
    ("action", "call"): "action client",
}
Rights = set[tuple[str, str]]  # (how rclpy calls it, name)

# Only there where these packages are, which no wheel brings.
OF_PACKAGES: dict[str, Rights] = {
    "vision_msgs": {
        ("publisher", f"/seem_node/{name}")
        for name in ("detections", "detections_3d", "label_info", "vision_info")
    },
    "tf2_ros": {("subscriber", "/tf"), ("subscriber", "/tf_static")},
}


def allowed(node: str) -> Rights:
    """Return what the policy of a node allows."""
    (enclave,) = ET.parse(POLICIES / f"{node}.policy.xml").iter("enclave")
    (profile,) = enclave.iter("profile")
    assert (enclave.get("path"), profile.get("ns"), profile.get("node")) == (f"/{node}", "/", node)
    rights: Rights = set()
    for group in profile:
        ((right, answer),) = group.attrib.items()
        assert answer == "ALLOW", "what is not allowed is denied anyway"
        for item in group:
            entry = (RIGHTS[item.tag, right], item.text or "")
            assert entry not in rights, f"twice: {entry}"
            rights.add(entry)
    return rights


def exercised(node: str, eye: Node) -> Rights:
    """Return what a running node offers and uses, as another node sees it."""
    rights: Rights = set()
    for what in ("publisher", "subscriber", "service", "client"):
        ask = getattr(eye, f"get_{what}_names_and_types_by_node")
        rights |= {(what, name) for name, _ in ask(node, "/") if "/_action/" not in name}
    for what, see in (
        ("action server", get_action_server_names_and_types_by_node),
        ("action client", get_action_client_names_and_types_by_node),
    ):
        rights |= {(what, name) for name, _ in see(eye, node, "/")}
    return rights


def settled(node: str, eye: Node, least: Rights) -> Rights:
    """Return what a node exercises, `least` of all, once a second of discovery adds nothing."""
    Bench.until(lambda: least <= exercised(node, eye))
    before, seen = None, exercised(node, eye)
    while before != seen:
        time.sleep(1.0)
        before, seen = seen, seen | exercised(node, eye)
    return seen


@contextmanager
def all_nodes(transport: str, **of_seem_node: object) -> Iterator[Bench]:
    """Run the three nodes; a page of the console is open, so that it looks at images."""
    common = [Parameter("use_sim_time", value=True)]
    image = Parameter("image_transport", value=transport)
    audio = [Parameter("engine", value="pocketsphinx"), Parameter("audio", value="topic")]
    with ExitStack() as stack:
        bench = stack.enter_context(
            Bench(use_sim_time=True, image_transport=transport, **of_seem_node)
        )
        bench.activate()
        voice = VoiceNode(parameter_overrides=[*common, *audio])
        console = ConsoleNode(parameter_overrides=[*common, image])
        for node in (voice, console):
            stack.callback(node.destroy_node)
            stack.enter_context(spinning(node))
        console.session.watch(True)
        yield bench


def one_round(image: str, depth: str, **of_seem_node: object) -> dict[str, Rights]:
    """Return what each node exercises with these transports."""
    image_topic = "/image" if image == "raw" else f"/image/{image}"
    depth_topic = "/depth" if depth == "raw" else f"/depth/{depth}"
    least = {node: {("subscriber", "/clock")} for node in NODES}
    least["seem_node"] |= {("subscriber", image_topic), ("subscriber", depth_topic)}
    least["console_node"] |= {("subscriber", image_topic)}
    with all_nodes(image, depth_transport=depth, **of_seem_node) as bench:
        return {node: settled(node, bench.operator, least[node]) for node in NODES}


def nobody_is_left() -> None:
    """Wait until the graph has forgotten the nodes, which would answer for those that follow.

    It knows them for as long as something holds a part of them.
    """
    gc.collect()
    with spun_node("eye") as eye:
        Bench.until(lambda: not set(NODES) & set(eye.get_node_names()))


def test_each_right_is_used_and_each_use_is_allowed(ros):
    has_tf = importlib.util.find_spec("tf2_ros") is not None
    target = {"target_frame": "base_link"} if has_tf else {}
    found: dict[str, Rights] = {node: set() for node in NODES}
    for image, depth in (("raw", "raw"), ("compressed", "compressedDepth")):
        for node, rights in one_round(image, depth, **target).items():
            found[node] |= rights
        nobody_is_left()
    lacking = {name for name in OF_PACKAGES if importlib.util.find_spec(name) is None}
    unused = set().union(*(OF_PACKAGES[name] for name in lacking))
    for node in NODES:
        may = allowed(node)
        assert found[node] - may == set(), f"{node} does what it may not"
        assert may - found[node] - unused == set(), f"{node} may do what it never does"
        assert not (unused & found[node])
