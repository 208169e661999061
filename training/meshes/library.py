"""The mesh library: download the packages once, keep parsed meshes on disk, load them lazily.

`python -m training.meshes.library --assets DIR` builds it. Layout: DIR/packages/ (as downloaded),
DIR/meshes/*.npz with DIR/index.json, DIR/textures/*.png.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from training.meshes.parts import Material, MeshPart
from training.meshes.patterns import pattern
from training.meshes.robots import robot_meshes
from training.meshes.sources import Mesh, MeshRecord, myosuite_meshes, sweethome_meshes, textures

PATTERNS = 60
DEFAULT_ASSETS = Path.home() / ".cache" / "seem_ros" / "training_assets"


@dataclass(frozen=True)
class MeshInfo(MeshRecord):
    """What the index knows of a mesh without loading it; `clear`: some part is see-through."""

    clear: bool
    file: str

    @property
    def unseen(self) -> bool:
        """True for the fixed tenth of the meshes that training scenes never show.

        Sizes of one shape ("cubelarge", "cubesmall") share a hash, so none leaks.
        """
        stem = re.sub(r"(large|medium|middle|small|\d+)$", "", self.mesh_id)
        return int(hashlib.sha1(stem.encode()).hexdigest(), 16) % 10 == 0


class AssetLibrary:
    """Named meshes and surface textures from the cache in `root`.

    Raises FileNotFoundError when the cache has not been built.
    """

    def __init__(self, root: Path = DEFAULT_ASSETS) -> None:
        self.root = Path(root)
        index = self.root / "index.json"
        if not index.is_file():
            raise FileNotFoundError(
                f"no mesh library at {self.root}: "
                f"run python -m training.meshes.library --assets {self.root}"
            )
        records = json.loads(index.read_text())
        self.meshes = [MeshInfo(**{**r, "size": tuple(r["size"])}) for r in records]
        self.texture_files = sorted((self.root / "textures").glob("*.png"))
        self.parts = lru_cache(maxsize=600)(self._load_parts)
        self.texture = lru_cache(maxsize=None)(self._load_texture)

    def _load_parts(self, file: str) -> list[MeshPart]:
        """Return the parts of one mesh; the same objects again while they are cached."""
        with np.load(self.root / "meshes" / file) as data:
            count = len(data["materials"])
            images = {key: data[key] for key in data.files if key.startswith("texture")}
            parts = []
            for k in range(count):
                red, green, blue, alpha, specular, texture = data["materials"][k]
                image = images.get(f"texture{int(texture)}")
                material = Material((red, green, blue), alpha, specular, texture=image)
                parts.append(MeshPart(data[f"vertices{k}"], data[f"indices{k}"], material))
        return parts

    def _load_texture(self, index: int) -> np.ndarray:
        return np.asarray(Image.open(self.texture_files[index]).convert("RGB"))


def save_mesh(mesh: Mesh, path: Path) -> None:
    """Write the parts of a mesh as one .npz; a texture shared by parts is stored once."""
    arrays: dict[str, np.ndarray] = {}
    stored: dict[int, int] = {}
    rows = []
    for k, part in enumerate(mesh.parts):
        material, number = part.material, -1
        if material.texture is not None:
            number = stored.setdefault(id(material.texture), len(stored))
            arrays[f"texture{number}"] = material.texture
        rows.append([*material.color, material.alpha, material.specular, number])
        arrays[f"vertices{k}"], arrays[f"indices{k}"] = part.vertices, part.indices
    arrays["materials"] = np.array(rows, np.float32)
    np.savez(path, allow_pickle=False, **arrays)


def download(packages: Path) -> None:
    """Fetch the packages that are not in `packages` yet, with apt, pip and npm.

    Raises RuntimeError that says which file to put there by hand when one cannot be fetched.
    """
    packages.mkdir(parents=True, exist_ok=True)
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps"]
    commands = {
        "sweethome3d-furniture_*.deb": ["apt-get", "download", "sweethome3d-furniture"],
        "[Mm]yo[Ss]uite-*.whl": [*pip, "myosuite<2.6"],
        "robosuite-*.whl": [*pip, "robosuite==1.5.2"],
        "lobehub-fluent-emoji-3d-*.tgz": ["npm", "pack", "@lobehub/fluent-emoji-3d@1.1.0"],
    }
    for archive, command in commands.items():
        if any(packages.glob(archive)):
            continue
        print("fetching", command[-1], flush=True)
        try:
            subprocess.run(command, cwd=packages, check=True, stdout=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError) as error:
            raise RuntimeError(
                f"cannot fetch {command[-1]} with {command[0]} ({error}); "
                f"put {archive} into {packages} and start again"
            ) from error


def save_textures(robosuite: Path, folder: Path) -> None:
    """Write robosuite's textures and our own patterns as PNG files."""
    folder.mkdir(exist_ok=True)
    own = ((f"pattern/{number:02d}", pattern(number)) for number in range(PATTERNS))
    for name, image in (*textures(robosuite), *own):
        Image.fromarray(image).save(folder / f"{name.replace('/', '_')}.png")


def only(folder: Path, pattern: str) -> Path:
    """Return the one path in `folder` that matches; FileNotFoundError when there is none."""
    found = sorted(folder.glob(pattern))
    if not found:
        raise FileNotFoundError(f"no {pattern} in {folder}: the package was not downloaded")
    return found[-1]


def build(root: Path) -> int:
    """Parse all packages into the cache below `root`; return how many meshes it holds."""
    packages, meshes = root / "packages", root / "meshes"
    download(packages)
    meshes.mkdir(parents=True, exist_ok=True)
    for deb in packages.glob("sweethome3d-furniture_*.deb"):
        subprocess.run(["dpkg-deb", "-x", deb, root / "unpacked"], check=True)
    share = root / "unpacked/usr/share/sweethome3d"
    wheel, robosuite = only(packages, "[Mm]yo[Ss]uite-*.whl"), only(packages, "robosuite-*.whl")
    save_textures(robosuite, root / "textures")
    records = []
    for mesh in _all_meshes(share / "furniture", wheel, robosuite):
        file = re.sub(r"\W+", "_", mesh.mesh_id) + ".npz"
        save_mesh(mesh, meshes / file)
        fields = {k: v for k, v in vars(mesh).items() if k != "parts"}
        records.append(asdict(MeshInfo(**fields, clear=mesh.clear, file=file)))
        if len(records) % 50 == 0:
            print(f"{len(records)} meshes", flush=True)
    (root / "index.json").write_text(json.dumps(records, indent=0, ensure_ascii=False))
    shutil.rmtree(root / "unpacked")
    return len(records)


def _all_meshes(furniture: Path, myosuite: Path, robosuite: Path) -> Iterator[Mesh]:
    yield from myosuite_meshes(myosuite)
    yield from robot_meshes(robosuite)
    yield from sweethome_meshes(furniture)


def credits(library: AssetLibrary) -> str:
    """Return Markdown that names the author of every mesh, as the CC-BY licences ask."""
    groups: dict[tuple[str, str], dict[str, list[str]]] = {}
    for info in library.meshes:
        authors = groups.setdefault((info.source, info.licence), {})
        authors.setdefault(info.credit, []).append(info.mesh_id.rsplit("/", 1)[1])
    lines = []
    for (source, licence), authors in sorted(groups.items()):
        lines += [f"## {source} ({licence})", ""]
        lines += [f"* {author}: {', '.join(sorted(m))}" for author, m in sorted(authors.items())]
        lines.append("")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Build the mesh library, or print its credits; return 0, or 1 when something is absent."""
    parser = argparse.ArgumentParser(description="Download and parse the training meshes.")
    parser.add_argument(
        "--assets", type=Path, default=DEFAULT_ASSETS, help="folder of the library"
    )
    parser.add_argument("--credits", action="store_true", help="print who made the meshes")
    args = parser.parse_args(argv)
    try:
        if args.credits:
            print(credits(AssetLibrary(args.assets)))
        else:
            print(f"{build(args.assets)} meshes in {args.assets}")
    except (FileNotFoundError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
