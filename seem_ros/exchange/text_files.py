"""Text files that are written wholly or not at all."""

from __future__ import annotations

import uuid
from pathlib import Path


def write_text(path: str | Path, text: str) -> None:
    """Write a text as UTF-8, making its folder; what was there stays until all is written.

    Raises:
        OSError: it cannot be written there; names the file and the reason.

    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}-{uuid.uuid4().hex}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise OSError(f"cannot write {path}: {error.strerror}") from None
    finally:
        temporary.unlink(missing_ok=True)
