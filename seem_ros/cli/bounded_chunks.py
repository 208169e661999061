"""Bounds on what the library rosbags unpacks: a small recording must not fill the memory."""

from __future__ import annotations

from backports import zstd
from lz4.frame import LZ4FrameDecompressor
from rosbags.rosbag2 import storage_mcap

MOST_BYTES = 512 * 2**20  # of a chunk or message; an uncompressed image of 128 megapixels is less


def bound_chunks() -> None:
    """Let rosbags unpack no chunk of an MCAP file beyond the size that the file tells for it.

    The library unpacks a chunk whole and compares its size afterwards. One byte more than told is
    enough for that comparison to fail.
    """
    storage_mcap.DECOMPRESSORS.update(zstd=_zstd, lz4=_lz4)


def unpacked(message: bytes) -> bytes:
    """Return a message of a recording that was compressed message by message.

    Raises:
        ValueError: it is too large.

    """
    data = zstd.ZstdDecompressor().decompress(message, max_length=MOST_BYTES + 1)
    _check(len(data))
    return data


def _zstd(chunk: bytes, size: int) -> bytes:
    _check(size)
    return zstd.ZstdDecompressor().decompress(chunk, max_length=size + 1)


def _lz4(chunk: bytes, size: int) -> bytes:
    _check(size)
    return LZ4FrameDecompressor().decompress(chunk, max_length=size + 1)


def _check(size: int) -> None:
    if size > MOST_BYTES:
        raise ValueError(f"a part of it unpacks to more than {MOST_BYTES // 2**20} MiB")
