"""``seem-ros track``: a video or a folder of frames in, a label image a frame out."""

from __future__ import annotations

import argparse
from itertools import chain
from pathlib import Path

import numpy as np

from seem_ros.cli.errors import NothingFoundError
from seem_ros.cli.pictures import frames_of, read_labels, write_picture
from seem_ros.cli.prompt_arguments import (
    add_model_arguments,
    add_prompt_arguments,
    load_segmenter,
    prompt_of,
)
from seem_ros.instances import label_image
from seem_ros.prompts import Prompt
from seem_ros.tracker import PromptReport, Tracker, TrackerConfig
from seem_ros.visualize.overlay import draw_overlay


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("source", metavar="FRAMES_DIR|VIDEO")
    parser.add_argument("--mask", metavar="FIRST.png", help="objects in the first frame, by value")
    add_prompt_arguments(parser)
    add_model_arguments(parser)
    parser.add_argument("--out", required=True, metavar="DIR", help="label images 00000.png …")
    parser.add_argument("--overlay", metavar="DIR", help="also pictures with the masks on them")


def run(args: argparse.Namespace) -> int:
    """Track and write a label image for every frame: 8 bits, or 16 where an id needs them.

    Raises:
        NothingFoundError: nothing was ever found.

    """
    prompts = _first_prompts(args)
    frames = frames_of(args.source)
    first = next(frames)
    for prompt in prompts:
        prompt.validated(*first[0].shape[:2])
    tracker = Tracker(load_segmenter(args), TrackerConfig(trust_masks=True))
    count, seen = 0, set[int]()
    for count, (rgb, stamp_ns) in enumerate(chain((first,), frames), start=1):
        tracker.step(rgb, stamp_ns, prompts if count == 1 else ())
        if count == 1:
            _check(tracker.reports)
        seen.update(item.id for item in tracker.instances if item.mask is not None)
        _write_frame(args, count - 1, rgb, tracker)
    if not seen:
        raise NothingFoundError(f"nothing in {args.source} fits {args.text!r}")
    print(f"{args.out}: {count} frames, {len(seen)} instance(s)")
    return 0


def _first_prompts(args: argparse.Namespace) -> list[Prompt]:
    """Return one prompt for each object of the mask, and one for the other options."""
    prompts: list[Prompt] = []
    if args.mask:
        labels = read_labels(args.mask)
        values = [int(value) for value in np.unique(labels) if value not in (0, 65535)]
        if not values:
            raise ValueError(f"the mask {args.mask} is empty")
        prompts = [Prompt(mask=labels == value) for value in values]
    other = prompt_of(args, track=bool(args.text))
    if not other.is_empty:
        prompts.append(other)
    if not prompts:
        raise ValueError(
            "say what to track: --mask, --click, --box, --stroke, --text or --example"
        )
    return prompts


def _check(reports: list[PromptReport]) -> None:
    for report in reports:
        if report.code == "refused":
            raise ValueError(report.message)


def _write_frame(args: argparse.Namespace, index: int, rgb: np.ndarray, tracker: Tracker) -> None:
    labels = label_image(tracker.instances, *rgb.shape[:2])
    if labels.max(initial=0) < 256:
        labels = labels.astype(np.uint8)
    write_picture(Path(args.out) / f"{index:05d}.png", labels)
    if args.overlay:
        picture = draw_overlay(rgb, tracker.instances, tracker.target_id, status=f"{index}")
        write_picture(Path(args.overlay) / f"{index:05d}.jpg", picture)
