"""Make all training pictures with one command: `python -m training.prepare --out DIR`.

Builds DIR/assets when it is not there, then renders the sets of SETS below into DIR. With
photographs, MobileSAM labels what nobody labelled in them (DIR/taught) and a classifier names
objects without a name (DIR/photo_names.json). It can be stopped and started again at any time;
what is there stays.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from training import render
from training.data.mixture import PHOTO_NAMES, PHOTOS, TAUGHT
from training.meshes import library


@dataclass(frozen=True)
class RenderedSet:
    """One folder of pictures: how many, from which seed, and further options of the renderer."""

    name: str
    count: int
    seed: int
    options: tuple[str, ...] = ()


# Measured sets come first: they are small, and an early stop should leave them whole. Counts and
# seeds are those of the shipped weights, which never saw clips320; --scale makes more of all.
SETS = (
    RenderedSet("heldout320", 200, 2),
    RenderedSet("unseen320", 100, 3, ("--unseen",)),
    RenderedSet("scenes320", 2600, 11),
    RenderedSet("composites320", 500, 4, ("--composites",)),
    RenderedSet("clips320", 240, 41, ("--clips", "--frames", "10")),
    RenderedSet("clips_heldout", 12, 5, ("--clips", "--unseen", "--size", "640x480")),
)


def commands(
    out: Path, photos: Path | None, scale: float = 1.0, workers: int = 1
) -> list[list[str]]:
    """Return the renderer's arguments for each set, counts multiplied by `scale`."""
    found = []
    for item in SETS:
        count = max(1, round(item.count * scale))
        command = ["--out", str(out / item.name), "--scenes", str(count), "--seed", str(item.seed)]
        command += ["--assets", str(out / "assets"), "--workers", str(workers), *item.options]
        folders = [str(photos / name) for name in PHOTOS if photos and (photos / name).is_dir()]
        if "--composites" in item.options and folders:
            command += ["--photos", *folders]
        found.append(command)
    return found


def main(argv: list[str] | None = None) -> int:
    """Build the meshes and render every set; return 0, or 1 when something needed is absent."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for meshes and pictures")
    parser.add_argument("--photos", type=Path, help="folder of photograph sets to paste on")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full number")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    args = parser.parse_args(argv)
    if args.scale <= 0:
        parser.error(f"--scale is {args.scale}: it must be above 0, 1 is everything")
    if not (args.out / "assets" / "index.json").is_file():
        failed = library.main(["--assets", str(args.out / "assets")])
        if failed:
            return failed
    failed = max(render.main(c) for c in commands(args.out, args.photos, args.scale, args.workers))
    if args.photos and not failed:
        label_photos(args.photos, args.out)
    return failed


def label_photos(photos: Path, out: Path) -> None:
    """Add the teacher's masks and the classifier's names to the training photographs."""
    # Both need packages that rendering does not.
    from training.teacher.labelling import teach
    from training.teacher.mobile_sam import DEFAULT_CACHE, MobileSam
    from training.teacher.photo_names import write_names

    folders = [photos / name for name in PHOTOS if (photos / name).is_dir()]
    if not (out / PHOTO_NAMES).is_file():
        write_names(folders, out)
    sam = MobileSam(DEFAULT_CACHE, 1)
    for folder in folders:
        teach(folder, out / TAUGHT, sam)


if __name__ == "__main__":
    sys.exit(main())
