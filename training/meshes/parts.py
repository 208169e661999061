"""Triangle meshes and the file formats they come in: OBJ + MTL, binary STL, MuJoCo MSH."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

TextReader = Callable[[str], "str | None"]
TextureLoader = Callable[[str], "np.ndarray | None"]


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


def read_mtl(text: str, load_texture: TextureLoader) -> dict[str, Material]:
    """Parse a material library into materials by name."""
    found: dict[str, dict] = {}
    current: dict = {}
    for line in text.splitlines():
        words = line.split()
        if not words:
            continue
        key, values = words[0], words[1:]
        if key == "newmtl":
            current = found.setdefault(" ".join(values), {})
        elif key == "Kd" and len(values) >= 3:
            current["color"] = tuple(float(v) for v in values[:3])
        elif key == "Ks" and len(values) >= 3:
            current["specular"] = min(0.6, sum(float(v) for v in values[:3]) / 3)
        elif key == "d" and values:
            current["alpha"] = float(values[-1])
        elif key == "map_Kd" and values:
            current["texture"] = load_texture(values[-1])
    return {name: Material(**fields) for name, fields in found.items()}


def read_obj(
    text: str, read_text: TextReader, load_texture: TextureLoader, rotation: np.ndarray
) -> list[MeshPart]:
    """Parse an OBJ file; names in it are resolved by `read_text` and `load_texture`.

    `rotation` (3, 3) is applied to positions and normals. One part per material.
    """
    lists: dict[str, list] = {"v": [], "vt": [], "vn": []}
    faces: dict[str, list] = {}
    materials: dict[str, Material] = {}
    current = ""
    for line in text.splitlines():
        words = line.split()
        if not words:
            continue
        key = words[0]
        if key in lists:
            lists[key].append(words[1 : 3 if key == "vt" else 4])
        elif key == "f":
            faces.setdefault(current, []).extend(_fan(words[1:]))
        elif key == "usemtl":
            current = " ".join(words[1:])
        elif key == "mtllib":
            materials.update(read_mtl(read_text(" ".join(words[1:])) or "", load_texture))
    positions = np.array(lists["v"], np.float64).reshape(-1, 3) @ rotation.T
    texcoords = np.array(lists["vt"], np.float64).reshape(-1, 2)
    normals = np.array(lists["vn"], np.float64).reshape(-1, 3) @ rotation.T
    parts = []
    for name, corners in faces.items():
        index = _resolve(np.array(corners, np.int64), len(positions), len(texcoords), len(normals))
        part = part_from_soup(
            positions[index[:, 0]],
            _gather(texcoords, index[:, 1], 0.0),
            _gather(normals, index[:, 2], np.nan),
            materials.get(name, Material()),
        )
        if part:
            parts.append(part)
    return parts


def _fan(words: list[str]) -> list[tuple[str, str, str]]:
    """Split one OBJ polygon into triangles of (position, uv, normal) indices, 0 = absent."""
    corners = []
    for word in words:
        fields = word.split("/") + ["", ""]
        corners.append((fields[0], fields[1] or "0", fields[2] or "0"))
    return [
        corner
        for k in range(1, len(corners) - 1)
        for corner in (corners[0], corners[k], corners[k + 1])
    ]


def _resolve(index: np.ndarray, *lengths: int) -> np.ndarray:
    """Turn OBJ indices (1-based, negative from the end, 0 absent) into 0-based ones, -1 absent."""
    for column, length in enumerate(lengths):
        values = index[:, column]
        index[:, column] = np.where(values < 0, values + length, values - 1)
    return index


def _gather(values: np.ndarray, index: np.ndarray, missing: float) -> np.ndarray | None:
    if len(values) == 0:
        return None
    rows = values[np.clip(index, 0, len(values) - 1)]
    return np.where((index >= 0)[:, None], rows, missing)


def read_stl(data: bytes, material: Material, scale: float = 1.0) -> list[MeshPart]:
    """Read a binary STL file; ValueError when its length does not match its triangle count."""
    count = int(np.frombuffer(data, "<u4", 1, 80)[0])
    if len(data) < 84 + 50 * count:
        raise ValueError(
            f"binary STL of {count} triangles needs {84 + 50 * count} bytes, not {len(data)}"
        )
    record = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("flags", "<u2")])
    triangles = np.frombuffer(data, record, count, 84)["corners"].astype(np.float64)
    part = part_from_soup(triangles.reshape(-1, 3) * scale, None, None, material)
    return [part] if part else []


def read_msh(data: bytes, material: Material, scale: float = 1.0) -> list[MeshPart]:
    """Read MuJoCo's binary MSH: counts, positions, normals, texture coordinates, triangles."""
    n_pos, n_normal, n_uv, n_face = (int(n) for n in np.frombuffer(data, "<i4", 4))
    if min(n_pos, n_face) <= 0 or n_normal not in (0, n_pos) or n_uv not in (0, n_pos):
        raise ValueError(f"MSH counts {(n_pos, n_normal, n_uv, n_face)} are not a triangle mesh")
    values = np.frombuffer(data, "<f4", 3 * n_pos + 3 * n_normal + 2 * n_uv, 16)
    positions = values[: 3 * n_pos].reshape(-1, 3)
    normals = values[3 * n_pos : 3 * (n_pos + n_normal)].reshape(-1, 3)
    texcoords = values[3 * (n_pos + n_normal) :].reshape(-1, 2)
    faces = np.frombuffer(data, "<i4", 3 * n_face, 16 + values.nbytes)
    part = part_from_soup(
        positions[faces].astype(np.float64) * scale,
        texcoords[faces].astype(np.float64) * [1, -1] if n_uv else None,
        normals[faces].astype(np.float64) if n_normal else None,
        material,
    )
    return [part] if part else []
