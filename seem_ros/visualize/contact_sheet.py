"""Many pictures on one sheet, each with a caption."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from seem_ros.visualize.text import put_tag, text_size

_PAPER = (24, 24, 24)
_GAP = 6
_SCALE = 0.42


def contact_sheet(
    pictures: Sequence[np.ndarray],
    captions: Sequence[str],
    columns: int = 4,
    cell_width: int = 320,
) -> np.ndarray:
    """Return one (H, W, 3) uint8 RGB sheet with the pictures in rows, captions above them.

    Args:
        pictures: (h, w, 3) uint8 RGB of any sizes; scaled to the width of a cell.
        captions: one line each.
        columns: pictures in a row.
        cell_width: pixels.

    Raises:
        ValueError: there is no picture, or not one caption for each.

    """
    if not pictures or len(pictures) != len(captions):
        raise ValueError(f"need one caption a picture, got {len(pictures)} and {len(captions)}")
    cells = [_cell(*pair, cell_width) for pair in zip(pictures, captions, strict=True)]
    columns = min(columns, len(cells))
    rows = [_row(cells[at : at + columns], columns) for at in range(0, len(cells), columns)]
    return np.vstack(rows)


def _cell(picture: np.ndarray, caption: str, width: int) -> np.ndarray:
    height = max(1, round(picture.shape[0] * width / picture.shape[1]))
    shrinking = width < picture.shape[1]
    method = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    scaled = cv2.resize(picture, (width, height), interpolation=method)
    band = text_size("Ag", _SCALE)[1] + 10
    cell = np.full((height + band, width, 3), _PAPER, np.uint8)
    cell[band:] = scaled
    put_tag(cell, _shortened(caption, width - 8), (0, band - 1), _PAPER, _SCALE)
    return cell


def _shortened(caption: str, width: int) -> str:
    if text_size(caption, _SCALE)[0] <= width:
        return caption
    while caption and text_size(caption + "...", _SCALE)[0] > width:
        caption = caption[:-1]
    return caption + "..."


def _row(cells: Sequence[np.ndarray], columns: int) -> np.ndarray:
    tall, wide = max(cell.shape[0] for cell in cells), cells[0].shape[1]
    row = np.full((tall + _GAP, columns * (wide + _GAP), 3), _PAPER, np.uint8)
    for index, cell in enumerate(cells):
        left = index * (wide + _GAP)
        row[: cell.shape[0], left : left + wide] = cell
    return row
