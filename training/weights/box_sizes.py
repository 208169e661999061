"""Learn how large things are whose back is hidden: python -m training.weights.box_sizes.

    python -m training.weights.box_sizes --assets DIR --seeds 100:80 101:260 103:120

Renders tables (seed:scenes), gives depth a sensor's noise, measures the boxes of what is seen
whole and fits a model from the description of each (seem_ros/geometry/describing.py) to the true
extents. Before, it is tested on names that it was not fitted to, five times, and the shares
within 10 % are printed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from seem_ros.geometry.boxes3d import fit_box
from seem_ros.geometry.clouds import DepthFrame
from seem_ros.geometry.measuring import box_so_far
from seem_ros.geometry.resizing import SizeModel
from seem_ros.instances import box_of
from training.meshes.library import AssetLibrary
from training.scenes.whole_objects import mesh_points, moved_border, seen_tables

EDGES = (0, 1)
"""Masks are learned from as they are, and a pixel too large."""
WITHIN, SMALLEST_M = 0.1, 0.05
"""Wanted: an error of so much of the extent, smaller ones taken as this."""
RIDGE, ROUNDS, FOLDS = 10.0, 8, 5
LARGEST_LOG, FAR_SHARE, LEAST_ERROR = 0.8, 0.03, 0.02


@dataclass(frozen=True, eq=False)
class Examples:
    """Measured boxes and the truth.

    Attributes:
        numbers: (N, LENGTH) of describing.describe.
        sizes, true_sizes: (N, 3) metres.
        names: (N,) of the things.
        edges: (N,) pixels that the masks were too large.

    """

    numbers: np.ndarray
    sizes: np.ndarray
    true_sizes: np.ndarray
    names: np.ndarray
    edges: np.ndarray

    def __getitem__(self, chosen: np.ndarray) -> Examples:
        return Examples(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    def errors(self, sizes: np.ndarray) -> np.ndarray:
        """Return the (N, 3) relative errors of (N, 3) sizes."""
        return (sizes - self.true_sizes) / np.maximum(self.true_sizes, SMALLEST_M)


def main(argv: list[str] | None = None) -> None:
    """Render, test, fit and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--assets", type=Path, required=True)
    parser.add_argument("--seeds", nargs="+", default=["100:80", "101:260", "103:120"])
    parser.add_argument("--out", type=Path, default=Path("seem_ros/weights/box_sizes.safetensors"))
    args = parser.parse_args(argv)
    library = AssetLibrary(args.assets)
    rows: list[tuple] = []
    for part in args.seeds:
        seed, scenes = part.split(":")
        rows += rendered(library, int(seed), int(scenes))
    examples = Examples(*(np.array(column) for column in zip(*rows, strict=True)))
    print_check(examples, cross_validated(examples))
    model = fit(examples)
    parts = {name: getattr(model, name) for name in SizeModel.__dataclass_fields__}
    save_file({name: value.astype(np.float32) for name, value in parts.items()}, args.out)


def rendered(library: AssetLibrary, seed: int, scenes: int) -> Iterator[tuple]:
    """Yield numbers, size, true size, name and edge of everything that is seen whole."""
    for scene, view, camera, depth_m, whole_ones in seen_tables(library, seed, scenes):
        frame = DepthFrame(camera, depth_m)
        pose = np.linalg.inv(scene.camera.world_from_optical())
        for item in whole_ones:
            whole = mesh_points(item, library) @ pose[:3, :3].T
            truth = fit_box(whole, pose[:3, 2], trim=0.0)
            for edge in EDGES:
                mask = moved_border(view.labels == item.instance_id, edge)
                measured = box_so_far(frame, mask, box_of(mask), pose[:3, 2])
                if measured is not None:
                    box, numbers = measured
                    yield numbers, box.size, truth.size, item.mesh.name, edge


def fit(examples: Examples) -> SizeModel:
    """Fit the model: least squares again and again, far errors weighing less every time.

    What counts is how many errors are small, not how large the others are (the robust loss of
    Geman and McClure, 1987). A name that is there n times weighs as much as sqrt(n) others.
    """
    mean, spread = examples.numbers.mean(0), examples.numbers.std(0) + 1e-4
    model = SizeModel(mean, spread, np.zeros((2 * examples.numbers.shape[1] + 1, 2)))
    inputs, wanted = model.inputs(examples.numbers), np.log(examples.true_sizes / examples.sizes)
    wanted = np.clip(wanted, -LARGEST_LOG, LARGEST_LOG)
    _, which, counts = np.unique(examples.names, return_inverse=True, return_counts=True)
    fair = counts[which] ** -0.5
    fair /= fair.mean()
    ridge = RIDGE * np.eye(inputs.shape[1])
    for _ in range(ROUNDS):
        sizes = examples.sizes * model.factors(examples.numbers)
        off = np.abs(examples.errors(sizes)) / WITHIN
        near = 1 / (1 + off**2) ** 2 + FAR_SHARE / np.maximum(off, LEAST_ERROR / WITHIN)
        scale = sizes / np.maximum(examples.true_sizes, SMALLEST_M)
        weight = fair[:, None] * near * scale**2
        for axis in range(2):
            weighted = inputs * weight[:, axis, None]
            model.weights[:, axis] = np.linalg.solve(
                inputs.T @ weighted + ridge, weighted.T @ wanted[:, axis]
            )
    return model


def cross_validated(examples: Examples) -> np.ndarray:
    """Return (N, 3) corrected sizes, each by a model that never saw a thing of that name."""
    names, which = np.unique(examples.names, return_inverse=True)
    fold = (np.random.default_rng(0).permutation(len(names)) % FOLDS)[which]
    sizes = np.empty_like(examples.sizes)
    for number in range(FOLDS):
        left_out = fold == number
        factors = fit(examples[~left_out]).factors(examples.numbers[left_out])
        sizes[left_out] = examples.sizes[left_out] * factors
    return sizes


def print_check(examples: Examples, sizes: np.ndarray) -> None:
    """Print the shares of boxes with all extents within 10 %, before and after."""
    print("masks          boxes   as measured   corrected (names not learned from)")
    for edge in EDGES:
        chosen = examples.edges == edge
        before, after = (
            (np.abs(examples.errors(s)[chosen]) <= WITHIN).all(1).mean()
            for s in (examples.sizes, sizes)
        )
        print(f"{edge} px larger {chosen.sum():8d} {before:13.1%} {after:12.1%}")


if __name__ == "__main__":
    main()
