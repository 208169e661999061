"""Names of the files that ``seem-ros segment`` writes, none of which is one of its inputs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from seem_ros.exchange.picture_files import HEIC_ENDINGS, PICTURE_ENDINGS, check_mask_path

DEFAULT_FOLDER = Path("seem_out")
_LONGEST_NAME = 40


class MaskFiles:
    """Where masks and overlays go: next to each other in a folder, or into one named file.

    Args:
        images: that are segmented.
        names: of what is wanted in each; several get a number and their name.
        out: PNG file for one image, or a folder; None is the folder seem_out.
        overlay: picture file for one image, or a folder; None is none.
        inputs: files that must not be written over.

    Raises:
        ValueError: one file for several images, a lossy format for a mask, or a file that would
            write over an input.

    """

    def __init__(
        self,
        images: Sequence[Path],
        names: Sequence[str],
        out: str | None,
        overlay: str | None,
        inputs: Iterable[str | Path],
    ) -> None:
        self._names = names
        self._stems = _unique_stems(images)
        self._out = DEFAULT_FOLDER if out is None else Path(out)
        self._overlay = None if overlay is None else Path(overlay)
        for option, path in (("--out", self._out), ("--overlay", self._overlay)):
            if path is not None and _is_file_name(path) and len(images) > 1:
                raise ValueError(f"{option} {path} is one file for {len(images)} images")
        if _is_file_name(self._out):
            check_mask_path(self._out)
        taken = {Path(path).resolve() for path in inputs}
        for image in images:
            written = [self.mask(image, index) for index in range(len(names))]
            for path in (*written, self.overlay(image)):
                if path is not None and path.resolve() in taken:
                    raise ValueError(f"{path} is read, so it cannot be written to as well")

    def mask(self, image: Path, index: int) -> Path:
        """Return where the mask of the wanted thing of an index goes."""
        one_file = _is_file_name(self._out)
        stem = self._out.stem if one_file else self._stems[image]
        if len(self._names) > 1:
            stem = f"{stem}_{index + 1}_{_for_file(self._names[index])}"
        return (self._out.parent if one_file else self._out) / f"{stem}.png"

    def overlay(self, image: Path) -> Path | None:
        """Return where the overlay of an image goes, None for nowhere."""
        if self._overlay is None or _is_file_name(self._overlay):
            return self._overlay
        return self._overlay / f"{self._stems[image]}_overlay.jpg"


def _is_file_name(path: Path) -> bool:
    endings = (*PICTURE_ENDINGS, *HEIC_ENDINGS, ".gif")
    return path.suffix.lower() in endings and not path.is_dir()


def _unique_stems(images: Sequence[Path]) -> dict[Path, str]:
    """Return the name of each image without its ending, made different where two are the same."""
    stems: dict[Path, str] = {}
    taken: set[str] = set()
    for image in images:
        stem, number = image.stem, 2
        while stem.lower() in taken:
            stem, number = f"{image.stem}-{number}", number + 1
        stems[image] = stem
        taken.add(stem.lower())
    return stems


def _for_file(name: str) -> str:
    return re.sub(r"[^\w-]+", "_", name).strip("_")[:_LONGEST_NAME] or "object"
