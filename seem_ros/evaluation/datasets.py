"""Readers of labelled pictures: rendered scenes, composites and clips, and photograph sets.

All give `Sample`s by index, hold only paths, and can be pickled into loader processes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

IGNORE = 65535
KEPT_BACK_PERCENT = 15
MEASURED_ONLY = frozenset({"photos_cc0", "video_dev"})
SPLITS = ("train", "kept_back", "all")
WORDS = {"aero": "airplane"}  # for what a set calls its classes and nobody says


@dataclass(frozen=True, eq=False)
class Sample:
    """One labelled picture.

    `image` (H, W, 3) uint8 RGB; `labels` (H, W) uint16 instance ids, 0 background, 65535 ignore;
    `names` id -> class name or None where it is not known; `colors` id -> colour word, only
    where the object has one; `key` names the picture within all sets; `later` is another frame of
    the same clip, as image and labels, where there is one.
    """

    image: np.ndarray
    labels: np.ndarray
    names: dict[int, str | None]
    key: str
    colors: dict[int, str] = field(default_factory=dict)
    later: tuple[np.ndarray, np.ndarray] | None = None

    @property
    def place(self) -> str:
        """What shows the same things: the clip of a frame, else the picture itself."""
        return self.key if self.later is None else self.key.rpartition("/")[0]


def is_kept_back(set_name: str, image: str) -> bool:
    """Say whether a photograph is kept for measuring: a fixed 15 % of each set by hash.

    `image` is a file name with or without extension. Sets for measuring are kept back whole.
    """
    if set_name in MEASURED_ONLY:
        return True
    key = f"{set_name}/{Path(image).stem}"
    return int(hashlib.sha1(key.encode()).hexdigest(), 16) % 100 < KEPT_BACK_PERCENT


class PhotoDataset:
    """A photograph set: ROOT/images/NAME.jpg, ROOT/labels/NAME.png, ROOT/objects.json.

    `split` is "train", "kept_back" or "all"; `guessed` gives names by picture key and id to
    objects without a class. Raises FileNotFoundError when `root` is no such set and ValueError
    for another split.
    """

    def __init__(
        self,
        root: str | Path,
        split: str = "train",
        guessed: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self.root = Path(root)
        if split not in SPLITS:
            raise ValueError(f"split {split!r} is not one of {', '.join(SPLITS)}")
        index = self.root / "objects.json"
        if not index.is_file():
            raise FileNotFoundError(f"{self.root} is no photograph set: no objects.json in it")
        self.names: dict[str, dict[int, str | None]] = {}
        for entry in json.loads(index.read_text()):
            stem = Path(entry["image"]).stem
            known = (guessed or {}).get(f"{self.root.name}/{stem}", {})
            name: str | None = entry.get("class") or known.get(str(entry["id"]))
            if name is not None:
                name = WORDS.get(name, name)
            self.names.setdefault(stem, {})[int(entry["id"])] = name
        images = sorted((self.root / "images").iterdir())
        wanted = {"train": (False,), "kept_back": (True,), "all": (False, True)}[split]
        self.images = [p for p in images if is_kept_back(self.root.name, p.name) in wanted]

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Sample:
        path = self.images[index]
        labels = read_labels(self.root / "labels" / f"{path.stem}.png")
        names = self.names.get(path.stem, {})
        return Sample(read_rgb(path), labels, names, f"{self.root.name}/{path.stem}")


class RenderedDataset:
    """Scenes or composites written by `python -m training.render`.

    A scene counts once its JSON is there, which is written last, so a folder may still grow;
    `refresh` picks up what was added. Raises FileNotFoundError when `root` does not exist.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        self.stems: list[str] = []
        self.refresh()

    def refresh(self) -> int:
        """Look again at what is on disk; return the number of scenes."""
        if not self.root.is_dir():
            raise FileNotFoundError(f"no folder of rendered scenes at {self.root}")
        self.stems = sorted(path.stem for path in self.root.glob("*.json"))
        return len(self.stems)

    def __len__(self) -> int:
        return len(self.stems)

    def __getitem__(self, index: int) -> Sample:
        stem = self.stems[index]
        objects = self.truth(index)["objects"]
        return Sample(
            read_rgb(self.root / f"{stem}.jpg"),
            read_labels(self.root / f"{stem}.png"),
            {o["id"]: o["name"] for o in objects},
            f"{self.root.name}/{stem}",
            {o["id"]: o["color"] for o in objects if o.get("color")},
        )

    def all_names(self) -> set[str | None]:
        """Return the names of all objects."""
        return {o["name"] for i in range(len(self)) for o in self.truth(i)["objects"]}

    def truth(self, index: int) -> dict:
        """Return the scene's JSON: camera, and per object name, mesh, licence, box, centroid."""
        return json.loads((self.root / f"{self.stems[index]}.json").read_text())


class ClipDataset:
    """Pairs of frames of clips: SEQ/frames/00000.jpg and SEQ/labels/00000.png.

    An index stands for a clip, one of its frames, and one some frames later. A clip that
    `python -m training.render --clips` wrote has names too, in its objects.json, which is written
    last; a filmed one has none, and tells by `named` that it needs none. Raises FileNotFoundError
    when `root` does not exist.
    """

    def __init__(
        self, root: str | Path, gaps: Sequence[int] = (1, 2, 3), named: bool = True
    ) -> None:
        self.root = Path(root)
        if not self.root.is_dir():
            raise FileNotFoundError(f"no folder of clips at {self.root}")
        last = "objects.json" if named else "labels"
        self.clips = sorted(path.parent for path in self.root.glob(f"*/{last}"))
        frames = {clip: len(list((clip / "frames").iterdir())) for clip in self.clips}
        self.pairs = [
            (clip, first, first + gap)
            for clip, count in frames.items()
            for gap in gaps
            for first in range(count - gap)
        ]

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> Sample:
        clip, first, later = self.pairs[index]
        frames = [
            (
                read_rgb(clip / "frames" / f"{number:05d}.jpg"),
                read_labels(clip / "labels" / f"{number:05d}.png"),
            )
            for number in (first, later)
        ]
        key = f"{self.root.name}/{clip.name}/{first:05d}"
        return Sample(*frames[0], self.names(clip), key, later=frames[1])

    def all_names(self) -> set[str | None]:
        """Return the names of all objects."""
        return {name for clip in self.clips for name in self.names(clip).values()}

    @staticmethod
    def names(clip: Path) -> dict[int, str | None]:
        """Return the names of a clip's objects by id; a filmed clip shows one without a name."""
        index = clip / "objects.json"
        if not index.is_file():
            return {1: None}
        return {item["id"]: item["class"] for item in json.loads(index.read_text())}


def read_rgb(path: Path) -> np.ndarray:
    """Read an image as (H, W, 3) uint8 RGB."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def read_labels(path: Path) -> np.ndarray:
    """Read an instance-id PNG as (H, W) uint16; ValueError when it is not a single channel."""
    with Image.open(path) as image:
        labels = np.asarray(image)
    if labels.ndim != 2:
        raise ValueError(f"{path} has shape {labels.shape}: a label image has one channel")
    return labels.astype(np.uint16)
