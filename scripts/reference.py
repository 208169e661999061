"""Write docs/reference/parameters.md and messages.md from the code: python scripts/reference.py

Needs ROS 2, whose types the nodes' parameters use. A test says when they have to be written anew.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
_MADE = "<!-- made by scripts/reference.py -->\n"
_KINDS = {"msg": "Messages", "srv": "Services", "action": "Actions"}


def main() -> None:
    """Write the pages."""
    sys.path.insert(0, str(ROOT))
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8")
        print(f"docs/reference/{name}")


def pages() -> dict[str, str]:
    """Return name -> text of the pages that are made from the code."""
    return {"parameters.md": parameters_page(), "messages.md": messages_page()}


def parameters_page() -> str:
    """Return the page of all parameters of all nodes."""
    from seem_ros.ros.console.parameters import ConsoleParameters
    from seem_ros.ros.node.parameters import NodeParameters
    from seem_ros.ros.space.parameters import SpatialParameters
    from seem_ros.ros.voice.parameters import VoiceParameters

    intro = (
        "Set with `--ros-args -p NAME:=VALUE`, `--params-file FILE` (all of seem_node's, with "
        "their defaults: `config/seem.yaml`) or, where the last column says *at once*, with `ros2 "
        "param set`. Each topic's quality of service can be overridden as well: "
        "`qos_overrides./TOPIC.publisher.reliability` and so on."
    )
    parts = [_MADE, "# Parameters\n", intro + "\n"]
    for title, group in (
        ("seem_node", NodeParameters),
        ("seem_node, 3-D", SpatialParameters),
        ("voice_node", VoiceParameters),
        ("console_node", ConsoleParameters),
    ):
        parts += [f"## {title}\n", _table(group)]
    return "\n".join(parts)


def _table(group: type[Any]) -> str:
    rows: list[Sequence[str]] = [("parameter", "default", "values", "meaning", "a change counts")]
    rows.append(("---",) * 5)
    for item in dataclasses.fields(group):
        facts = item.metadata["facts"]
        default = list(item.default) if isinstance(item.default, tuple) else item.default
        default = f'"{default}"' if isinstance(default, str) else str(default)
        values = ", ".join(f"`{each}`" for each in facts.options)
        if facts.low is not None:
            values = f"{facts.low:g} to {facts.high:g}"
        rows.append(
            (f"`{item.name}`", f"`{default}`", values, _cell(facts.description), facts.when)
        )
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def messages_page() -> str:
    """Return the page of all messages, services and actions, as their files say it."""
    parts = [_MADE, "# Messages, services and actions\n"]
    for kind, title in _KINDS.items():
        parts.append(f"## {title}\n")
        for path in sorted((ROOT / kind).glob(f"*.{kind}")):
            text = path.read_text(encoding="utf-8").strip()
            parts.append(f"### {path.stem}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    main()
