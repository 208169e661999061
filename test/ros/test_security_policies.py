"""config/security: what the nodes may do is what they do, read from nodes that run."""

from __future__ import annotations

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
from support.node_bench import Bench, spinning

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


def settled(node: str, eye: Node) -> Rights:
    """Return what a node exercises when that has not grown for a second of discovery."""
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


def test_each_right_is_used_and_each_use_is_allowed(ros):
    has_tf = importlib.util.find_spec("tf2_ros") is not None
    target = {"target_frame": "base_link"} if has_tf else {}
    found: dict[str, Rights] = {node: set() for node in NODES}
    for transport, depth in (("raw", "raw"), ("compressed", "compressedDepth")):
        with all_nodes(transport, depth_transport=depth, **target) as bench:
            topic = "/image" if transport == "raw" else "/image/compressed"
            bench.until(lambda topic=topic: bench.operator.count_subscribers(topic) == 2)
            bench.until(lambda: bench.operator.count_subscribers("/clock") == len(NODES))
            for node in NODES:
                found[node] |= settled(node, bench.operator)
    lacking = {name for name in OF_PACKAGES if importlib.util.find_spec(name) is None}
    unused = set().union(*(OF_PACKAGES[name] for name in lacking))
    for node in NODES:
        may = allowed(node)
        assert found[node] - may == set(), f"{node} does what it may not"
        assert may - found[node] - unused == set(), f"{node} may do what it never does"
        assert not (unused & found[node])
