"""``seem-ros track``: a video, folder or recording in, a label image a frame out."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from seem_ros.cli.errors import NothingFoundError
from seem_ros.cli.frame import Frame, FrameSource
from seem_ros.cli.frames import open_frames
from seem_ros.cli.mask_files import DEFAULT_FOLDER
from seem_ros.cli.prompt_arguments import (
    add_merge_argument,
    add_model_arguments,
    load_segmenter,
    wanted_of,
)
from seem_ros.cli.prompt_file import TimedPrompt, read_prompt_file
from seem_ros.cli.rerun_log import RerunLog
from seem_ros.cli.track_files import TrackFiles, report_record
from seem_ros.exchange.prompt_options import add_prompt_arguments
from seem_ros.exchange.text_files import write_text
from seem_ros.tracker import Tracker, TrackerConfig

_BAR = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}, {rate_noinv_fmt}]"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "source", metavar="SOURCE", help="folder of pictures, video, GIF, rosbag2 folder or MCAP"
    )
    parser.add_argument("--topic", help="of the images in a recording")
    add_prompt_arguments(parser)
    add_merge_argument(parser)
    parser.add_argument(
        "--prompts", metavar="FILE.json", help="prompts for later frames, see the guide"
    )
    add_model_arguments(parser)
    parser.add_argument("--out", metavar="DIR", help="label images 00000.png … (seem_out/SOURCE)")
    parser.add_argument("--overlay", metavar="DIR", help="also pictures with the masks on them")
    parser.add_argument("--video", metavar="FILE.mp4", help="also the same as a video")
    parser.add_argument("--bag", metavar="OUT", help="of a recording: a recording of all that")
    parser.add_argument(
        "--rerun",
        nargs="?",
        const="",
        metavar="OUT.rrd",
        help="also for the rerun viewer; without a file it is opened (needs rerun-sdk)",
    )
    parser.add_argument("--json", metavar="RESULT.json", help="every instance in every frame")
    parser.add_argument("--overwrite", action="store_true", help="replace an earlier run's files")


def run(args: argparse.Namespace) -> int:
    """Track and write a label image for every frame: 8 bits, or 16 where an id needs them.

    Raises:
        NothingFoundError: nothing was ever found; no label image is left.
        ValueError: wrong input, or some prompts could not be used; the frames are done then.

    """
    prompts = _prompts(args)
    source = open_frames(args.source, args.topic)
    if args.bag and source.topic is None:
        raise ValueError(f"--bag needs a recording to begin with, and {args.source} is none")
    frames = iter(source)
    first = next(frames)
    for timed in prompts:
        if timed.is_due(0, 0.0):
            timed.prompt.validated(*first.rgb.shape[:2])
    files = _files(args, source)
    files.check_free(args.overwrite, _inputs(args))
    command = _Tracking(args, prompts, files)
    try:
        with files:
            for index, frame in enumerate(_shown(chain([first], frames), source)):
                command.frame(index, frame)
    finally:
        if args.json and files.frames:
            write_text(args.json, json.dumps(command.record(), indent=1) + "\n")
    return command.finished()


def _files(args: argparse.Namespace, source: FrameSource) -> TrackFiles:
    overlay, video, bag = (Path(path) if path else None for path in _pictures(args))
    rerun = None if args.rerun is None else RerunLog(Path(args.rerun) if args.rerun else None)
    return TrackFiles(_out(args), overlay, video, bag, source.rate, rerun)


def _pictures(args: argparse.Namespace) -> tuple[str | None, ...]:
    return args.overlay, args.video, args.bag


def _out(args: argparse.Namespace) -> Path:
    return Path(args.out) if args.out else DEFAULT_FOLDER / Path(args.source).resolve().stem


def _inputs(args: argparse.Namespace) -> list[str]:
    given = (args.source, args.mask, args.example, args.example_mask, args.prompts)
    return [path for path in given if path]


def _shown(frames: Iterator[Frame], source: FrameSource) -> Iterator[Frame]:
    """Yield the frames, with a progress bar where somebody watches."""
    from tqdm import tqdm

    return iter(
        tqdm(
            frames, total=source.count, unit=" frames", disable=None, leave=False, bar_format=_BAR
        )
    )


def _prompts(args: argparse.Namespace) -> list[TimedPrompt]:
    """Return the prompts of the options, for the first frame, and those of the file."""
    wanted = wanted_of(args)
    if any(len(item.prompts) > 1 for item in wanted):
        raise ValueError("--merge joins boxes and values of a mask; each --text is tracked alone")
    prompts = []
    for item in wanted:
        prompt = item.prompts[0]
        prompt = dataclasses.replace(prompt, track=bool(prompt.text), id=item.name)
        prompts.append(TimedPrompt(prompt, 0, None))
    if args.prompts:
        prompts += read_prompt_file(args.prompts)
    if not prompts:
        raise ValueError(
            "say what to track: --mask, --click, --box, --stroke, --text, --example or --prompts"
        )
    return prompts


class _Tracking:
    """One command at work: the tracker and what became of the prompts."""

    def __init__(self, args: argparse.Namespace, prompts: list[TimedPrompt], files: TrackFiles):
        self._args = args
        self._waiting = prompts
        self._files = files
        self._tracker = Tracker(load_segmenter(args), TrackerConfig(trust_masks=True))
        self._reports: list[dict[str, Any]] = []
        self._seen: set[int] = set()
        self._start_ns = 0

    def frame(self, index: int, frame: Frame) -> None:
        """Track into a frame, carry out the prompts whose turn it is, and write its files.

        Raises:
            ValueError: a prompt for the first frame was refused.

        """
        if index == 0:
            self._start_ns = frame.stamp_ns
        seconds = (frame.stamp_ns - self._start_ns) / 1e9
        due = [timed for timed in self._waiting if timed.is_due(index, seconds)]
        self._waiting = [timed for timed in self._waiting if timed not in due]
        self._tracker.step(frame.rgb, frame.stamp_ns, [timed.prompt for timed in due])
        self._note(index)
        found = self._tracker.instances
        self._seen.update(item.id for item in found if item.mask is not None)
        self._files.write(index, frame, self._tracker)

    def _note(self, index: int) -> None:
        for report in self._tracker.reports:
            if report.code == "refused" and index == 0:
                raise ValueError(report.message)
            self._reports.append(report_record(index, report))
            if report.code in ("refused", "not_found"):
                told = f"frame {index}, prompt {report.prompt_id!r}: {report.message}"
                print(f"seem-ros: {told}", file=sys.stderr)

    def record(self) -> dict[str, Any]:
        """Return all that is known, ready for JSON."""
        return {
            "source": self._args.source,
            "found": bool(self._seen),
            "prompts": self._reports,
            "frames": self._files.frames,
        }

    def finished(self) -> int:
        """Say what was done and return the exit code; see :func:`run`."""
        refused = sum(report["code"] == "refused" for report in self._reports)
        if not self._seen:
            self._files.remove_labels()
            texts = " or ".join(map(repr, self._args.text)) or "the prompts"
            raise NothingFoundError(f"nothing in {self._args.source} fits {texts}")
        count = len(self._files.frames)
        print(f"{_out(self._args)}: {count} frames, {len(self._seen)} instance(s)")
        if self._waiting:
            late = ", ".join(timed.when for timed in self._waiting)
            raise ValueError(f"the source ends after {count} frames, before the prompts of {late}")
        if refused:
            raise ValueError(f"{refused} of {len(self._reports)} prompts were refused")
        return 0
