"""Labelled pictures as the measures see them: one picture, its objects, and what to leave out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seem_ros.evaluation.datasets import IGNORE, PhotoDataset, RenderedDataset, Sample

LEAST_SHARE = 0.005  # of the picture: smaller objects are not measured


@dataclass(frozen=True, eq=False)
class LabelledPicture:
    """A picture to measure on.

    Attributes:
        name: SET/IMAGE.
        rgb: (H, W, 3) uint8.
        labels: (H, W) uint16 instance ids, 0 background, 65535 ignore.
        names: class name of each id, None where it is not known.

    """

    name: str
    rgb: np.ndarray
    labels: np.ndarray
    names: dict[int, str | None]

    @property
    def ignored(self) -> np.ndarray:
        """(H, W) bool, pixels that count neither way."""
        return self.labels == IGNORE

    def objects(self) -> dict[int, np.ndarray]:
        """Return id -> (H, W) bool mask of the objects of at least 0.5 % of the picture."""
        ids, areas = np.unique(self.labels, return_counts=True)
        least = LEAST_SHARE * self.labels.size
        real = (ids != 0) & (ids != IGNORE) & (areas >= least)
        return {int(i): self.labels == i for i in ids[real]}

    def classes(self) -> dict[str, np.ndarray]:
        """Return class name -> (H, W) bool union of all its objects, for names that are known."""
        unions: dict[str, np.ndarray] = {}
        for instance_id, name in self.names.items():
            if name:
                mask = self.labels == instance_id
                unions[name] = unions[name] | mask if name in unions else mask
        least = LEAST_SHARE * self.labels.size
        return {name: mask for name, mask in unions.items() if mask.sum() >= least}


def labelled_pictures(
    folder: str | Path, kept_back: bool = False, limit: int | None = None
) -> Iterator[LabelledPicture]:
    """Yield the pictures of a photograph set or of a folder of rendered scenes.

    Args:
        folder: SET with images/, labels/ and objects.json, or rendered scenes.
        kept_back: only the 15 % that training never sees.
        limit: at most this many, evenly chosen.

    Raises:
        FileNotFoundError: the folder is neither.
        ValueError: it holds no pictures.

    """
    dataset = _open(Path(folder), kept_back)
    count = len(dataset)
    if count == 0:
        raise ValueError(f"no labelled pictures in {folder}")
    chosen = range(count)
    if limit is not None and limit < count:
        chosen = np.unique(np.linspace(0, count - 1, max(1, limit)).round().astype(int))
    for index in chosen:
        yield _picture(dataset[int(index)])


def _open(folder: Path, kept_back: bool) -> PhotoDataset | RenderedDataset:
    if not folder.is_dir():
        raise FileNotFoundError(f"no such folder: {folder}")
    if (folder / "objects.json").is_file():
        return PhotoDataset(folder, "kept_back" if kept_back else "all")
    return RenderedDataset(folder)


def _picture(sample: Sample) -> LabelledPicture:
    return LabelledPicture(sample.key, sample.image, sample.labels, dict(sample.names))
