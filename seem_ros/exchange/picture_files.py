"""Read and write pictures, masks and label images.

Files come from strangers: the size in the header is checked before anything is decoded, what is
cut off is refused, and only the formats of photographs are tried.
"""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from PIL import Image, ImageOps

PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm")
HEIC_ENDINGS = (".heic", ".heif", ".hif")
MAX_PIXELS = 128_000_000  # 384 MB as RGB; the largest camera backs have 150 million

# JPEG stands for the MPO files of telephones too.
_FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP", "PPM", "GIF", "AVIF", "HEIF")
_LOSSY = ("JPEG", "MPO", "WEBP", "AVIF", "HEIF")
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, Image.DecompressionBombError)


def read_rgb(path: str | Path) -> np.ndarray:
    """Return a picture as (H, W, 3) uint8 RGB, upright as its EXIF data says.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no picture, cut off, or too large.

    """
    return rgb_of(_open(path), str(path))


def read_labels(path: str | Path) -> np.ndarray:
    """Return a mask or label image as (H, W) uint16; colours count as non-zero.

    Palette pictures (DAVIS) give the numbers of the palette. Lossy pictures have no exact values:
    theirs are 255 where they are brighter than half, else 0.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no picture, cut off, too large, or has values above 65535.

    """
    picture = _open(path)
    pixels = _decoded(picture, str(path))
    if pixels.dtype == bool:
        pixels = pixels.astype(np.uint8) * 255
    if pixels.ndim == 3:
        pixels = pixels[..., 0] if picture.mode == "LA" else pixels[..., :3].max(axis=2)
    if picture.format in _LOSSY:
        pixels = np.where(pixels > 127, 255, 0)
    if pixels.dtype.kind not in "ui" or pixels.min() < 0 or pixels.max() > 65535:
        raise ValueError(f"{path} is no mask: its values are not whole numbers in 0..65535")
    return pixels.astype(np.uint16)


def read_mask(path: str | Path) -> np.ndarray:
    """Return a picture as (H, W) bool, True where it is not black; see :func:`read_labels`."""
    return read_labels(path) > 0


def rgb_of(picture: Image.Image, what: str) -> np.ndarray:
    """Return a Pillow picture as (H, W, 3) uint8 RGB, upright; 16 bits keep their upper 8.

    Raises:
        ValueError: it is too large, cut off, or holds numbers that are no brightness.

    """
    _check_size(picture, what)
    try:
        upright = ImageOps.exif_transpose(picture)
        if upright.mode.startswith("I;16"):
            grey = (np.asarray(upright) >> 8).astype(np.uint8)
            return np.repeat(grey[..., None], 3, axis=2)
        if upright.mode in ("I", "F"):
            raise ValueError(f"its pixels are numbers of 32 bits ({upright.mode})")
        return np.array(upright.convert("RGB"))
    except _BROKEN as error:
        raise ValueError(f"{what} is broken or cut off: {error}") from None


def check_encoded(data: bytes, what: str) -> None:
    """Check the size that the header of an encoded picture tells, without decoding it.

    Raises:
        ValueError: no picture, or too large.

    """
    _check_size(_identified(io.BytesIO(data), what), what)


def _open(path: str | Path) -> Image.Image:
    if not Path(path).is_file():
        raise FileNotFoundError(f"no such file: {path}")
    picture = _identified(Path(path), str(path))
    _check_size(picture, str(path))
    return picture


def _identified(source: Path | BinaryIO, what: str) -> Image.Image:
    """Open a picture, which reads its header only."""
    _add_heic()
    Image.init()
    formats = [name for name in _FORMATS if name in Image.OPEN]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # ours comes first
            return Image.open(source, formats=formats)
    except Image.DecompressionBombError:
        raise ValueError(f"{what} has more than {MAX_PIXELS:,} pixels, too many") from None
    except _BROKEN:
        if isinstance(source, Path) and _is_heic(source):
            raise ValueError(
                f"{what} is HEIC, which needs pillow-heif: pip install pillow-heif"
            ) from None
        raise ValueError(f"not a picture that can be read: {what}") from None


def _check_size(picture: Image.Image, what: str) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise ValueError(
            f"{what} is {width}x{height}, more than {MAX_PIXELS:,} pixels: make it smaller first"
        )


def _decoded(picture: Image.Image, what: str) -> np.ndarray:
    try:
        return np.array(picture)
    except _BROKEN as error:
        raise ValueError(f"{what} is broken or cut off: {error}") from None


def _add_heic() -> None:
    """Let Pillow read HEIC where pillow-heif is installed."""
    with contextlib.suppress(ImportError):
        from pillow_heif import register_heif_opener

        register_heif_opener()


def _is_heic(path: Path) -> bool:
    if path.suffix.lower() in HEIC_ENDINGS:
        return True
    with path.open("rb") as file:
        head = file.read(12)
    return head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS


def write_picture(path: str | Path, picture: np.ndarray) -> None:
    """Write an (H, W) mask or label image or an (H, W, 3) RGB picture, making its folder.

    Raises:
        OSError: it cannot be written there.
        ValueError: the ending is not that of a picture, or a lossy one for a mask or labels.

    """
    path = Path(path)
    if picture.ndim == 2:
        check_mask_path(path)
    if path.suffix.lower() not in PICTURE_ENDINGS:
        raise ValueError(f"{path} must end in one of {' '.join(PICTURE_ENDINGS)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    if picture.dtype == bool:
        picture = picture.astype(np.uint8) * 255
    if picture.ndim == 3:
        picture = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    if not cv2.imwrite(str(path), picture):
        raise OSError(f"cannot write {path}: may it be written there, or is the disk full?")


def check_mask_path(path: str | Path) -> None:
    """Raise ValueError unless a mask can be written there: PNG keeps its values, JPEG does not."""
    if Path(path).suffix.lower() != ".png":
        raise ValueError(f"{path} must end in .png: a mask needs a format that keeps its values")


def pictures_in(folder: Path) -> list[Path]:
    """Return the pictures in a folder in natural order, without hidden files.

    Raises:
        ValueError: there is none.

    """
    endings = (*PICTURE_ENDINGS, *HEIC_ENDINGS)
    found = [
        path
        for path in folder.iterdir()
        if path.suffix.lower() in endings and not path.name.startswith(".") and path.is_file()
    ]
    if not found:
        raise ValueError(f"no pictures in {folder}")
    return sorted(found, key=natural_key)


def natural_key(path: Path | str) -> tuple[list[str | int], str]:
    """Return what paths are sorted by, so that frame_2 comes before frame_10."""
    parts = re.split(r"(\d+)", str(path).lower())
    return [int(part) if index % 2 else part for index, part in enumerate(parts)], str(path)
