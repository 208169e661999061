"""The file formats that meshes come in: OBJ with MTL, binary STL, MuJoCo MSH.

No library reads them as they are needed here: trimesh 5.2 gives no face of an OBJ file texture
coordinates where some faces have none, and it does not know MuJoCo's MSH.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.meshes.parts import Material, MeshPart, part_from_soup

TextReader = Callable[[str], "str | None"]
TextureLoader = Callable[[str], "np.ndarray | None"]


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
