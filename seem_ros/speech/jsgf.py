"""Write rules as a JSGF grammar (JSpeech Grammar Format, W3C note of 5 June 2000)."""

from __future__ import annotations

from collections.abc import Mapping

from seem_ros.speech.rules import (
    EMPTY,
    Choice,
    Many,
    Node,
    Reference,
    Sequence,
    Word,
    references,
)


def write(rules: Mapping[str, Node], root: str, language: str) -> str:
    """Write the rules that the root needs; the root is the public rule."""
    lines = [f"#JSGF V1.0 UTF-8 {language};", "grammar commands;", ""]
    for name in needed(rules, root):
        scope = "public " if name == root else ""
        lines.append(f"{scope}<{name}> = {_expansion(rules[name])};")
    return "\n".join(lines) + "\n"


def needed(rules: Mapping[str, Node], root: str) -> list[str]:
    """Name the rules that can be reached from the root, the root first."""
    order = [root]
    for name in order:
        order += sorted(references(rules[name]) - set(order))
    return order


def _expansion(node: Node) -> str:
    match node:
        case Word(text):
            return text
        case Reference(name):
            return f"<{name}>"
        case Choice(()):
            return "<VOID>"
        case Sequence(()):
            return "<NULL>"
        case Choice(options) if options[-1] == EMPTY and len(options) == 2:
            return f"[{_expansion(options[0])}]"
        case Choice(options):
            return "(" + " | ".join(_expansion(option) for option in options) + ")"
        case Sequence(parts):
            return " ".join(_expansion(part) for part in parts)
        case Many(part):
            return f"({_expansion(part)})*"
    raise TypeError(f"{node!r} is no node of a rule")
