"""The mixture of sets that nano is trained on, with the names each can be asked for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from seem_ros.evaluation.datasets import ClipDataset, PhotoDataset, RenderedDataset, Sample
from training.photo_names import FILE as PHOTO_NAMES

RENDERED = {"scenes320": 3.5, "composites320": 0.8}
CLIPS = {"clips320": 2.0}
PHOTOS = {"photos_coco": 2.5, "photos_salient": 2.5, "photos_voc": 0.6}
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


def training_sets(rendered: Path, photos: Path | None) -> list[tuple[SampleSet, float]]:
    """Open every set that is on disk, with its weight in the mixture.

    Raises:
        FileNotFoundError: none of the sets is there.
    """
    found: list[tuple[SampleSet, float]] = []
    for name, weight in (RENDERED | CLIPS).items():
        if (rendered / name).is_dir():
            data = (ClipDataset if name in CLIPS else RenderedDataset)(rendered / name)
            found.append((_with_names(data, data.all_names()), weight))
    guessed_names = rendered / PHOTO_NAMES
    guessed = json.loads(guessed_names.read_text()) if guessed_names.is_file() else {}
    for name, weight in PHOTOS.items():
        folders = [rendered / TAUGHT / name, *([photos / name] if photos else [])]
        there = [folder for folder in folders if (folder / "objects.json").is_file()]
        shares = (TAUGHT_SHARE, 1 - TAUGHT_SHARE) if len(there) == 2 else (1.0,)
        for folder, share in zip(there, shares, strict=False):
            data = PhotoDataset(folder, "train", guessed)
            names = {n for image in data.names.values() for n in image.values()}
            found.append((_with_names(data, names), weight * share))
    if not found:
        raise FileNotFoundError(f"no training set in {rendered} or {photos}")
    return found


def _with_names(
    data: PhotoDataset | RenderedDataset | ClipDataset, names: set[str | None]
) -> SampleSet:
    return SampleSet(data, tuple(sorted(n for n in names if n)))
