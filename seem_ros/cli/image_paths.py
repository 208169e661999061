"""Which pictures a command line means: files, folders and patterns."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path

from seem_ros.exchange.picture_files import natural_key, pictures_in


def image_paths(sources: Sequence[str]) -> list[Path]:
    """Return the files that are named, each once: those of a folder or pattern in natural order.

    Raises:
        FileNotFoundError: there is no such file or folder, or nothing fits a pattern.
        ValueError: a folder holds no picture.

    """
    found: dict[Path, None] = {}
    for source in sources:
        path = Path(source)
        if path.is_dir():
            found.update(dict.fromkeys(pictures_in(path)))
        elif path.exists() or not glob.has_magic(source):
            found[path] = None  # a missing one is told when its turn comes
        else:
            found.update(dict.fromkeys(_fitting(source)))
    return list(found)


def _fitting(pattern: str) -> list[Path]:
    files = [Path(name) for name in glob.glob(pattern, recursive=True)]
    files = [path for path in files if path.is_file()]
    if not files:
        raise FileNotFoundError(f"no file fits {pattern!r}")
    return sorted(files, key=natural_key)
