"""Texts of others, made fit for one line of a log, a status or an answer."""

from __future__ import annotations

LONGEST = 300  # characters; a person reads no more of it
NAME = 80  # characters of a label, an id or words within a line


def one_line(text: object, longest: int = LONGEST) -> str:
    """Return a text on one line: control characters escaped, and cut where it is too long."""
    whole = " ".join(str(text).split())
    cut = whole if len(whole) <= longest else f"{whole[:longest]}… ({len(whole)} characters)"
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in cut)
