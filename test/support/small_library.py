"""A mesh library of a few procedural shapes, for tests that need no downloaded package."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.meshes.library import AssetLibrary, MeshInfo, save_mesh
from training.meshes.parts import Material, MeshPart, extent, rest_on_ground
from training.meshes.primitives import box
from training.meshes.sources import Mesh


def renderer_or_skip(width: int, height: int, supersample: int = 1):
    """Return a Renderer, or skip the test with the reason why none can be made."""
    pytest.importorskip("moderngl", reason="moderngl is not installed (requirements/training.txt)")
    from training.scenes.renderer import Renderer

    try:
        return Renderer(width, height, supersample)
    except RuntimeError as error:
        pytest.skip(str(error))


def block(size: tuple[float, float, float], color=(0.8, 0.1, 0.1)) -> MeshPart:
    """Return a box of `size` metres standing on z = 0."""
    (part,) = rest_on_ground([box()], np.array(size))
    return replace(part, material=Material(color))


def write_library(root: Path) -> AssetLibrary:
    """Write blocks as the meshes of a library: small ones for tables, large ones for rooms.

    The ids are such that `MeshInfo.unseen` is true for some of the small and the large.
    """
    (root / "meshes").mkdir(parents=True)
    (root / "textures").mkdir()
    checks = (np.indices((16, 16)).sum(0) % 2 * 255).astype(np.uint8)
    Image.fromarray(np.dstack([checks] * 3)).save(root / "textures" / "checks.png")
    records = []
    for k in range(40):
        side = 0.08 + 0.002 * k if k < 20 else 0.6 + 0.01 * k
        name = f"{'small' if k < 20 else 'large'} thing {k % 5}"
        part = block((side, side / 2, side), color=(k / 40, 0.5, 0.2))
        mesh = Mesh(f"test/shape{k}x", name, "", "test", "CC0-1.0", "nobody",
                    tuple(float(v) for v in extent([part])), k % 2 == 0, [part])  # fmt: skip
        save_mesh(mesh, root / "meshes" / f"{k}.npz")
        fields = {key: value for key, value in vars(mesh).items() if key != "parts"}
        records.append(asdict(MeshInfo(**fields, clear=mesh.clear, file=f"{k}.npz")))
    (root / "index.json").write_text(json.dumps(records))
    return AssetLibrary(root)
