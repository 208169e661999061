"""docs/reference: the parameters and messages of today, and the topics that a running node has."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

from rclpy.action import get_action_server_names_and_types_by_node

from support.node_bench import Bench

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
OF_EVERY_NODE = re.compile(
    r"/parameter_events|/rosout|/_action/|_parameter|get_type_description|list_parameters"
    r"|logger_levels|transition|change_state|get_state|get_available_states"
)
OF_VISION_MSGS = ("detections", "detections_3d", "label_info", "vision_info")


def test_what_is_made_from_the_code_is_of_today(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    for name, text in importlib.import_module("reference").pages().items():
        written = (REFERENCE / name).read_text(encoding="utf-8")
        assert written == text, f"docs/reference/{name}: run python scripts/reference.py"


def documented() -> dict[str, str]:
    """Return name -> type of what the tables and the last sentences of the page name."""
    text = (REFERENCE / "topics.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(/[\w/]+)` \| (\w+)/(\w+) ", text, re.MULTILINE)
    return {name: f"{package}/{kind}" for name, package, kind in rows}


def test_the_topics_and_services_are_those_of_a_node(bench):
    bench.until(lambda: documented() == _plain(bench))
    actions = dict(get_action_server_names_and_types_by_node(bench.operator, "seem_node", "/"))
    assert actions == {"/seem_node/segment": ["seem_ros/action/Segment"]}


def _plain(bench: Bench) -> dict[str, str]:
    """Return name -> package/Type of all topics and services of the node but TF's."""
    found = {**_of(bench, "publisher"), **_of(bench, "subscriber"), **_of(bench, "service")}
    return {name: kind for name, kind in found.items() if not name.startswith("/tf")}


def _of(bench: Bench, what: str) -> dict[str, str]:
    """Return name -> package/Type of a node's own topics or services."""
    ask = getattr(bench.operator, f"get_{what}_names_and_types_by_node")
    return {
        name: re.sub(r"/\w+/", "/", kinds[0])
        for name, kinds in ask("seem_node", "/")
        if not OF_EVERY_NODE.search(name) and not name.endswith(OF_VISION_MSGS)
    }
