"""Shelf: the folder in which taught things lie; changes of it happen wholly or not at all.

Each thing has a folder of its own with ``thing.json``, which holds its name, and for each view
``view-0001.safetensors``, what the model remembered, with ``view-0001.png``, a small picture for
people. ``library.json`` says of which model all views are. Several processes may use one folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from seem_ros.exchange.picture_files import write_picture
from seem_ros.exchange.text_files import write_text
from seem_ros.library.names import clean_name, key_of
from seem_ros.library.view_file import read_view, write_view
from seem_ros.segmenting.memory import Remembered

MOST_THINGS = 1000
MOST_VIEWS = 16  # of a thing; the oldest but the first goes
_LARGEST_RECORD = 65_536  # bytes
_SHELF, _THING = "seem_ros library/1", "seem_ros taught thing/1"
_PREFIX = "thing-"


@dataclass(frozen=True)
class Box:
    """A thing on the shelf.

    Attributes:
        name: as it was given.
        folder: its own.
    """

    name: str
    folder: Path

    @property
    def views(self) -> tuple[Path, ...]:
        """The files of what was remembered, the oldest first."""
        found = [path for path in self.folder.glob("view-*.safetensors") if _number(path)]
        return tuple(sorted(found, key=_number))


class Shelf:
    """Reads and changes the folder of a library.

    Args:
        folder: made when something is first taught.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def changed_ns(self) -> int:
        """When anything on the shelf changed last, nanoseconds; 0 where there is none."""
        try:
            return self.folder.stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def boxes(self) -> list[Box]:
        """All things by name.

        Raises:
            ValueError: the folder holds records that are none.
        """
        found = [self._box(path) for path in sorted(self.folder.glob(f"{_PREFIX}*/thing.json"))]
        if len(found) > MOST_THINGS:
            raise ValueError(f"{self.folder} holds {len(found)} things, at most {MOST_THINGS}")
        return sorted((box for box in found if box.views), key=lambda box: box.name.casefold())

    def model(self) -> tuple[str, str]:
        """Name and digest of the model of all views, empty where nothing was taught yet.

        Raises:
            ValueError: the record is none.
        """
        path = self.folder / "library.json"
        if not path.is_file():
            return "", ""
        record = _record(path, _SHELF)
        return _string(record, "model", path), _string(record, "digest", path)

    def add(self, name: str, view: Remembered, picture: np.ndarray, model: tuple[str, str]) -> int:
        """Add a view of a thing, and return how many there are of it then.

        Args:
            name: of the thing, made where there is none of it.
            view: what the model remembered.
            picture: (h, w, 3) uint8, small, for people.
            model: its name and its digest.
        """
        with self._changing():
            if not (self.folder / "library.json").is_file():
                record = {"format": _SHELF, "model": model[0], "digest": model[1]}
                _write(self.folder / "library.json", record)
            boxes = self.boxes()
            box = next((each for each in boxes if key_of(each.name) == key_of(name)), None)
            if box is None:
                return self._made(name, view, picture, model[1], len(boxes))
            return _added(box, view, picture, model[1])

    def rename(self, box: Box, name: str) -> None:
        """Give a thing another name."""
        with self._changing():
            _write(box.folder / "thing.json", {"format": _THING, "name": name})

    def drop(self, box: Box) -> None:
        """Take a thing away, for good."""
        with self._changing():
            gone = self.folder / f".gone-{uuid.uuid4().hex}"
            box.folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def read(self, box: Box, digest: str, device: torch.device) -> list[Remembered]:
        """All views of a thing.

        Raises:
            ValueError: a file is broken or of another model.
        """
        return [read_view(path, digest, device) for path in box.views[:MOST_VIEWS]]

    def _made(
        self, name: str, view: Remembered, picture: np.ndarray, digest: str, count: int
    ) -> int:
        if count >= MOST_THINGS:
            raise ValueError(f"{self.folder} holds {count} things already, the most there can be")
        folder = Path(tempfile.mkdtemp(dir=self.folder, prefix=".new-"))
        try:
            folder.chmod(0o755)
            write_picture(folder / "view-0001.png", picture)
            write_view(folder / "view-0001.safetensors", view, digest)
            _write(folder / "thing.json", {"format": _THING, "name": name})
            folder.rename(self.folder / f"{_PREFIX}{uuid.uuid4().hex[:12]}")
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return 1

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """Keep other processes from changing the shelf, and let them see that it has changed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                yield
            finally:
                os.utime(self.folder)

    def _box(self, path: Path) -> Box:
        name = _string(_record(path, _THING), "name", path)
        try:
            return Box(clean_name(name), path.parent)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None


def _added(box: Box, view: Remembered, picture: np.ndarray, digest: str) -> int:
    """Add a view to those of a thing; where there are too many, the second one goes."""
    number = _number(box.views[-1]) + 1
    write_picture(box.folder / f"view-{number:04d}.png", picture)
    write_view(box.folder / f"view-{number:04d}.safetensors", view, digest)
    while len(box.views) > MOST_VIEWS:
        second = box.views[1]
        second.unlink()
        second.with_suffix(".png").unlink(missing_ok=True)
    return len(box.views)


def _number(view: Path) -> int:
    """Which view a file is, from 1; 0 for a name that no view has."""
    number = view.stem.removeprefix("view-")
    return int(number) if number.isdecimal() and len(number) < 10 else 0


def _record(path: Path, kind: str) -> dict[str, Any]:
    """Read a small JSON object of a kind."""
    if path.stat().st_size > _LARGEST_RECORD:
        raise ValueError(f"{path} is larger than {_LARGEST_RECORD:,} bytes")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"{path} is broken: {error}") from None
    if not isinstance(record, dict) or record.get("format") != kind:
        raise ValueError(f"{path} is no record of a library (expected format {kind!r})")
    return record


def _string(record: dict[str, Any], key: str, path: Path) -> str:
    value = record.get(key)
    if not isinstance(value, str) or len(value) > 1000:
        raise ValueError(f"{path} has no {key}")
    return value


def _write(path: Path, record: dict[str, str]) -> None:
    write_text(path, json.dumps(record, ensure_ascii=False) + "\n")
