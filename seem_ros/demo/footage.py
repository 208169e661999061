"""What the demo shows the node: a rendered clip with known truth, and real photographs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from seem_ros import resources
from seem_ros.geometry.boxes3d import OrientedBox

# Colour photographs inside scikit-image's package; its other pictures are downloaded.
PHOTOGRAPHS = ("astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg")


@dataclass(frozen=True, eq=False)
class Solid:
    """Where a thing truly is, in the camera's optical frame, metres.

    Attributes:
        box: around the whole thing, its third axis upright.
        centroid: (3,) mean of its visible surface.

    """

    box: OrientedBox
    centroid: np.ndarray


@dataclass(frozen=True, eq=False)
class DemoImage:
    """One camera image of the demo.

    Attributes:
        name: file name without ending.
        rgb: (H, W, 3) uint8.
        truth: (H, W) uint16 object ids, 0 background; None where nobody knows.
        depth_mm: (H, W) uint16 along the optical axis, 0 unknown; None where there is none.
        world_from_optical: (4, 4) pose of the camera; None where nobody knows.
        solids: by object id, what is seen of them.

    """

    name: str
    rgb: np.ndarray
    truth: np.ndarray | None = None
    depth_mm: np.ndarray | None = None
    world_from_optical: np.ndarray | None = None
    solids: Mapping[int, Solid] = field(default_factory=dict)


class Clip:
    """The bundled clip: frames, label images, depth of some frames, names and places of objects.

    Attributes:
        fps: frames a second.
        intrinsics: (3, 3) float64 camera matrix, pixels.

    """

    def __init__(self, folder: Path | None = None) -> None:
        """Open a folder with frames/, labels/, depth/ and truth.json; the bundled one by default.

        Raises:
            FileNotFoundError: there is no clip.

        """
        self._folder = folder or resources.demo_clip_dir()
        truth = json.loads((self._folder / "truth.json").read_text())
        self.fps = float(truth["fps"])
        self.intrinsics = np.array(truth["k"], np.float64)
        self._frames = truth["frames"]
        self._sizes = {
            int(item["id"]): item["box"]["size"] for item in truth["objects"] if "box" in item
        }
        self._ids = {item["mesh"]: int(item["id"]) for item in truth["objects"]}

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self._frames)

    def __getitem__(self, position: int) -> DemoImage:
        """Read one frame."""
        name = f"{self._frames[position]['index']:05d}"
        rgb = read_rgb(self._folder / "frames" / f"{name}.jpg")
        labels = _read_uint16(self._folder / "labels" / f"{name}.png")
        depth = self._folder / "depth" / f"{name}.png"
        depth_mm = _read_uint16(depth) if depth.exists() else None
        given = self._frames[position].get("world_from_optical")
        pose = None if given is None else np.array(given, np.float64)
        return DemoImage(name, rgb, labels, depth_mm, pose, self._solids(position, pose))

    def _solids(self, position: int, pose: np.ndarray | None) -> dict[int, Solid]:
        """Return the visible things of a frame, moved from the world into the camera's frame."""
        if pose is None:
            return {}
        turn, place = pose[:3, :3].T, -pose[:3, :3].T @ pose[:3, 3]
        found = {}
        for key, item in self._frames[position].get("objects", {}).items():
            if int(key) in self._sizes and "visible_centroid" in item:
                centre, axes = np.array(item["centre"]), np.array(item["rotation"])
                box = OrientedBox(centre, axes, np.array(self._sizes[int(key)]))
                found[int(key)] = Solid(box.moved(turn, place), np.array(item["visible_centroid"]))
        return found

    def id_of(self, mesh: str) -> int:
        """Return the id in the label images of the object whose mesh ends with a name.

        Raises:
            KeyError: nothing of that name is in the clip; the message names what is.

        """
        for name, truth_id in self._ids.items():
            if name.endswith(mesh):
                return truth_id
        raise KeyError(f"no {mesh!r} in the clip; there are {', '.join(sorted(self._ids))}")


def photograph(file_name: str) -> DemoImage:
    """Read a photograph that comes inside scikit-image's package.

    Raises:
        FileNotFoundError: scikit-image is not installed, or without its pictures.

    """
    from importlib.util import find_spec

    package = find_spec("skimage")
    if package is None or package.origin is None:
        raise FileNotFoundError("the photographs come with scikit-image: pip install scikit-image")
    return DemoImage(
        Path(file_name).stem, read_rgb(Path(package.origin).parent / "data" / file_name)
    )


def read_rgb(path: Path) -> np.ndarray:
    """Read a picture as (H, W, 3) uint8 RGB. Raises FileNotFoundError if it cannot be read."""
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None:
        raise FileNotFoundError(f"{path} is no picture that can be read")
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)


def _read_uint16(path: Path) -> np.ndarray:
    values = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if values is None:
        raise FileNotFoundError(f"{path} is no picture that can be read")
    return values.astype(np.uint16)
