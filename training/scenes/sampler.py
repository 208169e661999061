"""Random scenes of named objects on a table or in a room, with complete truth."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from training.meshes.library import AssetLibrary, MeshInfo
from training.meshes.transforms import place, turn
from training.scenes import furnishing
from training.scenes.cameras import Camera, orbit
from training.scenes.render_types import Drawable, Lighting, Surface

FURNITURE = ("bed", "bidet", "cabinet", "chair", "cooktop", "dartboard", "desk", "fluorescent",
             "keypad", "rack", "table", "coffee machine", "deep fryer", "ottoman")  # fmt: skip
SMALL_FURNITURE_NAMED = ("desk lamp", "spice rack", "knife rack", "table tennis paddle", "tablet")

ROBOT_SHARE = 0.15


@dataclass(frozen=True, eq=False)
class SceneObject:
    """One placed object; `pose` (4, 4) is a rigid transform of its box's bottom-centred frame.

    `scale` stretches the mesh, `size` (3,) is the box's extent in metres with that scale.
    """

    instance_id: int
    mesh: MeshInfo
    pose: np.ndarray
    scale: float
    surface: Surface | None

    @property
    def size(self) -> np.ndarray:
        return np.array(self.mesh.size) * self.scale

    @property
    def centre(self) -> np.ndarray:
        """Centre of the box in the world, metres."""
        return self.pose[:3, :3] @ [0, 0, self.size[2] / 2] + self.pose[:3, 3]


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything needed to render one picture; `kind` is "table" or "room"."""

    kind: str
    background: list[Drawable]
    objects: list[SceneObject]
    camera: Camera
    lighting: Lighting


def is_tabletop(info: MeshInfo) -> bool:
    """Say whether a mesh is a thing that stands on tables."""
    if not 0.03 <= max(info.size) <= 0.5:
        return False
    furniture = any(word in info.name for word in FURNITURE)
    return not furniture or info.name in SMALL_FURNITURE_NAMED


class SceneSampler:
    """Draws scenes from a library; with `unseen` only from the meshes kept for measuring.

    Raises ValueError when the library has no mesh that fits.
    """

    def __init__(self, library: AssetLibrary, unseen: bool = False) -> None:
        self.library = library
        meshes = [m for m in library.meshes if m.unseen == unseen]
        self.small: dict[str, list[MeshInfo]] = defaultdict(list)
        self.large: dict[str, list[MeshInfo]] = defaultdict(list)
        for info in meshes:
            if is_tabletop(info):
                self.small[info.name].append(info)
            elif max(info.size) > 0.4:
                self.large[info.name].append(info)
        if not self.small or not self.large:
            raise ValueError(f"{library.root} has too few meshes (unseen={unseen}) for a scene")

    def draw_mesh(self, rng: np.random.Generator, pool: dict[str, list[MeshInfo]]) -> MeshInfo:
        """Draw a name, every name alike, then one of its meshes."""
        names = sorted(pool)
        choices = pool[names[rng.integers(len(names))]]
        return choices[rng.integers(len(choices))]

    def sample(self, rng: np.random.Generator) -> Scene:
        """Draw a scene: one in four a room, else a table with background furniture."""
        return self.sample_room(rng) if rng.random() < 0.25 else self.sample_table(rng)

    def sample_table(self, rng: np.random.Generator) -> Scene:
        """Draw a table with four to sixteen things on it, some of them twins."""
        height, width, depth = rng.uniform(0.4, 0.9), rng.uniform(0.8, 1.8), rng.uniform(0.6, 1.1)
        background = furnishing.room_shell(self.library, rng)
        background.append(furnishing.table_top(self.library, rng, width, depth, height))
        objects: list[SceneObject] = []
        taken: list[tuple[float, float, float]] = []
        spread = rng.uniform(0.2, 0.5)
        for _ in range(int(rng.integers(4, 17))):
            twin = objects[-1].mesh if objects and rng.random() < 0.12 else None
            info = twin or self.draw_mesh(rng, self.small)
            scale = rng.uniform(0.85, 1.15) * (1.3 if max(info.size) < 0.09 else 1.0)
            rotation = furnishing.tumble(rng, info)
            limits = (width / 2 - 0.03, depth / 2 - 0.03, spread)
            self._add(rng, objects, taken, info, scale, rotation, height, limits)
        if "robot arm" in self.large and rng.random() < ROBOT_SHARE:
            self._add_robot(rng, objects, height)
        for _ in range(int(rng.integers(0, 3))):
            self._add_behind(rng, objects, max(width, depth))
        target = np.array([rng.normal(0, 0.08), rng.normal(0, 0.08), height + 0.04])
        camera = orbit(target, rng.uniform(0, 2 * np.pi), rng.uniform(0.25, 1.25),
                       rng.uniform(0.4, 1.25), rng.uniform(0.7, 1.15))  # fmt: skip
        lighting = furnishing.random_lighting(rng, height, room=False)
        return Scene("table", background, objects, camera, lighting)

    def sample_room(self, rng: np.random.Generator) -> Scene:
        """Draw a floor with three to six pieces of furniture, people or large things."""
        background = furnishing.room_shell(self.library, rng)
        objects: list[SceneObject] = []
        taken: list[tuple[float, float, float]] = []
        for _ in range(int(rng.integers(3, 7))):
            info, scale = self.draw_mesh(rng, self.large), rng.uniform(0.85, 1.15)
            rotation = turn("z", rng.uniform(0, 2 * np.pi))
            self._add(rng, objects, taken, info, scale, rotation, 0.0, (1.6, 1.6, 0.6))
        target = np.array([rng.normal(0, 0.08), rng.normal(0, 0.08), 0.5])
        camera = orbit(target, rng.uniform(0, 2 * np.pi), rng.uniform(0.12, 0.6),
                       rng.uniform(1.8, 3.8), rng.uniform(0.7, 1.15))  # fmt: skip
        lighting = furnishing.random_lighting(rng, 0.0, room=True)
        return Scene("room", background, objects, camera, lighting)

    def _add(
        self, rng: np.random.Generator, objects: list[SceneObject],
        taken: list[tuple[float, float, float]], info: MeshInfo, scale: float,
        rotation: np.ndarray, ground: float, limits: tuple[float, float, float],
    ) -> None:  # fmt: skip
        """Stand an object on the ground at a free spot, or leave it out when there is none."""
        size = np.array(info.size) * scale
        corners = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (0, 1)])
        footprint = np.ptp((corners * size @ rotation.T)[:, :2], axis=0)
        radius = float(np.linalg.norm(footprint) / 2)
        spot = furnishing.free_spot(rng, radius, taken, *limits)
        if spot is None:
            return
        taken.append((*spot, radius))
        bottom = min(
            (part.vertices[:, :3] @ (rotation * scale).T)[:, 2].min()
            for part in self.library.parts(info.file)
        )
        pose = place((*spot, ground - bottom), rotation)
        surface = furnishing.object_surface(info, rng)
        objects.append(SceneObject(len(objects) + 1, info, pose, scale, surface))

    def _add_robot(
        self, rng: np.random.Generator, objects: list[SceneObject], height: float
    ) -> None:
        """Stand a robot arm at the edge of the things on the table, as if about to grasp one."""
        choices = self.large["robot arm"]
        info = choices[rng.integers(len(choices))]
        angle, distance = rng.uniform(0, 2 * np.pi), rng.uniform(0.35, 0.6)
        position = (np.cos(angle) * distance, np.sin(angle) * distance, height)
        pose = place(position, turn("z", rng.uniform(0, 2 * np.pi)))
        objects.append(SceneObject(len(objects) + 1, info, pose, 1.0, None))

    def _add_behind(
        self, rng: np.random.Generator, objects: list[SceneObject], table: float
    ) -> None:
        """Put a piece of furniture on the floor around the table."""
        angle, distance = rng.uniform(0, 2 * np.pi), rng.uniform(1.1, 2.5) + table / 2
        position = (np.cos(angle) * distance, np.sin(angle) * distance, 0.0)
        pose = place(position, turn("z", rng.uniform(0, 2 * np.pi)))
        info = self.draw_mesh(rng, self.large)
        objects.append(SceneObject(len(objects) + 1, info, pose, 1.0, None))


def drawables(scene: Scene, library: AssetLibrary) -> list[Drawable]:
    """List what the renderer has to draw for a scene."""
    found = list(scene.background)
    for item in scene.objects:
        pose = item.pose @ np.diag([item.scale, item.scale, item.scale, 1.0])
        for part in library.parts(item.mesh.file):
            found.append(Drawable(part, pose, item.instance_id, item.surface))
    return found
