"""Label photographs by a teacher: human labels stay, MobileSAM adds what nobody labelled.

python -m training.teacher.labelling --photos SET... --out DIR [--limit N]

Writes DIR/SET/images, labels and objects.json, as PhotoDataset reads them; runs that were broken
off go on where they were. Pictures that are kept for measuring are never touched.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from seem_ros.evaluation.datasets import IGNORE, PhotoDataset, Sample, is_kept_back, read_rgb
from training.teacher.masks import teacher_masks
from training.teacher.mobile_sam import DEFAULT_CACHE, MobileSam

_PICTURES = frozenset({".jpg", ".jpeg", ".png"})


class TaughtSet:
    """A photograph set that grows picture by picture.

    Args:
        root: DIR/SET; the set's name decides with the picture's which are kept back.

    """

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("images", "labels"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        index = root / "objects.json"
        self._objects: list[dict[str, Any]] = []
        if index.is_file():
            self._objects = json.loads(index.read_text())

    def has(self, image: Path) -> bool:
        """Whether the picture is done: its image is written last."""
        return (self.root / "images" / image.name).is_file()

    def add(self, image: Path, labels: np.ndarray, objects: list[dict[str, Any]]) -> None:
        """Write a picture's (H, W) uint16 labels, its objects, and then a link to itself."""
        Image.fromarray(labels).save(self.root / "labels" / f"{image.stem}.png")
        others = [entry for entry in self._objects if entry["image"] != image.name]
        self._objects = others + [{"image": image.name, **entry} for entry in objects]
        part = self.root / "objects.json.part"
        part.write_text(json.dumps(self._objects))
        part.replace(self.root / "objects.json")
        place = self.root / "images" / image.name
        try:
            place.symlink_to(image.resolve())
        except OSError:  # a file system without links
            shutil.copyfile(image, place)


def training_photos(folder: Path) -> Iterator[tuple[Path, Sample]]:
    """Yield the training pictures of a photograph set, or of a folder of pictures unlabelled.

    Raises:
        FileNotFoundError: the folder holds neither.

    """
    if (folder / "objects.json").is_file():
        dataset = PhotoDataset(folder, "train")
        yield from zip(dataset.images, (dataset[i] for i in range(len(dataset))), strict=True)
        return
    pictures = sorted(p for p in folder.glob("*") if p.suffix.lower() in _PICTURES)
    if not pictures:
        raise FileNotFoundError(f"{folder} holds neither objects.json nor pictures")
    for path in pictures:
        if not is_kept_back(folder.name, path.name):
            rgb = read_rgb(path)
            yield path, Sample(rgb, np.zeros(rgb.shape[:2], np.uint16), {}, path.stem)


def label(sam: MobileSam, sample: Sample) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """Return (H, W) uint16 labels with the teacher's added, and an entry for each object."""
    labels = sample.labels.copy()
    human = [int(i) for i in np.unique(labels) if i not in (0, IGNORE)]
    objects: list[dict[str, Any]] = [
        {"id": i, "class": sample.names.get(i), "area": int((labels == i).sum())} for i in human
    ]
    sam.set_image(sample.image)
    masks = teacher_masks(sam, labels != 0)
    for instance_id, mask in enumerate(masks, start=max(human, default=0) + 1):
        labels[mask] = instance_id
        area = int(mask.sum())
        objects.append({"id": instance_id, "class": None, "area": area, "teacher": True})
    return labels, objects


def teach(folder: Path, out: Path, sam: MobileSam, limit: int | None = None) -> int:
    """Label a set's training pictures that are not done yet; return how many were."""
    taught, done = TaughtSet(out / folder.name), 0
    for image, sample in training_photos(folder):
        if done == limit:
            break
        if taught.has(image):
            continue
        labels, objects = label(sam, sample)
        taught.add(image, labels, objects)
        done += 1
        added = sum("teacher" in entry for entry in objects)
        print(f"{folder.name} {done} {image.name}: {added} added to {len(objects) - added}")
    return done


def main() -> None:
    """Label the sets given, one after another."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, nargs="+", required=True, metavar="SET")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="at most so many new pictures a set")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="of MobileSAM")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    cv2.setNumThreads(args.threads)
    sam = MobileSam(args.cache, args.threads)
    for folder in args.photos:
        if not folder.is_dir():
            raise SystemExit(f"no such folder: {folder}")
        print(f"{folder.name}: {teach(folder, args.out, sam, args.limit)} pictures labelled")


if __name__ == "__main__":
    main()
