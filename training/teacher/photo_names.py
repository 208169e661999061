"""Name the unnamed objects of photographs: ``python -m training.teacher.photo_names``.

An ImageNet classifier looks at the cut-out of each object; its fine classes are summed into
everyday names ("dog", not 118 breeds), and only a sure name is kept. The file it writes is read
by the training from the folder of rendered sets.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from seem_ros.evaluation.datasets import PhotoDataset, Sample
from seem_ros.instances import box_of
from seem_ros.model.helpers.recogniser import ImageRecogniser
from training.data.mixture import PHOTO_NAMES
from training.weights.imagenet_groups import GROUPS
from training.weights.recogniser import imagenet_recogniser

MARGIN = 0.1  # of the object's box, kept around it
SURE = 0.5  # least summed probability of a name
SMALLEST = 0.01  # of the picture: smaller objects are not recognised from their cut-out


def best_group(probabilities: Tensor) -> tuple[str, float]:
    """The everyday name with the largest summed probability."""
    sums = {name: float(probabilities[list(ids)].sum()) for name, ids in GROUPS.items()}
    name = max(sums, key=sums.__getitem__)
    return name, sums[name]


def cut_outs(sample: Sample) -> Iterator[tuple[int, np.ndarray]]:
    """Unnamed objects of a picture that are large enough: id and (h, w, 3) uint8 cut-out."""
    for instance, name in sample.names.items():
        inside = sample.labels == instance
        if name or inside.mean() < SMALLEST:
            continue
        x0, y0, x1, y1 = box_of(inside)
        extra_x, extra_y = MARGIN * (x1 - x0), MARGIN * (y1 - y0)
        left, top = max(0, int(x0 - extra_x)), max(0, int(y0 - extra_y))
        cut = sample.image[top : int(y1 + extra_y) + 1, left : int(x1 + extra_x) + 1]
        yield instance, np.ascontiguousarray(cut)


def name_objects(data: PhotoDataset, classifier: ImageRecogniser) -> dict[str, dict[int, str]]:
    """Names by picture key and object id."""
    found: dict[str, dict[int, str]] = {}
    for index in tqdm(range(len(data)), desc=data.root.name, mininterval=10):
        sample = data[index]
        for instance, cut in cut_outs(sample):
            name, probability = best_group(classifier.whole(torch.from_numpy(cut)))
            if probability >= SURE:
                found.setdefault(sample.key, {})[instance] = name
    return found


def write_names(folders: Sequence[Path], out: Path) -> None:
    """Name the training part of photograph sets and write it all to ``out``/photo_names.json."""
    classifier = imagenet_recogniser()
    names: dict[str, dict[int, str]] = {}
    for folder in folders:
        names |= name_objects(PhotoDataset(folder, "train"), classifier)
    out.mkdir(parents=True, exist_ok=True)
    (out / PHOTO_NAMES).write_text(json.dumps(names, indent=0))
    print(f"{sum(len(named) for named in names.values())} objects named in {len(names)} pictures")


def main() -> None:
    """Name the sets of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, nargs="+", required=True, help="photograph sets")
    parser.add_argument(
        "--out", type=Path, required=True, help=f"folder to write {PHOTO_NAMES} to"
    )
    args = parser.parse_args()
    write_names(args.photos, args.out)


if __name__ == "__main__":
    main()
