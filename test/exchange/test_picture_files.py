"""Pictures of strangers: exact values, clear refusals, nothing decoded that is too large."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from seem_ros.exchange import picture_files
from seem_ros.exchange.picture_files import (
    MAX_PIXELS,
    check_encoded,
    natural_key,
    pictures_in,
    read_labels,
    read_mask,
    read_rgb,
    write_picture,
)

RGB = np.random.default_rng(0).integers(0, 255, (24, 32, 3), np.uint8)


def test_colours_come_back(tmp_path):
    write_picture(tmp_path / "new" / "a.png", RGB)
    assert np.array_equal(read_rgb(tmp_path / "new" / "a.png"), RGB)


def test_jpeg_is_read_as_opencv_reads_it(tmp_path):
    write_picture(tmp_path / "a.jpg", cv2.GaussianBlur(RGB, (0, 0), 3))
    assert np.array_equal(
        read_rgb(tmp_path / "a.jpg"), cv2.imread(str(tmp_path / "a.jpg"))[..., ::-1]
    )


def test_sixteen_bits_keep_the_upper_eight(tmp_path):
    deep = np.arange(24 * 32, dtype=np.uint16).reshape(24, 32) * 80
    cv2.imwrite(str(tmp_path / "a.png"), deep)
    assert np.array_equal(read_rgb(tmp_path / "a.png")[..., 1], deep >> 8)
    assert np.array_equal(read_labels(tmp_path / "a.png"), deep)


def test_a_turned_photograph_is_set_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.fromarray(RGB).save(tmp_path / "a.png", exif=exif)
    assert np.array_equal(read_rgb(tmp_path / "a.png"), np.rot90(RGB, -1))


def test_a_truncated_jpeg_is_refused(tmp_path):
    write_picture(tmp_path / "a.jpg", RGB)
    data = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match=r"a\.jpg is broken or cut off"):
        read_rgb(tmp_path / "a.jpg")


def test_a_truncated_mask_is_refused(tmp_path):
    write_picture(tmp_path / "a.png", RGB[..., 0])
    data = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match="cut off"):
        read_mask(tmp_path / "a.png")


def png_that_claims(width: int, height: int) -> bytes:
    """A small PNG file whose header promises a large picture."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(10**6))), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("size", [(13_000, 10_000), (60_000, 60_000)])
def test_a_decompression_bomb_is_refused_before_decoding(tmp_path, monkeypatch, size):
    path = tmp_path / "bomb.png"
    path.write_bytes(png_that_claims(*size))

    def decoded(*_):
        raise AssertionError("the bomb was decoded")

    monkeypatch.setattr(picture_files, "_decoded", decoded)
    monkeypatch.setattr(Image.Image, "convert", decoded)
    for read in (read_rgb, read_mask, lambda file: check_encoded(file.read_bytes(), "message")):
        with pytest.raises(ValueError, match=f"more than {MAX_PIXELS:,} pixels"):
            read(path)


def test_encoded_messages_are_checked():
    stream = io.BytesIO()
    Image.fromarray(RGB).save(stream, "JPEG")
    check_encoded(stream.getvalue(), "message")
    with pytest.raises(ValueError, match="not a picture that can be read: message"):
        check_encoded(b"nothing", "message")


def test_palette_masks_give_their_numbers(tmp_path):
    labels = np.zeros((24, 32), np.uint8)
    labels[:8], labels[8:16] = 1, 2
    picture = Image.fromarray(labels, "P")
    picture.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])  # both colours have the largest value 128
    picture.save(tmp_path / "a.png")
    assert np.array_equal(read_labels(tmp_path / "a.png"), labels)


def test_masks_of_other_kinds(tmp_path):
    mask = np.zeros((24, 32), bool)
    mask[4:20, 4:20] = True
    Image.fromarray(mask).save(tmp_path / "bits.png")
    Image.fromarray(mask.astype(np.uint8) * 200).save(tmp_path / "lossy.jpg")
    coloured = np.zeros((24, 32, 3), np.uint8)
    coloured[mask] = (0, 90, 30)
    Image.fromarray(coloured).save(tmp_path / "colour.png")
    for name, value in (("bits.png", 255), ("lossy.jpg", 255), ("colour.png", 90)):
        assert np.array_equal(read_labels(tmp_path / name), mask * np.uint16(value)), name


def test_masks_are_written_without_loss_only(tmp_path):
    mask = np.eye(8, dtype=bool)
    write_picture(tmp_path / "a.PNG", mask)
    assert np.array_equal(read_mask(tmp_path / "a.PNG"), mask)
    for ending in ("jpg", "webp", "bmp"):
        with pytest.raises(ValueError, match="must end in .png: a mask needs a format that keeps"):
            write_picture(tmp_path / f"a.{ending}", mask)


def test_heic_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(picture_files, "_add_heic", lambda: None)
    named, hidden = tmp_path / "a.heic", tmp_path / "b.jpg"
    named.write_bytes(b"anything")
    hidden.write_bytes(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00")
    for path in (named, hidden):
        with pytest.raises(ValueError, match="pip install pillow-heif"):
            read_rgb(path)


def test_programs_dressed_as_pictures_are_not_run(tmp_path):
    (tmp_path / "a.png").write_bytes(
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n"
    )
    with pytest.raises(ValueError, match="not a picture"):
        read_rgb(tmp_path / "a.png")


def test_folders_are_read_in_natural_order_without_hidden_files(tmp_path):
    for name in ("frame_10.png", "frame_2.png", ".frame_1.png", "notes.txt", "Frame_3.PNG"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder.png").mkdir()
    names = [path.name for path in pictures_in(tmp_path)]
    assert names == ["frame_2.png", "Frame_3.PNG", "frame_10.png"]
    assert sorted(["b1", "a10", "a9"], key=natural_key) == ["a9", "a10", "b1"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="no pictures in"):
        pictures_in(tmp_path / "empty")
