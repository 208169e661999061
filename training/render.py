"""Write rendered training pictures: scenes, clips or composites.

`python -m training.render --out DIR --scenes 6000 --size 320x240 --seed 0`

Per scene NAME.jpg, NAME.png (uint16 instance ids) and NAME.json, the JSON last. Every scene has
its own seed, so a run that was stopped goes on where it was and gives the same pictures.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from training.meshes.library import DEFAULT_ASSETS, AssetLibrary
from training.scenes import camera_effects, clips, truth
from training.scenes.composites import CompositeSampler
from training.scenes.renderer import Renderer
from training.scenes.sampler import SceneSampler, drawables

# A scene where less than this share of pixels is labelled shows a wall or a table from below.
MIN_LABELLED = 0.01
# Uploading textures costs more than drawing, so they stay; this bounds the memory they take.
FREE_EVERY = 1000

Maker = Callable[[int], None]


def scene_maker(args: argparse.Namespace) -> Maker:
    """Return a function that renders and writes scene number i."""
    width, height = args.size
    library = AssetLibrary(args.assets)
    sampler = SceneSampler(library, args.unseen)
    renderer = Renderer(width, height, supersample=args.supersample)

    def make(number: int) -> None:
        rng = np.random.default_rng([args.seed, number])
        for _ in range(5):
            scene = sampler.sample(rng)
            view = renderer.render(drawables(scene, library), scene.camera, scene.lighting)
            if (view.labels > 0).mean() >= MIN_LABELLED:
                break
        stem = picture_name(number)
        truth.save_rgb(args.out / f"{stem}.jpg", camera_effects.apply(view.rgb, rng))
        truth.save_labels(args.out / f"{stem}.png", view.labels)
        truth.save_json(args.out / f"{stem}.json", truth.scene_truth(scene, view))
        if number % FREE_EVERY == FREE_EVERY - 1:
            renderer.free()

    return make


def composite_maker(args: argparse.Namespace) -> Maker:
    """Return a function that makes and writes composite number i."""
    sampler = CompositeSampler(AssetLibrary(args.assets), args.size, args.photos)

    def make(number: int) -> None:
        rng = np.random.default_rng([args.seed, number])
        composite = sampler.sample(rng)
        stem = picture_name(number)
        truth.save_rgb(args.out / f"{stem}.jpg", camera_effects.apply(composite.rgb, rng))
        truth.save_labels(args.out / f"{stem}.png", composite.labels)
        content = {"kind": "composite", "objects": composite.objects}
        truth.save_json(args.out / f"{stem}.json", content)

    return make


def clip_maker(args: argparse.Namespace) -> Maker:
    """Return a function that renders and writes clip number i into a folder of its own.

    objects.json, written last, marks a finished clip.
    """
    library = AssetLibrary(args.assets)
    sampler = SceneSampler(library, args.unseen)
    renderer = Renderer(args.size[0], args.size[1], args.supersample)

    def make(number: int) -> None:
        rng = np.random.default_rng([args.seed, number])
        clip = clips.sample_clip(sampler, rng, args.frames)
        folder, shown = args.out / picture_name(number), set()
        for k in range(len(clip)):
            scene = clip.frame(k)
            view = renderer.render(drawables(scene, library), scene.camera, scene.lighting)
            shown |= set(np.unique(view.labels).tolist())
            clips.write_frame(folder, k, view, view.rgb)
        truth.save_json(folder / "objects.json", clips.clip_objects(clip, shown))

    return make


def picture_name(number: int) -> str:
    """Return the file name without extension of picture number i."""
    return f"{number:06d}"


def missing(out: Path, count: int) -> list[int]:
    """List the picture numbers below `count` that `out` does not hold yet."""
    done = {path.stem for path in out.glob("*.json")}
    done |= {path.parent.name for path in out.glob("*/objects.json")}
    return [number for number in range(count) if picture_name(number) not in done]


def run(make: Maker, numbers: list[int], label: str) -> None:
    """Call `make` for all numbers and print progress now and then."""
    started = printed = time.monotonic()
    for done, number in enumerate(numbers, 1):
        make(number)
        now = time.monotonic()
        if now - printed > 10 or done == len(numbers):
            rate = done / (now - started)
            left = (len(numbers) - done) / rate
            print(
                f"{label} {done}/{len(numbers)}  {rate:.2f}/s  {left / 60:.0f} min left",
                flush=True,
            )
            printed = now


def _worker(args: argparse.Namespace, numbers: list[int], index: int) -> None:
    run(maker(args), numbers, f"worker {index}:")


def maker(args: argparse.Namespace) -> Maker:
    """Return the maker of what the arguments ask for."""
    if args.clips:
        return clip_maker(args)
    return composite_maker(args) if args.composites else scene_maker(args)


def parse_size(text: str) -> tuple[int, int]:
    """Parse "320x240" into (width, height); ArgumentTypeError for anything else."""
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT, as 320x240") from None
    if min(width, height) < 16:
        raise argparse.ArgumentTypeError(f"{text!r} is smaller than 16x16 pixels")
    return width, height


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    result = argparse.ArgumentParser(
        prog="python -m training.render",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument("--out", type=Path, required=True, help="folder to write to")
    result.add_argument("--scenes", type=int, required=True, help="pictures there shall be")
    result.add_argument("--size", type=parse_size, default=(320, 240), help="WIDTHxHEIGHT")
    result.add_argument("--seed", type=int, default=0)
    result.add_argument("--workers", type=int, default=1, help="processes")
    result.add_argument("--supersample", type=int, default=2, help="samples per pixel side")
    result.add_argument("--unseen", action="store_true", help="only meshes kept for measuring")
    result.add_argument("--clips", action="store_true", help="clips, each in its own folder")
    result.add_argument("--frames", type=int, default=40, help="frames per clip")
    result.add_argument("--composites", action="store_true", help="cut-outs on backgrounds")
    result.add_argument("--photos", type=Path, nargs="*", help="photograph sets to paste on")
    result.add_argument("--assets", type=Path, default=DEFAULT_ASSETS, help="mesh library")
    return result


def main(argv: list[str] | None = None) -> int:
    """Render what is missing; return 0, or 1 with one line when something needed is absent."""
    args = parser().parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    numbers = missing(args.out, args.scenes)
    print(f"{args.scenes - len(numbers)} of {args.scenes} are there", flush=True)
    try:
        if args.workers <= 1:
            run(maker(args), numbers, str(args.out.name))
            return 0
        context = get_context("spawn")
        shares = [(args, numbers[k :: args.workers], k) for k in range(args.workers)]
        with context.Pool(args.workers) as pool:
            pool.starmap(_worker, shares)
    except (FileNotFoundError, ImportError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
