"""Library: things that an operator showed, each with a name, remembered across restarts."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from seem_ros.instances import box_of
from seem_ros.library.names import clean_name, key_of
from seem_ros.library.shelf import Box, Shelf
from seem_ros.prompts.checks import as_example
from seem_ros.segmenting.memory import Remembered

if TYPE_CHECKING:
    from seem_ros.segmenting.families.family import Family

THUMBNAIL = 160  # pixels of the longer side
_MARGIN = 0.2  # of the object's box, shown around it


@dataclass(frozen=True)
class TaughtThing:
    """What is known of a thing without a model.

    Attributes:
        name: as the operator gave it.
        views: how often it was shown.
        pictures: PNG files that show it, one a view.
    """

    name: str
    views: int
    pictures: tuple[Path, ...]


class Library:
    """Taught things below a folder; changes are on disk when a method returns.

    A library belongs to one model: what another remembers cannot be compared. It is told which by
    the Segmenter that it is given to, else it loads ``model`` when it is first taught something.

    Args:
        path: of the folder; by default ``seem_ros/objects`` in the user's data folder.
        model: that looks at what is taught, where no Segmenter does.

    Raises:
        ValueError: the folder holds something else.
    """

    def __init__(self, path: str | Path | None = None, model: str = "nano") -> None:
        self.path = default_folder() if path is None else Path(path).expanduser()
        self._shelf = Shelf(self.path)
        self._shelf.model()
        self._model, self._family = model, _Late(model)
        self._seen_ns = -1
        self._boxes: dict[str, Box] = {}
        self._lock = threading.RLock()  # a node teaches on one thread and lists on another
        self._views: dict[Path, tuple[tuple[Path, ...], list[Remembered]]] = {}

    def __len__(self) -> int:
        """Return how many things there are."""
        return len(self._known())

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all things, as the operator gave them."""
        return tuple(box.name for box in self._known().values())

    def __contains__(self, name: str) -> bool:
        """Tell whether there is a thing of this name."""
        return key_of(name) in self._known()

    def things(self) -> list[TaughtThing]:
        """Return all things by name."""
        return [
            TaughtThing(
                box.name, len(box.views), tuple(path.with_suffix(".png") for path in box.views)
            )
            for box in self._known().values()
        ]

    def teach(self, name: str, rgb: np.ndarray, mask: np.ndarray) -> int:
        """Keep what a thing looks like; a name that is known gets one view more.

        Args:
            name: of the thing.
            rgb: (H, W, 3) uint8 that shows it.
            mask: (H, W) bool of it.

        Returns:
            How many views there are of it now.

        Raises:
            ValueError: no name, a mask of another size or an empty one, or a library of another
                model; nothing is kept.
        """
        name = clean_name(name)
        rgb, mask = as_example((rgb, mask))
        self._check_model()
        family = self._family()
        with torch.inference_mode():
            view = family.look(rgb).remember(mask)
        if view.cells is None:
            raise ValueError(f"{family.model.config.name} cannot tell taught things apart")
        return self._shelf.add(name, view, _thumbnail(rgb, mask), self._identity())

    def rename(self, name: str, new_name: str) -> None:
        """Give a thing another name.

        Raises:
            ValueError: it is not known, or the other name is taken.
        """
        box, new_name = self._box(name), clean_name(new_name)
        if new_name in self and key_of(new_name) != key_of(name):
            raise ValueError(f"there is a {new_name!r} already: forget it first")
        self._shelf.rename(box, new_name)

    def forget(self, names: Sequence[str] | str) -> list[str]:
        """Delete things for good; return their names.

        Raises:
            ValueError: one is not known; then none is deleted.
        """
        boxes = [self._box(name) for name in ([names] if isinstance(names, str) else names)]
        boxes = list(dict.fromkeys(boxes))
        for box in boxes:
            self._shelf.drop(box)
        return [box.name for box in boxes]

    def export(self, folder: str | Path, names: Sequence[str] = ()) -> list[str]:
        """Copy things, all by default, to a new folder, which is a library itself.

        Raises:
            ValueError: one is not known, or there is nothing to copy.
            FileExistsError: there is something at that place.
        """
        boxes = [self._box(name) for name in names] or list(self._known().values())
        if not boxes:
            raise ValueError(f"nothing was taught yet: {self.path} is empty")
        folder = Path(folder)
        folder.mkdir(parents=True)
        for box in dict.fromkeys(boxes):
            shutil.copytree(box.folder, folder / box.folder.name)
        shutil.copy(self.path / "library.json", folder / "library.json")
        return [box.name for box in boxes]

    def use(self, family: Family) -> None:
        """Let a model that is loaded already look at what is taught.

        Raises:
            ValueError: the library is of another model.
        """
        before, self._family = self._family, _Late(self._model, family)
        try:
            self._check_model()
        except ValueError:
            self._family = before
            raise
        with self._lock:
            self._views.clear()

    def views(self, name: str) -> list[Remembered]:
        """Return what the model remembers of a thing; nothing for a name that is not known.

        Raises:
            ValueError: a file is broken, or of another model.
        """
        with self._lock:
            box = self._known().get(key_of(name))
            if box is None:
                return []
            paths, views = self._views.get(box.folder, ((), []))
            if paths != box.views:
                device = self._family().device
                views = self._shelf.read(box, self._identity()[1], device)
                self._views[box.folder] = box.views, views
            return views

    def _check_model(self) -> None:
        """Refuse views of another model; an empty library takes any."""
        model, digest = self._shelf.model()
        if not digest or not self._known():
            return
        own_model, own_digest = self._identity()
        if digest != own_digest:
            raise ValueError(
                f"the library in {self.path} was taught to the model {model} ({digest[:12]}), "
                f"which is not this {own_model} ({own_digest[:12]}): give another "
                "library, or teach its things again"
            )

    def _identity(self) -> tuple[str, str]:
        """Name and digest of the model."""
        family = self._family()
        return family.model.config.name, family.digest

    def _known(self) -> dict[str, Box]:
        """All things by what their names have in common; read again where the folder changed."""
        with self._lock:
            changed = self._shelf.changed_ns
            if changed != self._seen_ns:
                self._boxes = {key_of(box.name): box for box in self._shelf.boxes()}
                self._seen_ns = changed
            return self._boxes

    def _box(self, name: str) -> Box:
        box = self._known().get(key_of(name))
        if box is None:
            known = ", ".join(self.names) or "nothing yet"
            raise ValueError(f"{name!r} was not taught; known are: {known}")
        return box


class _Late:
    """A family of a model that is loaded when it is first needed."""

    def __init__(self, model: str, family: Family | None = None) -> None:
        self._model, self._family = model, family

    def __call__(self) -> Family:
        if self._family is None:
            from seem_ros.model.loading import load_model
            from seem_ros.segmenting.families import family_of

            loaded, device = load_model(self._model), torch.device("cpu")
            self._family = family_of(loaded.model.eval(), loaded.helpers.to(device), device)
        return self._family


def default_folder() -> Path:
    """Return where a user's library lies: ``seem_ros/objects`` in ``$XDG_DATA_HOME``."""
    data = os.environ.get("XDG_DATA_HOME", "")
    base = Path(data) if Path(data).is_absolute() else Path.home() / ".local" / "share"
    return base / "seem_ros" / "objects"


def _thumbnail(rgb: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the part of a picture (H, W, 3) uint8 that shows an object (H, W) bool, small."""
    x0, y0, x1, y1 = box_of(mask)
    margin = round(_MARGIN * max(x1 - x0, y1 - y0))
    part = rgb[max(0, y0 - margin) : y1 + margin, max(0, x0 - margin) : x1 + margin]
    scale = min(1.0, THUMBNAIL / max(part.shape[:2]))
    size = tuple(max(1, round(side * scale)) for side in part.shape[1::-1])
    return cv2.resize(part, size, interpolation=cv2.INTER_AREA)
