"""Text tables."""

from __future__ import annotations

from collections.abc import Sequence


def lines_of(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table with aligned columns and a rule under the headings."""
    everything = [headings, *rows]
    widths = [max(len(row[column]) for row in everything) for column in range(len(headings))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in everything]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)
