"""The clip that `make demo` plays: a breakfast table, a circling camera, a toy car that drives by.

`python -m training.demo_clip --out seem_ros/demo/clip`
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from training.meshes.library import DEFAULT_ASSETS, AssetLibrary, MeshInfo
from training.meshes.transforms import place, turn
from training.scenes import clips, truth
from training.scenes.cameras import orbit
from training.scenes.clips import Clip
from training.scenes.furnishing import BOX, QUAD
from training.scenes.render_types import Drawable, Lighting, Surface, View
from training.scenes.renderer import Renderer
from training.scenes.sampler import Scene, SceneObject, drawables

WIDTH, HEIGHT, FRAMES, FPS = 640, 480, 75, 15.0
TABLE_Z = 0.75
DEPTH_EVERY = 3

# mesh, x, y, turn in degrees, scale, colour of its own (None: as it comes)
LAYOUT = (
    ("KatorLegaz/coffee-mug", 0.24, -0.06, 60, 0.85, (0.9, 0.89, 0.86)),
    ("contactdb/mug", -0.13, -0.06, 200, 0.95, (0.72, 0.07, 0.06)),
    ("contactdb/banana", 0.03, -0.17, 25, 0.9, (0.93, 0.76, 0.16)),
    ("contactdb/apple", 0.145, -0.085, 0, 0.85, (0.62, 0.1, 0.08)),
    ("contactdb/waterbottle", 0.02, 0.2, 0, 1.5, (0.07, 0.3, 0.55)),
    ("BlendSwap-CC-0/tetrapak", 0.3, 0.21, 30, 0.85, None),
    ("BlendSwap-CC-BY/espressokettle", 0.15, 0.2, 200, 1.0, None),
    ("BlendSwap-CC-BY/choppingBoard", -0.32, 0.23, 8, 0.75, None),
    ("BlendSwap-CC-0/cissors_swap", -0.2, -0.22, 120, 1.1, None),
    ("BlendSwap-CC-BY/rubix2", 0.3, -0.2, 20, 1.0, None),
    ("contactdb/bowl", -0.36, -0.1, 0, 1.0, (0.55, 0.68, 0.72)),
    ("BlendSwap-CC-BY/succulentPlant", -0.13, 0.24, 0, 0.9, None),
    ("KatorLegaz/tape-measure", 0.42, -0.1, -30, 1.0, None),
    ("Scopia/tournevis", 0.12, -0.29, 15, 0.8, None),
    ("BlendSwap-CC-BY/carrito-de-madera", 0.0, 0.05, -90, 0.6, None),
)
ON_BOARD = ("BlendSwap-CC-0/bread", -0.32, 0.23, 30, 0.75, None)
FURNITURE = (
    ("KatorLegaz/full-bookcase", -0.9, 2.3, 0),
    ("Scopia/maceta", 0.9, 2.1, 0),
)


def find(library: AssetLibrary, suffix: str) -> MeshInfo:
    """Return the mesh whose id ends with `suffix`; LookupError when there is none."""
    for info in library.meshes:
        if info.mesh_id.endswith(suffix):
            return info
    raise LookupError(f"no mesh ...{suffix} in {library.root}")


def texture(library: AssetLibrary, name: str, scale: float) -> Surface:
    """Return the surface texture whose file is called `name`."""
    names = [path.stem for path in library.texture_files]
    return Surface(texture=library.texture(names.index(name)), uv_scale=scale, specular=0.05)


def build_scene(library: AssetLibrary) -> Scene:
    """Lay the table."""
    wood, plaster = texture(library, "robosuite_light-wood", 1.2), "robosuite_cream-plaster"
    wall = place((0, 2.6, 1.0), turn("x", np.pi / 2), 8.0)
    background = [
        Drawable(QUAD, place(scale=10.0), 0, texture(library, "robosuite_gray-woodgrain", 6.0)),
        Drawable(QUAD, wall, 0, texture(library, plaster, 3.0)),
        Drawable(BOX, place((0, 0, TABLE_Z - 0.02), None, (1.25, 0.8, 0.04)), 0, wood),
    ]
    objects: list[SceneObject] = []
    for suffix, x, y, degrees, scale, color in (*LAYOUT, ON_BOARD):
        info = find(library, suffix)
        surface = Surface(color=color, specular=0.25, shininess=40.0) if color else None
        board = find(library, "choppingBoard").size[2] * 0.75 if suffix == ON_BOARD[0] else 0.0
        pose = place((x, y, TABLE_Z + board), turn("z", np.radians(degrees)))
        objects.append(SceneObject(len(objects) + 1, info, pose, scale, surface))
    for suffix, x, y, degrees in FURNITURE:
        pose = place((x, y, 0.0), turn("z", np.radians(degrees)))
        objects.append(SceneObject(len(objects) + 1, find(library, suffix), pose, 1.0, None))
    camera = orbit(np.array([0, 0, TABLE_Z + 0.03]), -1.9, 0.6, 0.95, 0.8)
    light = Lighting(np.array([0.0, 0.0, 1.0]), np.array([0, 0, TABLE_Z]), 0.8)
    return Scene("table", background, objects, camera, light)


def build_clip(library: AssetLibrary) -> Clip:
    """Let the camera circle by 40 degrees and the car drive behind the mugs."""
    scene = build_scene(library)
    car = next(o for o in scene.objects if o.mesh.name == "toy car")
    cameras, poses = [], []
    for k in range(FRAMES):
        t = k / (FRAMES - 1)
        sway = np.array([0.006 * np.sin(9 * t), 0.0, 0.005 * np.sin(13 * t)])
        target = np.array([0.01, 0.0, TABLE_Z + 0.02]) + sway
        cameras.append(orbit(target, -1.95 + 0.7 * t, 0.6 - 0.08 * t, 0.95 - 0.1 * t, 0.8))
        pose = car.pose.copy()
        pose[0, 3] = 0.52 - 0.9 * t
        poses.append({car.instance_id: pose})
    return Clip(scene, cameras, poses, FPS)


def soft_lights(base: Lighting, passes: int) -> list[Lighting]:
    """Return the lights of a window and of the sky, one per pass, to be averaged.

    Even passes are the window (a patch of 12 degrees), odd ones the upper hemisphere.
    """
    rng = np.random.default_rng(0)
    window = np.array([-0.62, 0.25, 0.74])
    lights = []
    for k in range(passes):
        if k % 2 == 0:
            direction, color = window + rng.normal(0, 0.1, 3), np.array([1.05, 1.0, 0.92]) * 0.95
        else:
            angle, height = 2.4 * k, np.sqrt((k + 0.5) / passes)
            flat = np.sqrt(1 - height**2)
            direction = np.array([flat * np.cos(angle), flat * np.sin(angle), height])
            color = np.array([0.92, 0.97, 1.05]) * 0.8
        lights.append(
            replace(
                base,
                sun_direction=direction / np.linalg.norm(direction),
                sun_color=color,
                ambient=np.full(3, 0.2),
                background=(0.8, 0.8, 0.78),
                shadow_blur=4.0,
            )
        )
    return lights


def render_soft(renderer: Renderer, items: list[Drawable], scene: Scene, passes: int) -> View:
    """Average many passes with different lights and pixel shifts: soft shadows, smooth edges."""
    total = np.zeros((renderer.height, renderer.width, 3))
    for k, light in enumerate(soft_lights(scene.lighting, passes)):
        shift = ((k * 0.618) % 1 - 0.5, (k + 0.5) / passes - 0.5)
        total += (renderer.render_color(items, scene.camera, light, shift) / 255.0) ** 2.2
    exact = renderer.render(items, scene.camera, scene.lighting)
    rgb = ((total / passes) ** (1 / 2.2) * 255 + 0.5).astype(np.uint8)
    return replace(exact, rgb=rgb)


def render_frame(
    renderer: Renderer, items: list[Drawable], scene: Scene, passes: int, done: Path
) -> View:
    """Render a frame; take its colour from the file `done` when that is there already."""
    if not done.is_file():
        return render_soft(renderer, items, scene, passes)
    exact = renderer.render(items, scene.camera, scene.lighting)
    return replace(exact, rgb=np.asarray(Image.open(done).convert("RGB")))


def write_depth(path: Path, depth_m: np.ndarray) -> None:
    """Write depth as 16-bit PNG in millimetres."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.round(depth_m * 1000).astype(np.uint16)).save(path, optimize=True)


def main(argv: list[str] | None = None) -> None:
    """Render the demo clip with labels, depth and truth; frames that are there are kept."""
    parser = argparse.ArgumentParser(description="Render the clip of `make demo`.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--assets", type=Path, default=DEFAULT_ASSETS)
    parser.add_argument("--passes", type=int, default=10, help="light samples per frame")
    parser.add_argument("--until", type=int, default=FRAMES, help="render only so many frames")
    args = parser.parse_args(argv)
    library = AssetLibrary(args.assets)
    clip, renderer = build_clip(library), Renderer(WIDTH, HEIGHT, supersample=1)
    frames, shown = [], set()
    for k in range(min(args.until, len(clip))):
        scene, name = clip.frame(k), f"{k:05d}"
        done = args.out / "frames" / f"{name}.jpg"
        kept = done.is_file()
        view = render_frame(renderer, drawables(scene, library), scene, args.passes, done)
        if not kept:
            clips.write_frame(args.out, k, view, view.rgb, quality=88)
        if k % DEPTH_EVERY == 0:
            write_depth(args.out / "depth" / f"{name}.png", view.depth_m)
        shown |= set(np.unique(view.labels).tolist())
        frames.append({"index": k, "time_s": round(k / FPS, 6), **clips.frame_truth(scene, view)})
        print(f"frame {k + 1}/{len(clip)}", flush=True)
    content = {
        "fps": FPS,
        "width": WIDTH,
        "height": HEIGHT,
        "k": truth.rounded(clip.cameras[0].intrinsics(WIDTH, HEIGHT)),
        "depth": {"unit_m": 0.001, "every": DEPTH_EVERY},
        "objects": clips.clip_objects(clip, shown),
        "frames": frames,
    }
    truth.save_json(args.out / "truth.json", content)


if __name__ == "__main__":
    main()
