"""The truth of a rendered picture as JSON, and writing it so that a reader never sees half."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from seem_ros.prompts.colours import color_name
from training.scenes.cameras import Camera
from training.scenes.render_types import View
from training.scenes.sampler import Scene, SceneObject


def camera_truth(camera: Camera, width: int, height: int) -> dict:
    """Return K and the pose of the optical frame (x right, y down, z forward) in the world."""
    return {
        "width": width,
        "height": height,
        "k": rounded(camera.intrinsics(width, height)),
        "world_from_optical": rounded(camera.world_from_optical()),
    }


def object_truth(item: SceneObject, view: View | None = None) -> dict:
    """Return name, origin and 3-D box of one object; with a view also colour and visible pixels.

    The box is centred at `centre` with extent `size` along the axes of `rotation` (object to
    world); metres.
    """
    truth = {
        "id": item.instance_id,
        "name": item.mesh.name,
        "mesh": item.mesh.mesh_id,
        "source": item.mesh.source,
        "licence": item.mesh.licence,
        "box": {
            "centre": rounded(item.centre),
            "rotation": rounded(item.pose[:3, :3]),
            "size": rounded(item.size),
        },
    }
    if view is not None:
        pixels = view.albedo[view.labels == item.instance_id]
        truth["visible_pixels"] = len(pixels)
        # What is behind glass gives it its colour.
        truth["color"] = None if item.mesh.clear else color_name(pixels)
    return truth


def scene_truth(scene: Scene, view: View) -> dict:
    """Return the truth of a scene: camera and the objects that at least one pixel shows."""
    height, width = view.labels.shape
    shown = set(np.unique(view.labels).tolist())
    return {
        "kind": scene.kind,
        "camera": camera_truth(scene.camera, width, height),
        "objects": [object_truth(o, view) for o in scene.objects if o.instance_id in shown],
    }


def rounded(values: np.ndarray) -> list:
    """Return numbers as nested lists with six decimals (micrometres are enough)."""
    return np.round(np.asarray(values, float), 6).tolist()


def save_rgb(path: Path, rgb: np.ndarray, quality: int = 92) -> None:
    """Write (H, W, 3) uint8 as JPEG, complete or not at all."""
    _replace(path, lambda file: Image.fromarray(rgb).save(file, "JPEG", quality=quality))


def save_labels(path: Path, labels: np.ndarray) -> None:
    """Write (H, W) uint16 as PNG, complete or not at all."""
    _replace(path, lambda file: Image.fromarray(labels.astype(np.uint16)).save(file, "PNG"))


def save_json(path: Path, content: dict | list) -> None:
    """Write JSON, complete or not at all."""
    _replace(path, lambda file: file.write(json.dumps(content, ensure_ascii=False).encode()))


def _replace(path: Path, write: Callable[[BinaryIO], object]) -> None:
    partial = path.with_name(f".{path.name}.part")
    with partial.open("wb") as file:
        write(file)
    os.replace(partial, path)
