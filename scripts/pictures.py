"""Make docs/pictures/ from the bundled clip, with the model and the drawing of today.

shown.webp is recorded from a Tracker: a click, a box, words, a correction, then frames in which
the things are followed, and what depth makes of them. The README has the others beside commands.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from seem_ros import Prompt, Segmenter, Tracker
from seem_ros.demo.footage import Clip, DemoImage
from seem_ros.geometry.camera import CameraModel
from seem_ros.geometry.clouds import DepthFrame
from seem_ros.geometry.depth import depth_to_metres
from seem_ros.geometry.scene import SpatialScene
from seem_ros.instances import Instance
from seem_ros.prompts import Mode
from seem_ros.visualize.colours import colour_of
from seem_ros.visualize.overlay import draw_overlay
from seem_ros.visualize.text import put_tag

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
SIZE = (480, 360)  # of shown.webp; the others are of the clip's size
STILLS = {
    "click.jpg": Prompt(points=[(253, 261, 1)]),
    "box.jpg": Prompt(boxes=[(330, 270, 434, 340)]),
    "words.jpg": Prompt(text="blue bottle"),
}
_PAPER = (30, 30, 30)
_EVERY = 3  # frames of the clip that are taken: those with depth
_READ_MS, _PLAY_MS, _TURN_MS = 1500, 160, 120
_TURNS = 24
_EDGES = [(a, a | bit) for a in range(8) for bit in (1, 2, 4) if not a & bit]


@dataclass(frozen=True, eq=False)
class Shot:
    """A frame of the animated picture: (H, W, 3) uint8 RGB, and for how long it stands."""

    picture: np.ndarray
    milliseconds: int


def main() -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=PICTURES, metavar="DIR")
    make(Segmenter.from_pretrained("nano"), Clip(), parser.parse_args().out)


def make(segmenter: Segmenter, clip: Clip, out: Path) -> None:
    """Write all pictures into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    for name, prompt in STILLS.items():
        Image.fromarray(still(segmenter, clip[0], prompt)).save(out / name, quality=88)
    shots = list(recording(segmenter, clip))
    frames = [Image.fromarray(shot.picture) for shot in shots]
    frames[0].save(
        out / "shown.webp", save_all=True, append_images=frames[1:], loop=0, quality=60, method=4,
        duration=[shot.milliseconds for shot in shots],
    )  # fmt: skip


def still(segmenter: Segmenter, image: DemoImage, prompt: Prompt) -> np.ndarray:
    """Return (H, W, 3) uint8 RGB: an image with one prompt and its answer."""
    tracker = Tracker(segmenter)
    tracker.step(image.rgb, 0, [prompt])
    return draw_overlay(image.rgb, tracker.instances, tracker.target_id, [prompt])


def recording(segmenter: Segmenter, clip: Clip) -> Iterator[Shot]:
    """Yield the frames of the animated picture."""
    tracker = Tracker(segmenter)
    first = clip[0].rgb
    yield _shot(first, "seem_ros: point, draw or say what you mean", _READ_MS)
    for caption, prompt in _said(tracker):
        tracker.step(first, 0, [prompt])
        drawn = draw_overlay(first, tracker.instances, tracker.target_id, [prompt])
        yield _shot(drawn, caption, _READ_MS)
    for at in range(_EVERY, len(clip), _EVERY):
        rgb = clip[at].rgb
        tracker.step(rgb, round(at / clip.fps * 1e9))
        drawn = draw_overlay(rgb, tracker.instances, tracker.target_id)
        yield _shot(drawn, "followed from frame to frame", _PLAY_MS)
    last = max(at for at in range(0, len(clip), _EVERY) if clip[at].depth_mm is not None)
    if last != at:
        tracker.step(clip[last].rgb, round((len(clip) + 1) / clip.fps * 1e9))
    yield from _space(clip[last], tracker.instances, clip.intrinsics)


def _said(tracker: Tracker) -> Iterator[tuple[str, Prompt]]:
    """Yield what is meant in the first frame, each after the one before was answered."""
    yield "a click", STILLS["click.jpg"]
    yield "a box", STILLS["box.jpg"]
    yield 'words: "blue bottle"', STILLS["words.jpg"]
    yield 'words: "screwdriver" - its handle only', Prompt(text="screwdriver")
    newest = max((item.id for item in tracker.instances), default=0)
    correction = Prompt(points=[(465, 346, 1)], mode=Mode.REFINE, instance_id=newest)
    yield "a correction: one more click, on the blade", correction


def _shot(picture: np.ndarray, caption: str, milliseconds: int) -> Shot:
    small = cv2.resize(picture, SIZE, interpolation=cv2.INTER_AREA)
    put_tag(small, caption, (8, SIZE[1] - 6), _PAPER, 0.5)
    return Shot(small, milliseconds)


def _space(
    image: DemoImage, instances: Sequence[Instance], intrinsics: np.ndarray
) -> Iterator[Shot]:
    """Yield views of the last frame's cloud and boxes, from a camera that swings around it."""
    if image.depth_mm is None or image.world_from_optical is None:
        raise ValueError(f"frame {image.name} has no depth")
    height, width = image.rgb.shape[:2]
    camera = CameraModel.raw(width, height, intrinsics)
    depth_m = depth_to_metres(image.depth_mm, 0.001)
    up = image.world_from_optical[:3, :3].T @ [0.0, 0.0, 1.0]
    scene = SpatialScene(instances, camera, DepthFrame(camera, depth_m), up=up)
    rows, columns = np.nonzero(np.isfinite(depth_m) & (depth_m < 2.5))
    pixels = np.column_stack([columns, rows]).astype(np.float64)
    points = camera.unproject(pixels, depth_m[rows, columns])
    colours = draw_overlay(image.rgb, [], 0)[rows, columns].astype(np.float32)
    for item in scene.visible:
        if item.mask is not None:
            inside = item.mask[rows, columns]
            own = np.array(colour_of(item.id), np.float32)
            colours[inside] = colours[inside] * 0.5 + own * 0.5
    middle = np.median(points[depth_m[rows, columns] < 1.5], axis=0)
    for turn in range(_TURNS):
        angle = 0.5 * np.sin(2 * np.pi * turn / _TURNS)
        view = _View(intrinsics, up, middle, angle, width)
        picture = view.draw(points, colours.astype(np.uint8))
        for item in scene.visible:
            if (box := scene.box(item)) is not None:
                view.wires(picture, box.corners(), colour_of(item.id))
        put_tag(picture, "with depth: clouds and boxes", (8, SIZE[1] - 6), _PAPER, 0.5)
        yield Shot(picture, _TURN_MS)


class _View:
    """A camera that is turned about the upright axis through a point."""

    def __init__(
        self, intrinsics: np.ndarray, up: np.ndarray, middle: np.ndarray, angle: float, width: int
    ) -> None:
        self._turn, _ = cv2.Rodrigues(np.asarray(up, np.float64) * angle)
        self._middle = middle
        self._k = intrinsics * [[SIZE[0] / width], [SIZE[0] / width], [1.0]]

    def _pixels(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        moved = (points - self._middle) @ self._turn.T + self._middle
        return np.round((moved / moved[:, 2:]) @ self._k.T)[:, :2].astype(int), moved[:, 2]

    def draw(self, points: np.ndarray, colours: np.ndarray) -> np.ndarray:
        """Return the cloud, the nearest points on top."""
        picture = np.full((SIZE[1], SIZE[0], 3), _PAPER, np.uint8)
        pixels, distance = self._pixels(points)
        order = np.argsort(-distance)
        pixels, colours = pixels[order], colours[order]
        for x, y in ((0, 0), (1, 0), (0, 1), (1, 1)):
            u, v = pixels[:, 0] + x, pixels[:, 1] + y
            seen = (u >= 0) & (v >= 0) & (u < SIZE[0]) & (v < SIZE[1]) & (distance[order] > 0.1)
            picture[v[seen], u[seen]] = colours[seen]
        return picture

    def wires(self, picture: np.ndarray, corners: np.ndarray, colour: tuple[int, ...]) -> None:
        """Draw the edges of a box, in place."""
        ends, _ = self._pixels(corners)
        for first, second in _EDGES:
            start, stop = ends[first].tolist(), ends[second].tolist()
            cv2.line(picture, start, stop, colour, 2, cv2.LINE_AA)


if __name__ == "__main__":
    main()
