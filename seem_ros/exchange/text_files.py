"""Text files that are written wholly or not at all."""

from __future__ import annotations

from pathlib import Path

from seem_ros.exchange.whole_file import whole_file


def write_text(path: str | Path, text: str) -> None:
    """Write a text as UTF-8, making its folder; what was there stays until all is written.

    Raises:
        OSError: it cannot be written there; names the file and the reason.

    """
    with whole_file(Path(path)) as temporary:
        temporary.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
