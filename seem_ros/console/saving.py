"""Files that can be saved from the page."""

from __future__ import annotations

import cv2
import numpy as np

from seem_ros.console.session import Session, View

VIDEO = "video.mp4"


def files_of(session: Session, view: View | None, name: str) -> tuple[bytes, str]:
    """Return a file's contents and type.

    `picture.png`, `labels.png` (0 background, else the instance id; 16 bits where an id needs
    them) and `mask.png` (0/255, the selected instance) are of the view; the video is recorded.

    Raises:
        ValueError: there is no such file, or nothing to put into it; the message says why.

    """
    if name == VIDEO:
        return session.saved(name), "video/mp4"
    if name not in ("picture.png", "labels.png", "mask.png"):
        raise ValueError(f"there is no file {name[:40]!r} to save")
    if view is None:
        raise ValueError("there is no picture yet")
    if name == "picture.png":
        return _png(cv2.cvtColor(view.rgb(), cv2.COLOR_RGB2BGR)), "image/png"
    if view.labels is None:
        raise ValueError("nothing has been segmented in this picture yet")
    labels = view.labels()
    if name == "mask.png":
        if not view.target_id:
            raise ValueError("no instance is selected")
        return _png((labels == view.target_id).astype(np.uint8) * 255), "image/png"
    return _png(labels.astype(np.uint8) if labels.max(initial=0) < 256 else labels), "image/png"


def _png(pixels: np.ndarray) -> bytes:
    done, coded = cv2.imencode(".png", pixels)
    if not done:
        raise ValueError(f"an image of shape {pixels.shape} cannot be written as PNG")
    return coded.tobytes()
