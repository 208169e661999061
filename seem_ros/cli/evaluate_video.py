"""``seem-ros eval video``: the tracker, corrections and baselines, side by side on each video."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from seem_ros.evaluation.followers import (
    FlowFollower,
    RepromptFollower,
    SharedLooks,
    Start,
    TrackerFollower,
)
from seem_ros.evaluation.sheets import painted
from seem_ros.evaluation.tracking import Run, VideoRecord, measure_together, summarise
from seem_ros.evaluation.videos import labelled_videos
from seem_ros.exchange.picture_files import write_picture
from seem_ros.tracker import TrackerConfig
from seem_ros.tracking.model import PromptableModel
from seem_ros.visualize.contact_sheet import contact_sheet

_SHEET_EVERY = 10
_CONFIG = TrackerConfig(trust_masks=True)


def measure_videos(
    model: PromptableModel,
    args: argparse.Namespace,
    print_table: Callable[[str, dict[str, float]], None],
) -> dict[str, Any]:
    """Measure all that the arguments ask for, print it, and return it for the JSON."""
    shared = SharedLooks(model)
    records: dict[str, list[VideoRecord]] = {}
    for video in labelled_videos(args.dataset, args.limit, args.every):
        runs = {name: run for how in args.start for name, run in _runs(shared, how, args).items()}
        sheet = _Sheet(video.name)
        if args.sheets:
            runs[f"tracker from a {args.start[0]}"].watcher = sheet
        for name, record in zip(runs, measure_together(list(runs.values()), video), strict=True):
            records.setdefault(name, []).append(record)
            figures = f"J {record.mean_j:.3f} F {record.mean_f:.3f}"
            print(f"{name:26} {video.name:20} {figures} clicks {record.corrections}", flush=True)
        if args.sheets:
            write_picture(Path(args.sheets) / f"{video.name}.png", sheet.picture())
    return {name: _result(name, of_one, print_table) for name, of_one in records.items()}


def _runs(model: PromptableModel, how: Start, args: argparse.Namespace) -> dict[str, Run]:
    runs = {f"tracker from a {how}": Run(TrackerFollower(model, how, _CONFIG))}
    if args.corrections:
        corrected = Run(TrackerFollower(model, how, _CONFIG), corrections=args.corrections)
        runs[f"corrected from a {how}"] = corrected
    if args.baselines:
        runs[f"flow from a {how}"] = Run(FlowFollower(model, how))
        runs[f"reprompt from a {how}"] = Run(RepromptFollower(model, how))
    return runs


def _result(
    name: str, records: list[VideoRecord], print_table: Callable[[str, dict[str, float]], None]
) -> dict[str, Any]:
    figures = summarise(records)
    print_table(name, figures)
    each = {r.name: {"j": r.mean_j, "f": r.mean_f, "clicks": r.corrections} for r in records}
    return {"figures": figures, "records": each}


class _Sheet:
    """Collects every tenth frame of a video with its masks."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._cells: list[np.ndarray] = []
        self._captions: list[str] = []

    def __call__(self, index: int, rgb: np.ndarray, labels: np.ndarray) -> None:
        """Take a frame."""
        if index % _SHEET_EVERY == 0:
            self._cells.append(painted(rgb, labels))
            self._captions.append(f"{self._name} {index}")

    def picture(self) -> np.ndarray:
        """Return the sheet."""
        return contact_sheet(self._cells, self._captions)
