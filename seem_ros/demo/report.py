"""What the demo leaves behind: a table, a contact sheet, overlay pictures, a video, figures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from seem_ros.demo import spatial
from seem_ros.demo.robot_camera import tf_is_installed
from seem_ros.demo.show import CueResult, Show
from seem_ros.demo.spatial import Placed
from seem_ros.demo.tables import lines_of
from seem_ros.exchange.text_files import write_text
from seem_ros.exchange.video_file import VideoFile
from seem_ros.visualize.contact_sheet import contact_sheet

HEADINGS = ("prompt", "answer", "instance", "score", "IoU", "IoU later", "latency")
PHOTOGRAPH_S = 1.5


def write_all(out: Path, show: Show, fps: float) -> None:
    """Write every file into a folder and print the tables; `fps`: frames a second of the clip."""
    write_contact_sheet(out / "contact_sheet.png", show.results)
    write_overlays(out / "overlays", show.overlays)
    write_video(out / "demo.mp4", show.overlays, show.clip_frames, fps)
    frame_s = float(np.median(show.seconds_per_frame))
    write_figures(out / "results.json", show.results, frame_s, show.placed)
    print(f"\n{table(show.results)}\n")
    if show.spatial_picture is not None:
        cv2.imwrite(str(out / "spatial.png"), show.spatial_picture[:, :, ::-1])
        print(f"in space, against the truth (medians; spatial.png)\n{spatial.table(show.placed)}")
        if not tf_is_installed():
            print("tf2_ros is not installed: the table under a thing says what is upright")
        print()
    print(f"{show.clip_frames} clip frames, median {frame_s * 1000:.0f} ms from image to overlay")


def table(results: Sequence[CueResult]) -> str:
    """Return the results as lines of text; "-" where something is not known."""
    return lines_of(HEADINGS, [_cells(result) for result in results])


def write_figures(
    path: Path,
    results: Sequence[CueResult],
    seconds_per_frame: float,
    placed: Sequence[Placed] = (),
) -> None:
    """Write what the tables show as JSON."""
    cues = [
        {
            "prompt": result.name,
            "answer": result.answer,
            "message": result.message,
            "instance_id": result.instance_id,
            "score": result.score,
            "iou": result.iou,
            "iou_later": result.later,
            "latency_s": result.latency_s,
        }
        for result in results
    ]
    content = {"seconds_per_frame": seconds_per_frame, "prompts": cues}
    content["spatial"] = spatial.figures(placed)
    write_text(path, json.dumps(content, indent=1))


def write_contact_sheet(path: Path, results: Sequence[CueResult]) -> None:
    """Write one picture with the overlay after every prompt."""
    captions = [
        f"{result.name}: {result.answer}" + ("" if result.iou is None else f", {result.iou:.2f}")
        for result in results
    ]
    sheet = contact_sheet([result.overlay for result in results], captions)
    cv2.imwrite(str(path), sheet[:, :, ::-1])


def write_overlays(folder: Path, overlays: Sequence[tuple[str, np.ndarray]]) -> None:
    """Write every overlay as a JPEG named after its picture."""
    folder.mkdir(exist_ok=True)
    for name, rgb in overlays:
        cv2.imwrite(str(folder / f"{name}.jpg"), rgb[:, :, ::-1])


def write_video(
    path: Path, overlays: Sequence[tuple[str, np.ndarray]], clip_frames: int, fps: float
) -> None:
    """Write the overlays as MP4 of the first one's size; photographs stay a while.

    Args:
        path: of the file.
        overlays: (name, (H, W, 3) uint8 RGB): the clip's frames, then photographs.
        clip_frames: how many belong to the clip.
        fps: frames a second.

    Raises:
        OSError: OpenCV has no encoder for it, or the disk is full.

    """
    height, width = overlays[0][1].shape[:2]
    video = VideoFile(path, fps)
    for index, (_, rgb) in enumerate(overlays):
        repeats = 1 if index < clip_frames else round(PHOTOGRAPH_S * fps)
        fitted = letterboxed(rgb, height, width)
        for _ in range(repeats):
            video.write(fitted)
    video.close()


def letterboxed(rgb: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return a picture scaled into (height, width, 3) uint8 with black beside it."""
    scale = min(height / rgb.shape[0], width / rgb.shape[1])
    size = (round(rgb.shape[1] * scale), round(rgb.shape[0] * scale))
    scaled = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    page = np.zeros((height, width, 3), np.uint8)
    top, left = (height - scaled.shape[0]) // 2, (width - scaled.shape[1]) // 2
    page[top : top + scaled.shape[0], left : left + scaled.shape[1]] = scaled
    return page


def _cells(result: CueResult) -> tuple[str, ...]:
    later = float(np.mean(result.later)) if result.later else None
    return (
        result.name,
        result.answer,
        str(result.instance_id or "-"),
        _number(result.score),
        _number(result.iou),
        _number(later),
        f"{result.latency_s * 1000:.0f} ms",
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
