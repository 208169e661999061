"""Videos and texts are written wholly, or an error says that they are not."""

from __future__ import annotations

import numpy as np
import pytest

from seem_ros.exchange.text_files import write_text
from seem_ros.exchange.video_file import CODECS, VideoFile
from support.full_disk import full_disk


def pictures(count: int) -> np.ndarray:
    """Return (count, 120, 160, 3) uint8 noise, which no format makes small."""
    return np.random.default_rng(0).integers(0, 255, (count, 120, 160, 3), np.uint8)


@pytest.mark.parametrize("ending", CODECS)
@pytest.mark.parametrize("count", [1, 2, 25])
def test_a_whole_video_is_taken_for_whole(tmp_path, ending, count):
    video = VideoFile(tmp_path / "new" / f"a{ending}", 29.97)
    for rgb in pictures(count):
        video.write(rgb)
    video.close()
    video.close()
    assert (video.frames, video.size) == (count, (120, 160))


@pytest.mark.parametrize("ending", CODECS)
@pytest.mark.parametrize("largest", [0, 1_000, 100_000])
def test_a_video_that_lacks_pictures_is_found_out(tmp_path, ending, largest):
    video = VideoFile(tmp_path / f"a{ending}", 30.0)
    with full_disk(largest), pytest.raises(OSError, match=r"not complete|cannot write"):  # noqa: PT012
        for rgb in pictures(25):
            video.write(rgb)
        video.close()


def test_other_endings_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"a\.gif must end in one of \.mp4"):
        VideoFile(tmp_path / "a.gif", 30.0)


def test_a_text_replaces_another_wholly_or_not_at_all(tmp_path):
    path = tmp_path / "new" / "a.json"
    write_text(path, "é\n")
    with full_disk(10), pytest.raises(OSError, match=r"cannot write .*a\.json: File too large"):
        write_text(path, "b" * 100)
    assert path.read_text(encoding="utf-8") == "é\n"
    assert [item.name for item in path.parent.iterdir()] == ["a.json"]
    with pytest.raises(OSError, match="cannot write .*: Is a directory"):
        write_text(tmp_path / "new", "")
