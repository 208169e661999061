"""The size that a compressed picture claims, read from its header before anything is decoded."""

from __future__ import annotations

import io
import warnings

from PIL import Image, UnidentifiedImageError

MOST_PIXELS = 64_000_000  # more than cameras send; a file of a kilobyte can claim far more
_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP")


def check_claimed_size(data: memoryview, what: str) -> None:
    """Refuse a picture that would fill the memory when it is decoded; what is none passes.

    Args:
        data: bytes of the file.
        what: for the message.

    Raises:
        ValueError: it claims more than MOST_PIXELS.

    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # ours comes first
            width, height = Image.open(io.BytesIO(data), formats=_FORMATS).size
    except Image.DecompressionBombError:
        raise ValueError(f"{what} claims more than {MOST_PIXELS:,} pixels: too many") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        return  # the decoder says what is wrong with it
    if width * height > MOST_PIXELS:
        raise ValueError(f"{what} claims to be {width}x{height} pixels: too many")
