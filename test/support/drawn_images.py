"""Small test images and prompt masks made from a name: integer arithmetic and Philox bits only."""

from __future__ import annotations

import hashlib

import numpy as np


def _random_bytes(name: str, count: int) -> np.ndarray:
    key = hashlib.sha256(f"seemref-img/1:{name}".encode()).digest()[:16]
    stream = np.random.Philox(key=np.frombuffer(key, dtype="<u8").astype(np.uint64))
    return stream.random_raw((count + 7) // 8).astype("<u8").view(np.uint8)[:count]


def drawn_image(name: str, height: int, width: int, shapes: int = 9) -> np.ndarray:
    """Return a (height, width, 3) uint8 image: ramps, coarse texture, shapes and mild noise."""
    rows, columns = np.mgrid[:height, :width].astype(np.int64)
    image = _background(_random_bytes(f"{name}/par", 64).astype(np.int64), rows, columns)
    records = _random_bytes(f"{name}/shapes", shapes * 16).astype(np.int64)
    for record in records.reshape(shapes, 16):
        _draw_shape(image, record, rows, columns)
    noise = _random_bytes(f"{name}/noise", height * width * 3).astype(np.int64)
    image += noise.reshape(height, width, 3) % 13 - 6
    return np.clip(image, 0, 255).astype(np.uint8)


def _background(numbers: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    height, width = rows.shape
    channels = []
    for c in range(3):
        ramp = columns * (numbers[3 + c] % 90) // width + rows * (numbers[6 + c] % 90) // height
        tiles = columns // (7 + numbers[9 + c] % 11) + rows // (5 + numbers[12 + c] % 13)
        channels.append(40 + numbers[c] % 80 + ramp + (tiles & 1) * 12)
    return np.stack(channels, axis=-1)


def _draw_shape(
    image: np.ndarray, record: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> None:
    height, width = rows.shape
    dy, dx = rows - record[0] * height // 256, columns - record[1] * width // 256
    ry, rx = 12 + record[2] * height // 900, 12 + record[3] * width // 900
    kind = record[4] % 3
    if kind == 0:
        inside = (abs(dy) < ry) & (abs(dx) < rx)
    elif kind == 1:
        inside = dy**2 * rx * rx + dx**2 * ry * ry < (rx * ry) ** 2
    else:
        slanted = dy * (1 + record[5] % 3) + dx * (1 + record[6] % 3)
        inside = abs(slanted) < 6 + record[7] % 14
    stripes = ((rows + columns) // (4 + record[11] % 9) & 1) * (record[12] % 40)
    image[inside] = record[8:11] + stripes[inside][:, None]
