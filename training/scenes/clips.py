"""Short rendered clips with a moving camera and moving objects, for memory and tracking."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from training.meshes.transforms import turn
from training.scenes import truth
from training.scenes.cameras import Camera, orbit
from training.scenes.render_types import View
from training.scenes.sampler import Scene, SceneObject, SceneSampler


@dataclass(frozen=True, eq=False)
class Clip:
    """A scene in motion: per frame a camera and the poses (4, 4) of the objects that move."""

    scene: Scene
    cameras: list[Camera]
    poses: list[dict[int, np.ndarray]]
    fps: float = 15.0

    def __len__(self) -> int:
        return len(self.cameras)

    def frame(self, index: int) -> Scene:
        """Return the scene as it is in frame `index`."""
        moved = self.poses[index]
        objects = [replace(o, pose=moved.get(o.instance_id, o.pose)) for o in self.scene.objects]
        return replace(self.scene, objects=objects, camera=self.cameras[index])


def sample_clip(sampler: SceneSampler, rng: np.random.Generator, frames: int) -> Clip:
    """Draw a table scene with a pair of twins, an orbiting camera and one to three movers.

    Movers slide over the table, some of them out of the picture, passing others on the way.
    """
    scene = add_twin(sampler.sample_table(rng), rng)
    small = [o for o in scene.objects if o.pose[2, 3] > 0.2]
    count = min(len(small), int(rng.integers(1, 4)))
    movers = [small[k] for k in rng.permutation(len(small))[:count]]
    paths = {o.instance_id: slide(o, rng, frames) for o in movers}
    poses = [{i: path[k] for i, path in paths.items()} for k in range(frames)]
    return Clip(scene, orbiting(scene.camera, rng, frames), poses)


def add_twin(scene: Scene, rng: np.random.Generator) -> Scene:
    """Put a copy of one object, same look, half a metre away at most."""
    originals = [o for o in scene.objects if o.pose[2, 3] > 0.2]
    if not originals:
        return scene
    original = originals[rng.integers(len(originals))]
    pose = original.pose.copy()
    angle, gap = rng.uniform(0, 2 * np.pi), 0.05 + max(original.size[:2]) * rng.uniform(1.1, 1.6)
    pose[:2, 3] += gap * np.array([np.cos(angle), np.sin(angle)])
    number = max(o.instance_id for o in scene.objects) + 1
    return replace(
        scene, objects=[*scene.objects, replace(original, instance_id=number, pose=pose)]
    )


def slide(item: SceneObject, rng: np.random.Generator, frames: int) -> list[np.ndarray]:
    """Return poses of an object that slides to a goal and back, turning as it goes."""
    goal = rng.normal(0, 0.35, 2)
    angle, returns = rng.normal(0, 1.5), rng.random() < 0.5
    poses = []
    for k in range(frames):
        t = k / max(frames - 1, 1)
        way = np.sin(np.pi * t) if returns else (1 - np.cos(np.pi * t)) / 2
        pose = item.pose.copy()
        pose[:3, :3] = turn("z", angle * way) @ pose[:3, :3]
        pose[:2, 3] += goal * way
        poses.append(pose)
    return poses


def orbiting(start: Camera, rng: np.random.Generator, frames: int) -> list[Camera]:
    """Return cameras that go smoothly from `start` around their target, nearer or farther."""
    offset = start.eye - start.target
    distance = float(np.linalg.norm(offset))
    azimuth, elevation = np.arctan2(offset[1], offset[0]), np.arcsin(offset[2] / distance)
    change = rng.normal(0, 1, 5) * [0.6, 0.15, 0.15, 0.1, 0.1]
    cameras = []
    for k in range(frames):
        way = (1 - np.cos(np.pi * k / max(frames - 1, 1))) / 2
        target = start.target + np.array([change[3], change[4], 0]) * way
        high = float(np.clip(elevation + change[1] * way, 0.1, 1.4))
        far = distance * float(np.exp(change[2] * way))
        cameras.append(orbit(target, azimuth + change[0] * way, high, far, start.fov))
    return cameras


def frame_truth(scene: Scene, view: View) -> dict:
    """Return camera pose, and per visible object its pose, visible pixels and their mean point.

    `visible_centroid` is the mean of the surface points that the depth image shows of the
    object, in the optical frame, metres.
    """
    height, width = view.labels.shape
    k = scene.camera.intrinsics(width, height)
    objects = {}
    for item in scene.objects:
        rows, columns = np.nonzero(view.labels == item.instance_id)
        if len(rows) == 0:
            continue
        depth = view.depth_m[rows, columns].astype(float)
        x, y = (columns - k[0, 2]) / k[0, 0] * depth, (rows - k[1, 2]) / k[1, 1] * depth
        objects[item.instance_id] = {
            "centre": truth.rounded(item.centre),
            "rotation": truth.rounded(item.pose[:3, :3]),
            "visible_pixels": len(rows),
            "visible_centroid": truth.rounded(np.array([x.mean(), y.mean(), depth.mean()])),
        }
    return {
        "world_from_optical": truth.rounded(scene.camera.world_from_optical()),
        "objects": objects,
    }


def write_frame(folder: Path, index: int, view: View, rgb: np.ndarray, quality: int = 92) -> None:
    """Write frames/00000.jpg and labels/00000.png of a clip."""
    for name in ("frames", "labels"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    truth.save_rgb(folder / "frames" / f"{index:05d}.jpg", rgb, quality)
    truth.save_labels(folder / "labels" / f"{index:05d}.png", view.labels)


def clip_objects(clip: Clip, shown: set[int]) -> list[dict]:
    """Return the records of objects.json: what keeps its id through the clip and was seen."""
    moving = {i for poses in clip.poses for i in poses}
    records = []
    for item in clip.scene.objects:
        if item.instance_id in shown:
            record = truth.object_truth(item)
            records.append(
                {**record, "class": item.mesh.name, "moves": item.instance_id in moving}
            )
    return records
