"""``seem-ros download``: fetch a published checkpoint; an interrupted download is continued."""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO

_CHUNK = 1 << 20
_PARTIAL_CONTENT = 206
_RANGE_NOT_SATISFIABLE = 416


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("name", metavar="NAME", help="a name that `seem-ros models` lists")
    parser.add_argument("--url", help="another address of the same file")


def run(args: argparse.Namespace) -> int:
    """Fetch the file into the folder of models unless it is there.

    Raises:
        ValueError: unknown name, or what arrived is not the published file.
        OSError: the network or the disk failed.

    """
    from seem_ros.model.checkpoints import find_checkpoint

    checkpoint = find_checkpoint(args.name)
    if checkpoint.path.is_file():
        print(f"{checkpoint.path} is there already")
        return 0
    fetch(args.url or checkpoint.url, checkpoint.path, checkpoint.tensor_bytes, checkpoint.sha256)
    print(checkpoint.path)
    return 0


def fetch(url: str, path: Path, least_bytes: int, sha256: str | None) -> None:
    """Download a file; it appears under its name only when it is whole.

    Args:
        url: address.
        path: where to put it; a `.part` file beside it holds what has arrived.
        least_bytes: a smaller file is not the published one.
        sha256: digest in hex, None where none is known.

    Raises:
        ValueError: the file is too small or has another digest; it is not kept.
        OSError: the network or the disk failed; what has arrived is kept.

    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    _continue_download(url, partial)
    size = partial.stat().st_size
    if size < least_bytes:
        partial.unlink()
        raise ValueError(f"{url} gave {size} bytes, its tensors alone take {least_bytes}")
    if sha256 is not None and _digest(partial) != sha256:
        partial.unlink()
        raise ValueError(f"{url} gave a file with another SHA-256 than {sha256}")
    partial.replace(path)


def _continue_download(url: str, partial: Path) -> None:
    have = partial.stat().st_size if partial.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            goes_on = answer.status == _PARTIAL_CONTENT
            with partial.open("ab" if goes_on else "wb") as file:
                _copy(answer, file)
    except urllib.error.HTTPError as error:
        if not (have and error.code == _RANGE_NOT_SATISFIABLE):  # nothing is missing
            raise OSError(f"{url}: {error}") from None
    except urllib.error.URLError as error:
        raise OSError(f"cannot reach {url}: {error.reason}") from None


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    if not sys.stderr.isatty():
        shutil.copyfileobj(source, target, _CHUNK)
        return
    while chunk := source.read(_CHUNK):
        target.write(chunk)
        print(f"{target.tell() / 1e6:.0f} MB", end="\r", file=sys.stderr)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
