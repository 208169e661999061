"""``seem-ros console``: the operator's page over a photo, a clip, a folder or a camera."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seem_ros import resources
from seem_ros.cli.frames import open_frames
from seem_ros.cli.prompt_arguments import add_model_arguments, load_segmenter
from seem_ros.exchange.picture_files import PICTURE_ENDINGS, read_rgb

if TYPE_CHECKING:
    from seem_ros.segmenter import Segmenter


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options.

    Raises:
        ImportError: the server's library is missing.

    """
    _need_server()
    from seem_ros.console.arguments import add_server_arguments

    parser.add_argument(
        "source", nargs="?", metavar="IMAGE|VIDEO|DIR", help="what to look at (the bundled clip)"
    )
    parser.add_argument("--camera", type=int, metavar="N", help="this machine's camera instead")
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    add_model_arguments(parser)
    add_server_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C.

    Raises:
        ValueError: the source cannot be read, or the token is too short.
        OSError: there is no such file, or the address is taken.

    """
    from seem_ros.console.arguments import server_options
    from seem_ros.console.local.footage import CameraFootage, FileFootage, Footage
    from seem_ros.console.local.tracker_session import TrackerSession
    from seem_ros.console.running import run as serve
    from seem_ros.tracker import Tracker

    footage: Footage
    if args.camera is not None:
        footage, title = CameraFootage(args.camera), f"camera {args.camera}"
    else:
        source = Path(args.source) if args.source else resources.demo_clip_dir() / "frames"
        play = partial(_photo, source) if _is_photo(source) else partial(_frames, source)
        next(play())  # what cannot be read is said now
        footage, title = FileFootage(play), source.name if args.source else "the bundled clip"
    segmenter = load_segmenter(args)
    if args.library is None:
        _use_own_library(segmenter)
    session = TrackerSession(
        Tracker(segmenter), footage, title,
        model=args.model, device=str(segmenter.device), words=segmenter.vocabulary,
        library=segmenter.library,
    )  # fmt: skip
    serve(session, server_options(args), partial(_ready, args.open))
    return 0


def _need_server() -> None:
    try:
        import aiohttp  # noqa: F401
    except ImportError:
        raise ImportError("the console needs aiohttp: pip install 'seem-ros[console]'") from None


def _use_own_library(segmenter: Segmenter) -> None:
    """Teach into the user's own library, as the node does; why that cannot be is one line."""
    from seem_ros.library import Library

    try:
        library = Library()
        len(library)  # what cannot be read is said now
        segmenter.use_library(library)
    except (OSError, ValueError) as error:
        print(f"console: nothing can be taught: {error}", file=sys.stderr)


def _is_photo(source: Path) -> bool:
    return source.is_file() and source.suffix.lower() in PICTURE_ENDINGS


def _photo(source: Path) -> Iterator[tuple[np.ndarray, int]]:
    yield read_rgb(source), 0


def _frames(source: Path) -> Iterator[tuple[np.ndarray, int]]:
    for frame in open_frames(source):
        yield frame.rgb, frame.stamp_ns


def _ready(open_browser: bool, url: str) -> None:
    print(f"console: open {url} in a browser; Ctrl-C ends it", flush=True)
    if open_browser:
        import webbrowser

        webbrowser.open(url)
