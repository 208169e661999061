"""Random choices that scenes are made of: surfaces, colours, lights, positions, room shells."""

from __future__ import annotations

import colorsys

import numpy as np

from training.meshes.library import AssetLibrary, MeshInfo
from training.meshes.primitives import box, quad
from training.meshes.transforms import place, turn
from training.scenes.render_types import Drawable, Lighting, Surface

QUAD, BOX = quad(), box()

# Colours that belong to a thing: ranges of hue, saturation, value, one picked at random.
NATURAL = {
    "apple": (((0.95, 1.02), (0.7, 0.95), (0.5, 0.85)), ((0.2, 0.3), (0.5, 0.8), (0.5, 0.8))),
    "banana": (((0.13, 0.17), (0.65, 0.95), (0.75, 0.95)), ((0.17, 0.23), (0.6, 0.8), (0.6, 0.8))),
    "rubber duck": (((0.12, 0.16), (0.8, 1.0), (0.85, 1.0)),),
    "light bulb": (((0.1, 0.16), (0.0, 0.2), (0.85, 0.98)),),
    "bunny figurine": (((0.05, 0.1), (0.0, 0.4), (0.4, 0.95)),),
    "knife": (((0.0, 1.0), (0.0, 0.06), (0.5, 0.8)),),
}


def random_color(rng: np.random.Generator) -> tuple[float, float, float]:
    """Draw an object colour: mostly clear hues, sometimes white, grey, black or brown."""
    kind = rng.random()
    if kind < 0.65:
        hue, saturation, value = rng.random(), rng.uniform(0.5, 0.95), rng.uniform(0.45, 0.95)
    elif kind < 0.9:
        hue, saturation, value = rng.random(), rng.uniform(0.0, 0.12), rng.uniform(0.04, 0.95)
    else:
        hue, saturation, value = (
            rng.uniform(0.04, 0.11),
            rng.uniform(0.35, 0.7),
            rng.uniform(0.3, 0.6),
        )
    return colorsys.hsv_to_rgb(hue, saturation, value)


def natural_color(name: str, rng: np.random.Generator) -> tuple[float, float, float]:
    """Draw the colour that a thing called `name` has in life; any colour for most things."""
    choices = NATURAL.get(name)
    if choices is None:
        return random_color(rng)
    hue, saturation, value = (rng.uniform(*span) for span in choices[rng.integers(len(choices))])
    return colorsys.hsv_to_rgb(hue % 1.0, saturation, value)


def random_surface(library: AssetLibrary, rng: np.random.Generator) -> Surface:
    """Draw the look of a table, floor or wall: a texture, or a plain muted colour."""
    if not library.texture_files or rng.random() < 0.25:
        return Surface(color=muted_color(rng), specular=float(rng.uniform(0, 0.2)))
    texture = library.texture(int(rng.integers(len(library.texture_files))))
    return Surface(texture=texture, uv_scale=float(rng.uniform(0.7, 3)))


def object_surface(info: MeshInfo, rng: np.random.Generator) -> Surface | None:
    """Draw a colour for a mesh that comes without one; None keeps the mesh's own look."""
    scan = info.source == "myosuite/contactdb"
    if not info.recolour or not (scan or rng.random() < 0.5):
        return None
    color = natural_color(info.name, rng)
    specular, shininess = float(rng.uniform(0, 0.5)), float(rng.uniform(8, 80))
    return Surface(color=color, specular=specular, shininess=shininess)


def random_lighting(rng: np.random.Generator, height: float, room: bool) -> Lighting:
    """Draw sun, sky and lamp; `height` of the table top in metres."""
    direction = np.array([rng.normal(), rng.normal(), rng.uniform(0.6, 2.5)])
    warmth = np.array([1, 1, 1]) + rng.normal(0, 0.08, 3)
    sun, ambient, lamp = rng.uniform(0.25, 1.0), rng.uniform(0.3, 0.7), rng.uniform(0, 0.7)
    # Like a camera's automatic exposure: an evenly lit white thing is bright, seldom clipped.
    exposure = rng.uniform(0.65, 1.15) / (0.7 * sun + ambient + 0.4 * lamp)
    return Lighting(
        sun_direction=direction / np.linalg.norm(direction),
        shadow_centre=np.array([0, 0, height + 0.1]),
        shadow_radius=3.0 if room else 1.2,
        sun_color=warmth * sun * exposure,
        ambient=(1 + rng.normal(0, 0.05, 3)) * ambient * exposure,
        sky_color=1 + rng.normal(0, 0.06, 3),
        lamp_position=np.array([*rng.uniform(-1.5, 1.5, 2), height + rng.uniform(0.4, 1.5)]),
        lamp_color=(1 + rng.normal(0, 0.12, 3)) * lamp * exposure,
        background=muted_color(rng),
    )


def muted_color(rng: np.random.Generator) -> tuple[float, float, float]:
    """Draw a colour as walls and table tops have it."""
    return colorsys.hsv_to_rgb(rng.random(), rng.uniform(0, 0.35), rng.uniform(0.15, 0.95))


def room_shell(library: AssetLibrary, rng: np.random.Generator) -> list[Drawable]:
    """Return a floor at z = 0 and one to four walls around the origin."""
    floor = random_surface(library, rng)
    tiled = Surface(floor.color, floor.texture, 8.0, floor.specular)
    shell = [Drawable(QUAD, place(scale=10.0), 0, tiled, casts_shadow=False)]
    nearest = rng.uniform(1.2, 3.5)
    for _ in range(int(rng.integers(1, 5))):
        facing = turn("z", rng.uniform(0, 2 * np.pi)) @ turn("x", np.pi / 2)
        position = -facing[:, 2] * (nearest + rng.uniform(0, 1)) + np.array([0, 0, 1.0])
        pose = place(position, facing, 6.0)
        shell.append(Drawable(QUAD, pose, 0, random_surface(library, rng), casts_shadow=False))
    return shell


def table_top(
    library: AssetLibrary, rng: np.random.Generator, width: float, depth: float, height: float
) -> Drawable:
    """Return a 4 cm thick board whose top is at z = `height`."""
    pose = place((0, 0, height - 0.02), None, (width, depth, 0.04))
    return Drawable(BOX, pose, 0, random_surface(library, rng))


def free_spot(
    rng: np.random.Generator, radius: float, taken: list[tuple[float, float, float]],
    half_width: float, half_depth: float, spread: float,
) -> tuple[float, float] | None:  # fmt: skip
    """Find (x, y) where a disc of `radius` hardly overlaps those in `taken`; None if crowded."""
    for _ in range(20):
        x, y = rng.normal(0, half_width * spread), rng.normal(0, half_depth * spread)
        if abs(x) > half_width or abs(y) > half_depth:
            continue
        if all(np.hypot(x - ox, y - oy) > 0.72 * (radius + r) for ox, oy, r in taken):
            return float(x), float(y)
    return None


def tumble(rng: np.random.Generator, info: MeshInfo) -> np.ndarray:
    """Draw an orientation (3, 3): turned about z, one in five of the taller things lying down."""
    rotation = turn("z", rng.uniform(0, 2 * np.pi))
    if info.size[2] > 0.04 and rng.random() < 0.2:
        return rotation @ turn("x", np.pi / 2) @ turn("z", rng.uniform(0, 2 * np.pi))
    return rotation
