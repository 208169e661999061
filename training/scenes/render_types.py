"""What the renderer is given and what it returns: surfaces, drawables, light, views."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from training.meshes.parts import Material, MeshPart


@dataclass(frozen=True, eq=False)
class Surface:
    """What replaces a part's own material: None keeps it. `texture` (h, w, 3 or 4) uint8."""

    color: tuple[float, float, float] | None = None
    texture: np.ndarray | None = None
    uv_scale: float = 1.0
    specular: float | None = None
    shininess: float | None = None


@dataclass(frozen=True, eq=False)
class Drawable:
    """A mesh part in the world: `pose` (4, 4) object to world, id 0 = background."""

    part: MeshPart
    pose: np.ndarray
    instance_id: int = 0
    surface: Surface | None = None
    casts_shadow: bool = True


@dataclass(frozen=True, eq=False)
class Lighting:
    """A sun with a shadow map, a sky, and a lamp; colours are linear RGB, positions metres.

    `shadow_blur` is the distance of the shadow map's samples in its texels.
    """

    sun_direction: np.ndarray
    shadow_centre: np.ndarray
    shadow_radius: float
    sun_color: np.ndarray = field(default_factory=lambda: np.full(3, 0.7))
    ambient: np.ndarray = field(default_factory=lambda: np.full(3, 0.5))
    sky_color: np.ndarray = field(default_factory=lambda: np.ones(3))
    lamp_position: np.ndarray = field(default_factory=lambda: np.array([0.0, 0.0, 2.0]))
    lamp_color: np.ndarray = field(default_factory=lambda: np.zeros(3))
    background: tuple[float, float, float] = (0.6, 0.6, 0.6)
    shadow_blur: float = 1.2


@dataclass(frozen=True, eq=False)
class View:
    """A rendered view: `rgb` (H, W, 3) uint8, `labels` (H, W) uint16, `depth_m` (H, W) float32.

    Depth is along the optical axis in metres, 0 where nothing was hit. `albedo` (H, W, 3) uint8
    is the surfaces' own colour, without light and shadow.
    """

    rgb: np.ndarray
    albedo: np.ndarray
    labels: np.ndarray
    depth_m: np.ndarray


def with_surface(material: Material, surface: Surface | None) -> Material:
    """Return the material that a surface makes of a part's own one."""
    if surface is None:
        return material
    texture = surface.texture
    if texture is None and surface.color is None:
        texture = material.texture
    return Material(
        surface.color or material.color,
        material.alpha,
        material.specular if surface.specular is None else surface.specular,
        material.shininess if surface.shininess is None else surface.shininess,
        texture,
    )
