"""Fetch a large file: resumed after a break, verified, put in place whole or not at all."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from pathlib import Path

CHUNK = 1 << 20
TIMEOUT_S = 60.0
_PARTIAL = 206
_NOTHING_BEYOND = 416

Progress = Callable[[int, int], None]


def _silent(done: int, total: int) -> None:
    """Show nothing."""


def fetch(
    url: str, path: Path, least_bytes: int, sha256: str | None, progress: Progress = _silent
) -> str:
    """Download ``url`` to ``path``.

    What arrived before a break lies in ``<path>.part`` and is continued by the next call, if the
    server still offers the same file.

    Args:
        url: http(s) address.
        path: where the file goes; written only when complete and verified.
        least_bytes: a smaller file is not the published one.
        sha256: expected digest, None where none is known.
        progress: called with bytes done and total (0 = not known).

    Returns:
        The SHA-256 of the file.

    Raises:
        ValueError: what arrived is not the expected file; it is not kept.
        OSError: the network or the disk failed; what has arrived is kept.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        total = _continue(url, part, progress)
    except urllib.error.HTTPError as error:
        raise OSError(f"{url}: {error}") from None
    except (urllib.error.URLError, HTTPException, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", error)
        raise OSError(f"cannot reach {url}: {reason}; run it again to continue") from None
    size = part.stat().st_size
    if total and size < total:
        raise OSError(f"{url}: cut off at {size} of {total} bytes; run it again to continue")
    digest = _digest(part)
    problem = _problem(part, digest, least_bytes, sha256)
    _tag_of(part).unlink(missing_ok=True)
    if problem:
        part.unlink()
        raise ValueError(f"{url} gave {problem}; it was not kept")
    part.replace(path)
    return digest


def _tag_of(part: Path) -> Path:
    return part.with_name(part.name + ".etag")


def _continue(url: str, part: Path, progress: Progress) -> int:
    """Fetch what is missing of ``part``; returns the total size, 0 = unknown."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "seem_ros"})
    if have:
        request.add_header("Range", f"bytes={have}-")
        if _tag_of(part).exists():  # another file by now is then sent from its start
            request.add_header("If-Range", _tag_of(part).read_text())
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
            return _receive(response, part, progress)
    except urllib.error.HTTPError as error:
        if have and error.code == _NOTHING_BEYOND:
            return have
        raise


def _receive(response: HTTPResponse, part: Path, progress: Progress) -> int:
    """Append the response to ``part``, or start it anew; returns the total size, 0 = unknown."""
    resumed = response.status == _PARTIAL
    done = part.stat().st_size if resumed else 0
    length = int(response.headers.get("Content-Length") or 0)
    total = done + length if length else 0
    tag = response.headers.get("ETag", "")
    if tag and not tag.startswith("W/"):
        _tag_of(part).write_text(tag)
    else:
        _tag_of(part).unlink(missing_ok=True)
    with part.open("ab" if resumed else "wb") as file:
        progress(done, total)
        while chunk := response.read(CHUNK):
            file.write(chunk)
            done += len(chunk)
            progress(done, total)
    return total


def _problem(part: Path, digest: str, least_bytes: int, sha256: str | None) -> str:
    """Say what is wrong with a complete download, "" if nothing is."""
    size = part.stat().st_size
    if size < least_bytes:
        return f"{size} bytes, its tensors alone take {least_bytes}"
    if sha256 is not None and digest != sha256:
        return f"a file with another SHA-256 ({digest}) than {sha256}"
    if zipfile.is_zipfile(part):
        with zipfile.ZipFile(part) as archive:
            damaged = archive.testzip()
        if damaged:
            return f"a file damaged at {damaged}"
    return ""


def _digest(path: Path) -> str:
    total = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            total.update(chunk)
    return total.hexdigest()
