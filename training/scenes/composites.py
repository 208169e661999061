"""Flat composites: cut-outs pasted on textures or on labelled photographs, with exact masks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from seem_ros.evaluation.datasets import IGNORE, PhotoDataset
from training.meshes.library import AssetLibrary
from training.scenes.cutouts import Cutout, EmojiCutouts, RenderedCutouts

MIN_VISIBLE = 12


@dataclass(frozen=True, eq=False)
class Composite:
    """`rgb` (H, W, 3) uint8, `labels` (H, W) uint16, and a record per object that is visible."""

    rgb: np.ndarray
    labels: np.ndarray
    objects: list[dict]


class CompositeSampler:
    """Draws composites of one size (width, height).

    `photos` are photograph sets; only their training part is used, labels included.
    """

    def __init__(
        self, library: AssetLibrary, size: tuple[int, int], photos: list[Path] | None = None
    ) -> None:
        self.library, self.size = library, size
        self.sources = (EmojiCutouts(library.root / "packages"), RenderedCutouts(library))
        self.photos = [PhotoDataset(root, "train") for root in photos or []]

    def sample(self, rng: np.random.Generator) -> Composite:
        """Draw a composite of three to ten cut-outs."""
        if self.photos and rng.random() < 0.5:
            rgb, labels, objects = self._photo(rng)
        else:
            rgb, labels, objects = self._texture(rng)
        for _ in range(int(rng.integers(3, 11))):
            cutout = self.sources[int(rng.random() < 0.6)].draw(rng)
            instance_id = max((o["id"] for o in objects), default=0) + 1
            layer = place_cutout(cutout.rgba, self.size, rng)
            rgb = paste(rgb, layer, rng)
            labels[layer[..., 3] > 127] = instance_id
            objects.append(cutout_record(cutout, instance_id))
        shown = np.bincount(labels[labels != IGNORE].ravel(), minlength=len(objects) + 1)
        visible = [o for o in objects if o["id"] < len(shown) and shown[o["id"]] >= MIN_VISIBLE]
        kept = np.isin(labels, [o["id"] for o in visible] + [IGNORE])
        return Composite(rgb, np.where(kept, labels, 0).astype(np.uint16), visible)

    def _texture(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, list[dict]]:
        texture = self.library.texture(int(rng.integers(len(self.library.texture_files))))
        image = random_crop(Image.fromarray(texture), self.size, rng)
        return np.asarray(image), np.zeros(self.size[::-1], np.uint16), []

    def _photo(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, list[dict]]:
        photos = self.photos[rng.integers(len(self.photos))]
        sample = photos[int(rng.integers(len(photos)))]
        image = Image.fromarray(sample.image).resize(self.size, Image.Resampling.BOX)
        labels = Image.fromarray(sample.labels).resize(self.size, Image.Resampling.NEAREST)
        objects = [
            {"id": i, "name": name, "mesh": sample.key, "source": photos.root.name,
             "licence": "see the photograph set"}
            for i, name in sample.names.items()
        ]  # fmt: skip
        return np.asarray(image), np.array(labels, np.uint16), objects


def cutout_record(cutout: Cutout, instance_id: int) -> dict:
    """Return the truth of a pasted cut-out."""
    return {"id": instance_id, "name": cutout.name, "mesh": cutout.name, "source": cutout.source,
            "licence": cutout.licence, "color": cutout.color}  # fmt: skip


def random_crop(
    image: Image.Image, size: tuple[int, int], rng: np.random.Generator
) -> Image.Image:
    """Scale an image to cover `size` (width, height) up to twice and cut a random part."""
    factor = rng.uniform(1, 2) * max(size[0] / image.width, size[1] / image.height)
    wide, high = (int(side * factor) + 1 for side in image.size)
    x, y = int(rng.integers(0, wide - size[0] + 1)), int(rng.integers(0, high - size[1] + 1))
    scaled = image.resize((wide, high), Image.Resampling.BILINEAR)
    return scaled.crop((x, y, x + size[0], y + size[1]))


def place_cutout(rgba: np.ndarray, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Scale, turn and move a cut-out to a random place; return an (H, W, 4) uint8 layer."""
    image = Image.fromarray(rgba)
    factor = rng.uniform(0.12, 0.5) * size[1] / max(image.size)
    wide, high = (max(4, int(side * factor)) for side in image.size)
    image = image.resize((wide, high), Image.Resampling.LANCZOS)
    if rng.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    image = image.rotate(rng.normal(0, 25), Image.Resampling.BICUBIC, expand=True)
    layer = Image.new("RGBA", size)
    x, y = rng.uniform(0.05, 0.95) * size[0], rng.uniform(0.1, 0.95) * size[1]
    layer.paste(image, (int(x - image.width / 2), int(y - image.height / 2)))
    return np.asarray(layer)


def paste(rgb: np.ndarray, layer: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blend a layer over a picture, often with a soft shadow below it."""
    picture: np.ndarray = rgb.astype(np.float32)
    alpha = layer[..., 3:].astype(np.float32) / 255
    if rng.random() < 0.6:
        shift = (int(rng.integers(1, 6)), int(rng.integers(-5, 6)))
        shadow = Image.fromarray(np.roll(layer[..., 3], shift, (0, 1)))
        soft = np.asarray(shadow.filter(ImageFilter.GaussianBlur(rng.uniform(1.5, 5))))
        picture = picture * (1 - rng.uniform(0.2, 0.6) * soft[..., None].astype(np.float32) / 255)
    tint = rng.uniform(0.7, 1.2) * (1 + rng.normal(0, 0.04, 3))
    blended = picture * (1 - alpha) + np.clip(layer[..., :3] * tint, 0, 255) * alpha
    return np.clip(blended + 0.5, 0, 255).astype(np.uint8)
