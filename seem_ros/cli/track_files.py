"""What ``seem-ros track`` writes: label images, pictures, a video, recordings and JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from seem_ros.cli.frame import Frame
from seem_ros.cli.rerun_log import RerunLog
from seem_ros.exchange.formats import summary
from seem_ros.exchange.picture_files import write_picture
from seem_ros.exchange.video_file import VideoFile
from seem_ros.instances import Instance, label_image
from seem_ros.tracker import PromptReport, Tracker
from seem_ros.visualize.overlay import draw_overlay

if TYPE_CHECKING:
    from seem_ros.cli.bag_writer import BagWriter

_OURS = re.compile(r"\d{5,}\.(png|jpg)")


class TrackFiles:
    """The outputs of one run; made when the first frame comes, finished whatever happens.

    Args:
        out: folder of the label images.
        overlay: folder of pictures with the masks on them, None for none.
        video: file of the same as a video, None for none.
        bag: recording to write, None for none.
        rate: frames a second of the video.
        rerun: what the rerun viewer shows, None for nothing.

    """

    def __init__(
        self,
        out: Path,
        overlay: Path | None,
        video: Path | None,
        bag: Path | None,
        rate: float,
        rerun: RerunLog | None,
    ) -> None:
        self._out, self._overlay, self._bag = out, overlay, bag
        self._video = None if video is None else _video(video, rate)
        self._rerun = rerun
        self._recording: BagWriter | None = None
        self._open = ExitStack()
        self._labels: list[Path] = []
        self.frames: list[dict[str, Any]] = []

    def check_free(self, overwrite: bool, inputs: Sequence[str]) -> None:
        """Refuse to mix with an earlier run's files, and to touch an input.

        Args:
            overwrite: an earlier run's files are replaced when the first frame is written.
            inputs: files and folders that are read.

        Raises:
            FileExistsError: there are some, and `overwrite` is not set.
            ValueError: an input would be written over.

        """
        there = self._earlier()
        read = {Path(path).resolve() for path in inputs}
        for path in filter(None, (self._out, self._overlay, *self._single(), *there)):
            if path.resolve() in read:
                raise ValueError(f"{path} is read, so it cannot be written to as well")
        if there and not overwrite:
            raise FileExistsError(
                f"{there[0]} is there from an earlier run: take another place, or --overwrite"
            )
        for path in there:
            if path.is_dir():
                _check_recording(path)

    def _single(self) -> list[Path]:
        video = None if self._video is None else self._video.path
        rerun = None if self._rerun is None else self._rerun.path
        return [path for path in (video, self._bag, rerun) if path is not None]

    def _earlier(self) -> list[Path]:
        """Return what an earlier run left in the places of this one."""
        folders = [folder for folder in (self._out, self._overlay) if folder is not None]
        ours = [path for folder in folders for path in sorted(folder.glob("*")) if _is_ours(path)]
        return ours + [path for path in self._single() if path.exists()]

    def _make_way(self) -> None:
        for path in self._earlier():
            if path.is_dir():
                for part in path.iterdir():
                    part.unlink()
                path.rmdir()
            else:
                path.unlink()

    def __enter__(self) -> TrackFiles:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Finish the video and the recordings, also after an error or Ctrl-C."""
        self._open.close()

    def write(self, index: int, frame: Frame, tracker: Tracker) -> None:
        """Write all about a frame; before the first one an earlier run's files are removed."""
        if index == 0:
            self._make_way()
        instances, target_id = tracker.instances, tracker.target_id
        labels = label_image(instances, *frame.rgb.shape[:2])
        if labels.max(initial=0) < 256:
            labels = labels.astype(np.uint8)
        path = self._out / f"{index:05d}.png"
        write_picture(path, labels)
        self._labels.append(path)
        self.frames.append(_frame_record(index, frame, path, instances))
        if self._rerun is not None:
            if index == 0:
                self._open.callback(self._rerun.close)
            self._rerun.write(index, frame, labels, instances)
        if self._overlay or self._video or self._bag:
            picture = draw_overlay(frame.rgb, instances, target_id, status=f"{index}")
            self._write_picture(index, frame, picture, instances, target_id)

    def _write_picture(
        self,
        index: int,
        frame: Frame,
        picture: np.ndarray,
        instances: Sequence[Instance],
        target_id: int,
    ) -> None:
        if self._overlay is not None:
            write_picture(self._overlay / f"{index:05d}.jpg", picture)
        if self._video is not None:
            if index == 0:
                self._open.callback(self._video.close)
            self._video.write(picture)
        if self._bag is not None:
            if self._recording is None:
                from seem_ros.cli.bag_writer import BagWriter

                self._recording = self._open.enter_context(BagWriter(self._bag))
            self._recording.write(frame.message, instances, target_id, picture)

    def remove_labels(self) -> None:
        """Remove the label images of a run that found nothing."""
        for path in self._labels:
            path.unlink()
        if self._out.is_dir() and not any(self._out.iterdir()):
            self._out.rmdir()


def _video(path: Path, rate: float) -> VideoFile:
    try:
        return VideoFile(path, rate)
    except ValueError as error:
        raise ValueError(f"--video {error}") from None


def report_record(frame: int, report: PromptReport) -> dict[str, Any]:
    """Return what became of a prompt, ready for JSON."""
    return {
        "frame": frame,
        "prompt": report.prompt_id,
        "code": report.code,
        "message": report.message,
        "instance": report.instance_id,
    }


def _frame_record(
    index: int, frame: Frame, path: Path, instances: Sequence[Instance]
) -> dict[str, Any]:
    seen = [
        {"id": item.id, "label": item.label, "state": item.state, **summary(item)}
        for item in instances
    ]
    return {"frame": index, "stamp_ns": frame.stamp_ns, "labels": path.name, "instances": seen}


def _is_ours(path: Path) -> bool:
    return _OURS.fullmatch(path.name) is not None


def _check_recording(folder: Path) -> None:
    """Raise FileExistsError for a folder that holds anything but a recording."""
    parts = folder.iterdir()
    if not all(part.name == "metadata.yaml" or part.suffix == ".mcap" for part in parts):
        raise FileExistsError(f"{folder} holds more than a recording: remove it yourself")
