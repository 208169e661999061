"""The mixture of sets that nano is trained on, with the names each can be asked for."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from seem_ros.evaluation.datasets import ClipDataset, PhotoDataset, RenderedDataset, Sample

RENDERED = {"scenes320": 2.5, "composites320": 0.6}
CLIPS = {"clips320": 1.5}
PHOTOS = {"photos_coco": 3.0, "photos_salient": 2.5, "photos_voc": 0.7, "photos_objects": 0.9}
VIDEOS = {"video_train": 2.5}
VIDEO_GAPS = (1, 2, 3, 5, 8, 13, 20)  # frames from one view to the other, a twelfth second each
PHOTO_NAMES = "photo_names.json"  # names that a classifier gave to unnamed objects
TAUGHT = "taught"  # folder of photograph sets that a teacher labelled further
TAUGHT_SHARE = 0.5  # of a set's weight, where it has such a twin


@dataclass(frozen=True)
class SampleSet:
    """A set with its vocabulary: names that an absent-text prompt may be drawn from."""

    dataset: PhotoDataset | RenderedDataset | ClipDataset
    vocabulary: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Sample:
        return self.dataset[index]


def training_sets(
    rendered: Path, photos: Path | None, left_out: Collection[str] = ()
) -> list[tuple[SampleSet, float]]:
    """Open every set that is on disk, with its weight in the mixture.

    Args:
        rendered: folder of rendered sets.
        photos: folder of photograph and video sets.
        left_out: names of sets to do without.

    Raises:
        FileNotFoundError: none of the sets is there.
    """
    found: list[tuple[SampleSet, float]] = []
    for name, weight in (RENDERED | CLIPS).items():
        if (rendered / name).is_dir() and name not in left_out:
            data = (ClipDataset if name in CLIPS else RenderedDataset)(rendered / name)
            found.append((_with_names(data, data.all_names()), weight))
    guessed_names = rendered / PHOTO_NAMES
    guessed = json.loads(guessed_names.read_text()) if guessed_names.is_file() else {}
    for name, weight in PHOTOS.items():
        folders = [rendered / TAUGHT / name, *([photos / name] if photos else [])]
        there = [folder for folder in folders if (folder / "objects.json").is_file()]
        there = [] if name in left_out else there
        shares = (TAUGHT_SHARE, 1 - TAUGHT_SHARE) if len(there) == 2 else (1.0,)
        for folder, share in zip(there, shares, strict=False):
            photographs = PhotoDataset(folder, "train", guessed)
            names = {n for image in photographs.names.values() for n in image.values()}
            found.append((_with_names(photographs, names), weight * share))
    for name, weight in VIDEOS.items():
        if photos and (photos / name).is_dir() and name not in left_out:
            filmed = ClipDataset(photos / name, VIDEO_GAPS, named=False)
            found.append((_with_names(filmed, set()), weight))
    if not found:
        raise FileNotFoundError(f"no training set in {rendered} or {photos}")
    return found


def _with_names(
    data: PhotoDataset | RenderedDataset | ClipDataset, names: set[str | None]
) -> SampleSet:
    return SampleSet(data, tuple(sorted(n for n in names if n)))
