"""``--help`` of a node: what it does and what can be set, without starting it."""

from __future__ import annotations

import dataclasses
import sys
import textwrap
from collections.abc import Sequence
from typing import Any

_WIDTH = 99
_COLUMN = 30


def is_asked_for(args: Sequence[str] | None) -> bool:
    """Tell whether help is asked for, in these arguments or, None, in those of the process."""
    arguments = sys.argv[1:] if args is None else args
    own = list(arguments)
    if "--ros-args" in own:
        own = own[: own.index("--ros-args")]
    return "-h" in own or "--help" in own


def text(name: str, purpose: str | None, groups: Sequence[type[Any]], example: str) -> str:
    """Return the help of a node.

    Args:
        name: of the program.
        purpose: the docstring of its module.
        groups: dataclasses of its parameters, made with parameter_fields.
        example: what may follow --ros-args.

    """
    rows = [row for group in groups for item in dataclasses.fields(group) for row in _row(item)]
    return "\n".join(
        [
            f"usage: {name} [--ros-args [-p NAME:=VALUE] [--params-file FILE] [-r FROM:=TO]]",
            "",
            (purpose or "").strip(),
            "",
            f"For example: {name} --ros-args {example}",
            "",
            "parameters:",
            *rows,
        ]
    )


def _row(item: dataclasses.Field[Any]) -> list[str]:
    default = list(item.default) if isinstance(item.default, tuple) else item.default
    shown = f"  {item.name} [{default if default != '' else repr('')}]"
    lines = textwrap.wrap(item.metadata["facts"].description, _WIDTH - _COLUMN)
    if len(shown) >= _COLUMN:
        return [shown, *(" " * _COLUMN + line for line in lines)]
    return [shown.ljust(_COLUMN) + lines[0], *(" " * _COLUMN + line for line in lines[1:])]
