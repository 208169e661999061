"""Triangle meshes: parts with a material, their normals, where they stand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np


@dataclass(frozen=True, eq=False)
class Material:
    """Look of one mesh part: `color` sRGB in [0, 1], `texture` (h, w, 4) uint8 RGBA or None."""

    color: tuple[float, float, float] = (0.8, 0.8, 0.8)
    alpha: float = 1.0
    specular: float = 0.1
    shininess: float = 30.0
    texture: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class MeshPart:
    """One drawable: `vertices` (N, 8) float32 = position, normal, uv; `indices` (3 M,) uint32."""

    vertices: np.ndarray
    indices: np.ndarray
    material: Material = field(default_factory=Material)


def part_from_soup(
    positions: np.ndarray,
    texcoords: np.ndarray | None,
    normals: np.ndarray | None,
    material: Material,
) -> MeshPart | None:
    """Index a triangle soup ((3 M, 3), (3 M, 2), (3 M, 3)); None when no triangle has an area.

    Rows of `normals` that are missing or not finite are computed from the faces.
    """
    corners = positions.reshape(-1, 3, 3)
    face_normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(face_normals, axis=1)
    keep = np.repeat(area > 1e-16, 3)
    if not keep.any():
        return None
    if normals is None:
        normals = np.full_like(positions, np.nan)
    if texcoords is None:
        texcoords = np.zeros((len(positions), 2))
    normals = _fill_normals(positions, normals, face_normals, area)
    rows = np.concatenate([positions, normals, texcoords], axis=1)[keep].astype(np.float32)
    rows = np.ascontiguousarray(rows)
    unique, inverse = np.unique(rows.view([("", np.float32)] * 8).ravel(), return_inverse=True)
    vertices = np.ascontiguousarray(unique.view(np.float32).reshape(-1, 8))
    return MeshPart(vertices, inverse.ravel().astype(np.uint32), material)


def _fill_normals(
    positions: np.ndarray, normals: np.ndarray, face_normals: np.ndarray, area: np.ndarray
) -> np.ndarray:
    """Replace unusable normals by smooth ones, kept flat where an edge is sharper than 45 deg."""
    length = np.linalg.norm(normals, axis=1)
    bad = ~np.isfinite(length) | (length < 1e-6)
    if bad.any():
        flat = np.repeat(face_normals / np.maximum(area, 1e-16)[:, None], 3, axis=0)
        grid = np.round(positions / (np.ptp(positions, axis=0).max() + 1e-12) * 1e5)
        _, corner = np.unique(grid.astype(np.int64), axis=0, return_inverse=True)
        corner = corner.ravel()
        total = np.zeros((corner.max() + 1, 3))
        np.add.at(total, corner, np.repeat(face_normals, 3, axis=0))
        smooth = total[corner]
        smooth /= np.maximum(np.linalg.norm(smooth, axis=1), 1e-16)[:, None]
        smooth = np.where(((smooth * flat).sum(1) < 0.7)[:, None], flat, smooth)
        normals = np.where(bad[:, None], smooth, normals)
    return normals / np.maximum(np.linalg.norm(normals, axis=1), 1e-9)[:, None]


def rest_on_ground(parts: list[MeshPart], size: np.ndarray | None = None) -> list[MeshPart]:
    """Centre in x and y, put the lowest point at z = 0, stretch to `size` (3,) metres if given."""
    points = np.concatenate([part.vertices[:, :3] for part in parts])
    low, high = points.min(0), points.max(0)
    origin = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    scale = np.ones(3) if size is None else np.asarray(size) / np.maximum(high - low, 1e-9)
    placed = []
    for part in parts:
        vertices = part.vertices.copy()
        vertices[:, :3] = (vertices[:, :3] - origin) * scale
        placed.append(replace(part, vertices=vertices))
    return placed


def extent(parts: list[MeshPart]) -> np.ndarray:
    """Return the size (3,) of the axis-aligned box around all parts."""
    points = np.concatenate([part.vertices[:, :3] for part in parts])
    return points.max(0) - points.min(0)
