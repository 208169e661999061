"""What the demo shows the node: a rendered clip with known truth, and real photographs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from seem_ros import resources

# Colour photographs inside scikit-image's package; its other pictures are downloaded.
PHOTOGRAPHS = ("astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg")


@dataclass(frozen=True, eq=False)
class Picture:
    """One camera image of the demo.

    Attributes:
        name: file name without ending.
        rgb: (H, W, 3) uint8.
        truth: (H, W) uint16 object ids, 0 background; None where nobody knows.
        depth_mm: (H, W) uint16 along the optical axis, 0 unknown; None where there is none.

    """

    name: str
    rgb: np.ndarray
    truth: np.ndarray | None = None
    depth_mm: np.ndarray | None = None


class Clip:
    """The bundled clip: frames, label images, depth of some frames, names of the objects.

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
        self._indices = [frame["index"] for frame in truth["frames"]]
        self._ids = {item["mesh"]: int(item["id"]) for item in truth["objects"]}

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self._indices)

    def __getitem__(self, position: int) -> Picture:
        """Read one frame."""
        name = f"{self._indices[position]:05d}"
        rgb = read_rgb(self._folder / "frames" / f"{name}.jpg")
        labels = _read_uint16(self._folder / "labels" / f"{name}.png")
        depth = self._folder / "depth" / f"{name}.png"
        return Picture(name, rgb, labels, _read_uint16(depth) if depth.exists() else None)

    def id_of(self, mesh: str) -> int:
        """Return the id in the label images of the object whose mesh ends with a name.

        Raises:
            KeyError: nothing of that name is in the clip; the message names what is.

        """
        for name, truth_id in self._ids.items():
            if name.endswith(mesh):
                return truth_id
        raise KeyError(f"no {mesh!r} in the clip; there are {', '.join(sorted(self._ids))}")


def photograph(file_name: str) -> Picture:
    """Read a photograph that comes inside scikit-image's package.

    Raises:
        FileNotFoundError: scikit-image is not installed, or without its pictures.

    """
    from importlib.util import find_spec

    package = find_spec("skimage")
    if package is None or package.origin is None:
        raise FileNotFoundError("the photographs come with scikit-image: pip install scikit-image")
    return Picture(
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
