"""``seem-ros download``: fetch a published checkpoint; an interrupted download is continued."""

from __future__ import annotations

import argparse
import sys

from seem_ros.model.download import fetch

_MEGABYTE = 1_000_000
_BAR = 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("name", metavar="NAME", help="of `seem-ros models`, or vosk-small-en-us")
    parser.add_argument("--url", help="another address of the same file")


def run(args: argparse.Namespace) -> int:
    """Fetch the file into the folder of models unless it is there.

    Raises:
        ValueError: unknown name, or what arrived is not the published file.
        OSError: the network or the disk failed.

    """
    if args.name.startswith("vosk-"):
        from seem_ros.speech.engines.vosk_models import fetch_model

        print(fetch_model(args.name, args.url, Bar()))
        return 0
    from seem_ros.model.checkpoints import BUNDLED, find_checkpoint

    if args.name in BUNDLED:
        print(f"{args.name} comes with the package: there is nothing to download")
        return 0
    checkpoint = find_checkpoint(args.name)
    if checkpoint.path.is_file():
        print(f"{checkpoint.path} is there already")
        return 0
    url, bar = args.url or checkpoint.url, Bar()
    digest = fetch(url, checkpoint.path, checkpoint.tensor_bytes, checkpoint.sha256, bar)
    print(checkpoint.path)
    print(f"SHA-256 {digest}")
    return 0


class Bar:
    """A progress bar on stderr, redrawn when its percentage changes; silent in a pipe."""

    def __init__(self) -> None:
        self._shown = -1
        self._visible = sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        """Show ``done`` of ``total`` bytes, 0 = unknown."""
        percent = 100 * done // total if total else done // (10 * _MEGABYTE)
        if not self._visible or percent == self._shown:
            return
        self._shown = percent
        filled = "#" * (_BAR * done // total if total else 0)
        of = f"/{total / _MEGABYTE:.0f}" if total else ""
        line = f"[{filled:<{_BAR}}] {done / _MEGABYTE:.0f}{of} MB"
        print(line, end="\n" if total and done == total else "\r", file=sys.stderr, flush=True)
