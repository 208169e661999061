"""The packages that meshes and textures come from, and how to read each of them.

Every source is an ordinary package (apt, pip, npm) read where it lies, inside its archive.
Licences are those that the package states; credits go into each mesh's record.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from training.meshes.formats import read_msh, read_obj, read_stl
from training.meshes.names import everyday_name
from training.meshes.parts import Material, MeshPart, extent, rest_on_ground

TEXTURE_SIDE = 512
MAX_TRIANGLES = 48_000
MAX_OBJ_BYTES = 9_000_000

# Catalogue (.sh3f file of Debian's sweethome3d-furniture) -> licence its header states.
CATALOGUES = {
    "BlendSwap-CC-0": "CC0-1.0",
    "BlendSwap-CC-BY": "CC-BY-3.0",
    "Scopia": "CC-BY-3.0",
    "KatorLegaz": "CC-BY-3.0-US",
    "Reallusion": "CC-BY-3.0-US",
}
INDOOR = {"Living room", "Kitchen", "Bedroom", "Bathroom", "Office", "Miscellaneous", "Lights",
          "Characters"}  # fmt: skip


@dataclass(frozen=True)
class MeshRecord:
    """What is known of a named object; `size` in metres.

    `recolour`: it comes without a look of its own.
    """

    mesh_id: str
    name: str
    category: str
    source: str
    licence: str
    credit: str
    size: tuple[float, float, float]
    recolour: bool


@dataclass(frozen=True, eq=False)
class Mesh(MeshRecord):
    """A named object, metres, z up, standing on z = 0 and centred in x and y."""

    parts: list[MeshPart]

    @property
    def clear(self) -> bool:
        """True when some part is see-through."""
        return any(part.material.alpha < 0.85 for part in self.parts)


def decode_texture(data: bytes) -> np.ndarray | None:
    """Decode an image file into (h, w, 4) uint8 RGBA, at most 512 px a side; None if broken."""
    try:
        image = Image.open(io.BytesIO(data)).convert("RGBA")
    except (OSError, ValueError):
        return None
    factor = min(1.0, TEXTURE_SIDE / max(image.size))
    width, height = (max(4, int(side * factor)) for side in image.size)
    return np.asarray(image.resize((width, height), Image.Resampling.LANCZOS))


class Archive:
    """A zip archive (wheel, .sh3f, .jar) whose members are found whatever their case."""

    def __init__(self, path: Path) -> None:
        self.zip = zipfile.ZipFile(path)
        self.members = {name.lower(): name for name in self.zip.namelist()}

    def read(self, name: str) -> bytes | None:
        member = self.members.get(name.lower())
        return self.zip.read(member) if member else None

    def text(self, name: str) -> str | None:
        data = self.read(name)
        return None if data is None else data.decode("latin-1")

    def texture(self, name: str) -> np.ndarray | None:
        data = self.read(name)
        return None if data is None else decode_texture(data)


def sweethome_meshes(furniture: Path) -> Iterator[Mesh]:
    """Yield the usable models of the five catalogues in folder `furniture`."""
    for catalogue, licence in CATALOGUES.items():
        archive = Archive(furniture / f"{catalogue}.sh3f")
        for entry in _catalogue_entries(archive):
            mesh = _sweethome_mesh(archive, catalogue, licence, entry)
            if mesh:
                yield mesh


def _catalogue_entries(archive: Archive) -> Iterator[dict[str, str]]:
    """Yield the properties of each model of a Sweet Home 3D catalogue, Java escapes decoded."""
    entries: dict[int, dict[str, str]] = defaultdict(dict)
    for line in (archive.text("PluginFurnitureCatalog.properties") or "").splitlines():
        match = re.match(r"(\w+)#(\d+)=(.*)", line.strip())
        if match:
            value = match[3].encode("latin-1").decode("unicode_escape")
            entries[int(match[2])][match[1]] = value
    yield from (entries[number] for number in sorted(entries) if "model" in entries[number])


def _sweethome_mesh(
    archive: Archive, catalogue: str, licence: str, entry: dict[str, str]
) -> Mesh | None:
    path = entry["model"].lstrip("/")
    mesh_id = f"sweethome3d/{catalogue}/{PurePosixPath(path).stem}"
    name = everyday_name(mesh_id, entry["name"])
    size = np.array([float(entry[key]) / 100 for key in ("width", "depth", "height")])
    data = archive.read(path)
    if name is None or data is None or len(data) > MAX_OBJ_BYTES:
        return None
    if entry.get("category") not in INDOOR or not 0.03 <= size.max() <= 2.6:
        return None
    turned = np.eye(3)
    if "modelRotation" in entry:
        turned = np.array([float(v) for v in entry["modelRotation"].split()]).reshape(3, 3)
    y_up_to_z_up = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    folder = str(PurePosixPath(path).parent)
    parts = read_obj(
        data.decode("latin-1"),
        lambda other: archive.text(f"{folder}/{other}"),
        lambda other: archive.texture(f"{folder}/{other}".replace("\\", "/")),
        y_up_to_z_up @ turned,
    )
    category, credit = entry.get("category", ""), entry.get("creator", catalogue)
    source = f"sweethome3d/{catalogue}"
    return finish_mesh(mesh_id, name, category, source, licence, credit, parts, size)


def finish_mesh(
    mesh_id: str, name: str, category: str, source: str, licence: str, credit: str,
    parts: list[MeshPart], size: np.ndarray | None = None,
) -> Mesh | None:  # fmt: skip
    """Stand the parts on the ground as a mesh; None when they are none or too many triangles."""
    if not parts or sum(len(part.indices) // 3 for part in parts) > MAX_TRIANGLES:
        return None
    parts = rest_on_ground(parts, size)
    plain = all(part.material.texture is None for part in parts)
    width, depth, height = extent(parts).tolist()
    box = (width, depth, height)
    recolour = plain and len(parts) == 1
    return Mesh(mesh_id, name, category, source, licence, credit, box, recolour, parts)


def myosuite_meshes(wheel: Path) -> Iterator[Mesh]:
    """Yield the YCB scans (textured) and ContactDB shapes (plain) of the MyoSuite wheel."""
    archive = Archive(wheel)
    root = "myosuite/simhive"
    for member in sorted(archive.zip.namelist()):
        ycb = re.fullmatch(rf"{root}/YCB_sim/meshes/(\d+_(\w+))\.msh", member)
        if ycb:
            texture = archive.texture(f"{root}/YCB_sim/textures/{ycb[1]}.png")
            parts = read_msh(archive.zip.read(member), Material((1, 1, 1), texture=texture))
            yield from _named(f"myosuite/ycb/{ycb[1]}", ycb[2].replace("_", " "), parts,
                              "YCB object set, Vikash Kumar (ycb_sim)")  # fmt: skip
        shape = re.fullmatch(rf"{root}/object_sim/(\w+)/\1\.stl", member)
        if shape:
            parts = read_stl(archive.zip.read(member), Material((0.6, 0.6, 0.6), specular=0.2))
            name = re.sub(r"(large|medium|middle|small)$", "", shape[1])
            yield from _named(f"myosuite/contactdb/{shape[1]}", name, parts,
                              "ContactDB; Vikash Kumar, Sudeep Dasari (object_sim)")  # fmt: skip


def _named(
    mesh_id: str, catalogue_name: str, parts: list[MeshPart], credit: str
) -> Iterator[Mesh]:
    name = everyday_name(mesh_id, catalogue_name)
    source = mesh_id.rsplit("/", 1)[0]
    mesh = finish_mesh(mesh_id, name, "", source, "Apache-2.0", credit, parts) if name else None
    if mesh:
        yield mesh


def textures(robosuite_wheel: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (id, (h, w, 3) uint8) the surface textures of robosuite (MIT), without the labels."""
    labels = {"bread", "can", "cereal", "lemon", "soda"}
    archive = Archive(robosuite_wheel)
    for member in sorted(archive.zip.namelist()):
        match = re.fullmatch(r"robosuite/models/assets/textures/([\w-]+)\.png", member)
        image = decode_texture(archive.zip.read(member)) if match else None
        if match and image is not None and match[1] not in labels:
            yield f"robosuite/{match[1]}", image[..., :3]
