"""Objects of rendered scenes that are seen whole, with their true size in space."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from seem_ros.geometry.camera import CameraModel
from seem_ros.geometry.depth import depth_to_metres
from seem_ros.instances import box_of
from training.meshes.library import AssetLibrary
from training.scenes.depth_noise import noisy_depth
from training.scenes.renderer import Renderer, View
from training.scenes.sampler import Scene, SceneObject, SceneSampler, drawables

WIDTH, HEIGHT = 640, 480
MIN_PIXELS = 600
VISIBLE = 0.95
"""Share of an object's pixels that nothing may hide."""


def seen_tables(
    library: AssetLibrary, seed: int, scenes: int
) -> Iterator[tuple[Scene, View, CameraModel, np.ndarray, list[SceneObject]]]:
    """Yield rendered tables as a depth camera sees them.

    Returns:
        Scene, view without noise, camera, (480, 640) depth in metres with a sensor's noise, and
        the objects that are seen whole.
    """
    rng, sampler = np.random.default_rng(seed), SceneSampler(library)
    renderer = Renderer(WIDTH, HEIGHT, supersample=1)
    for _ in range(scenes):
        scene = sampler.sample_table(rng)
        view = renderer.render(drawables(scene, library), scene.camera, scene.lighting)
        camera = CameraModel.raw(WIDTH, HEIGHT, scene.camera.intrinsics(WIDTH, HEIGHT))
        depth_m = depth_to_metres(noisy_depth(view.depth_m, camera, rng))
        yield scene, view, camera, depth_m, unoccluded(scene, view, library, renderer)


def unoccluded(
    scene: Scene, view: View, library: AssetLibrary, renderer: Renderer
) -> list[SceneObject]:
    """Return the objects of a scene that are seen whole and do not touch the image's border."""
    found = []
    everything = drawables(scene, library)
    height, width = view.labels.shape
    for item in scene.objects:
        mask = view.labels == item.instance_id
        if mask.sum() < MIN_PIXELS or item.mesh.clear:
            continue
        own = [part for part in everything if part.instance_id == item.instance_id]
        alone = renderer.render(own, scene.camera, scene.lighting).labels == item.instance_id
        x0, y0, x1, y1 = box_of(alone)
        inside = x0 > 0 and y0 > 0 and x1 < width and y1 < height
        if inside and mask.sum() >= VISIBLE * alone.sum():
            found.append(item)
    return found


def moved_border(mask: np.ndarray, edge: int) -> np.ndarray:
    """Return the (H, W) bool mask grown by `edge` pixels."""
    kernel = np.ones((2 * edge + 1, 2 * edge + 1), np.uint8)
    return cv2.dilate(mask.astype(np.uint8), kernel).astype(bool)


def mesh_points(item: SceneObject, library: AssetLibrary) -> np.ndarray:
    """Return all vertices of an object in the world, (N, 3) metres."""
    vertices = np.vstack([part.vertices[:, :3] for part in library.parts(item.mesh.file)])
    return (vertices * item.scale) @ item.pose[:3, :3].T + item.pose[:3, 3]
