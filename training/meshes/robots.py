"""Robot arms as distractors: poses of the Panda and the UR5e of the robosuite wheel (MIT).

The coarse collision shapes are used; at the size arms have behind a table they look the part.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from scipy.spatial.transform import Rotation

from training.meshes.formats import read_stl
from training.meshes.parts import Material, MeshPart
from training.meshes.sources import Archive, Mesh, finish_mesh
from training.meshes.transforms import place

ROOT = "robosuite/models/assets"
# Joint angles of a working pose, radians; poses are drawn around it.
HOMES = {
    "panda": (0.0, 0.2, 0.0, -2.4, 0.0, 2.6, 0.8),
    "ur5e": (-0.5, -1.7, 2.2, -2.0, -1.6, -2.0),
}
SPREAD = 0.35
LIGHT, DARK = Material((0.9, 0.9, 0.91), specular=0.3), Material((0.2, 0.2, 0.22), specular=0.3)


def robot_meshes(wheel: Path, poses: int = 8) -> Iterator[Mesh]:
    """Yield each arm in `poses` random poses as rigid meshes called "robot arm"."""
    archive = Archive(wheel)
    hand = BodyTree(archive, f"{ROOT}/grippers/panda_gripper.xml")
    for name, home in HOMES.items():
        arm = BodyTree(archive, f"{ROOT}/robots/{name}/robot.xml")
        rng = np.random.default_rng(len(home))
        for number in range(poses):
            angles = iter(np.array(home) + rng.normal(0, SPREAD, len(home)))
            parts, flange = arm.posed(angles)
            fingers, _ = hand.posed(iter(()), flange)
            mesh = finish_mesh(
                f"robosuite/{name}/pose-{number}", "robot arm", "", f"robosuite/{name}", "MIT",
                "robosuite (ARISE Initiative)", parts + fingers,
            )  # fmt: skip
            if mesh:
                yield mesh


class BodyTree:
    """The body tree of an MJCF file and its collision meshes."""

    def __init__(self, archive: Archive, path: str) -> None:
        self.tree = ElementTree.fromstring(archive.zip.read(path))
        folder = posixpath.dirname(path)
        self.meshes: dict[str, list[MeshPart]] = {}
        for mesh in self.tree.iterfind("./asset/mesh"):
            file = posixpath.normpath(f"{folder}/{mesh.get('file')}")
            data = archive.read(file) if file.endswith(".stl") else None
            if data:
                scale = float(mesh.get("scale", "1").split()[0])
                self.meshes[mesh.get("name", "")] = read_stl(data, LIGHT, scale)

    def posed(
        self, angles: Iterator[float], base: np.ndarray | None = None
    ) -> tuple[list[MeshPart], np.ndarray]:
        """Return the parts with the hinges at `angles`, and the pose of the body "right_hand"."""
        self.parts: list[MeshPart] = []
        self.flange = np.eye(4)
        for body in self.tree.iterfind("./worldbody/body"):
            self._body(body, np.eye(4) if base is None else base, angles)
        return self.parts, self.flange

    def _body(
        self, body: ElementTree.Element, parent: np.ndarray, angles: Iterator[float]
    ) -> None:
        pose = parent @ _pose(body)
        for joint in body.iterfind("joint"):
            if joint.get("type", "hinge") == "hinge":
                axis = np.array([float(v) for v in joint.get("axis", "0 0 1").split()])
                turn = Rotation.from_rotvec(next(angles) * axis / np.linalg.norm(axis))
                pose = pose @ place(rotation=turn.as_matrix())
        if body.get("name") == "right_hand":
            self.flange = pose
        for geom in body.iterfind("geom"):
            for part in self.meshes.get(geom.get("mesh", ""), []):
                self.parts.append(_moved(part, pose @ _pose(geom), len(self.parts)))
        for child in body.iterfind("body"):
            self._body(child, pose, angles)


def _pose(element: ElementTree.Element) -> np.ndarray:
    """Return `pos` and `quat` (w, x, y, z) of an element as (4, 4)."""
    position = [float(v) for v in element.get("pos", "0 0 0").split()]
    w, x, y, z = (float(v) for v in element.get("quat", "1 0 0 0").split())
    return place(np.array(position), Rotation.from_quat([x, y, z, w]).as_matrix())


def _moved(part: MeshPart, pose: np.ndarray, number: int) -> MeshPart:
    """Move a part; every third one is dark, as joints and hands are."""
    vertices = part.vertices.copy()
    vertices[:, :3] = vertices[:, :3] @ pose[:3, :3].T + pose[:3, 3]
    vertices[:, 3:6] = vertices[:, 3:6] @ pose[:3, :3].T
    return replace(part, vertices=vertices, material=DARK if number % 3 == 2 else LIGHT)
