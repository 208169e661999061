"""Error of boxes and centroids against truth, on rendered tables seen by a noisy depth camera.

    python -m training.meshes.library --assets DIR     # once: the meshes
    python -m benchmarks.geometry --assets DIR --scenes 60 --json geometry.json

Each scene is rendered at 640x480 with exact masks and depth; depth then gets the noise of a real
sensor (training/scenes/depth_noise.py). Only unoccluded objects count: at least 95 % of their
pixels are visible and none touches the border. The truth that counts is the whole mesh; the box
of the visible surface is printed for comparison: a measured box holds the unseen back and reaches
to the table, so it is larger. `edge` moves the borders of the masks by so many pixels.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from seem_ros.geometry.boxes3d import OrientedBox, fit_box
from seem_ros.geometry.camera import CameraModel
from seem_ros.geometry.clouds import DepthFrame
from seem_ros.geometry.scene import SpatialScene
from seem_ros.instances import Instance, box_of
from training.meshes.library import AssetLibrary
from training.scenes.renderer import View
from training.scenes.sampler import Scene, SceneObject
from training.scenes.whole_objects import mesh_points, moved_border, seen_tables


def main(argv: list[str] | None = None) -> None:
    """Measure and print a table; write every object's errors as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--assets", type=Path, required=True)
    parser.add_argument("--scenes", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args(argv)
    rows = measure(AssetLibrary(args.assets), args.scenes, args.seed)
    if not rows:
        raise SystemExit("no unoccluded object in these scenes: raise --scenes")
    print_table(rows)
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1) + "\n")


def measure(library: AssetLibrary, scenes: int, seed: int) -> list[dict]:
    """Return one record per unoccluded object and mask border."""
    rows = []
    for number, table in enumerate(seen_tables(library, seed, scenes)):
        scene, view, camera, depth, whole_ones = table
        for item in whole_ones:
            for edge in (0, 1, 2):
                rows.append(
                    {"scene": number, "name": item.mesh.name, "edge": edge}
                    | errors(item, scene, view, camera, depth, edge, library)
                )
    return rows


def errors(
    item: SceneObject,
    scene: Scene,
    view: View,
    camera: CameraModel,
    depth_m: np.ndarray,
    edge: int,
    library: AssetLibrary,
) -> dict:
    """Return the errors of one object, metres and ratios."""
    pose = np.linalg.inv(scene.camera.world_from_optical())
    up = pose[:3, 2]
    truth_mask = view.labels == item.instance_id
    mask = moved_border(truth_mask, edge)
    instance = Instance(1, mask=mask, box=box_of(mask))
    spatial = SpatialScene([instance], camera, DepthFrame(camera, depth_m), up=up)
    found, points = spatial.box(instance), spatial.points(instance)
    v, u = np.nonzero(truth_mask)
    seen = camera.unproject(np.stack([u, v], 1), view.depth_m[v, u])
    whole = mesh_points(item, library) @ pose[:3, :3].T + pose[:3, 3]
    visible_box, whole_box = fit_box(seen, up, trim=0.0), fit_box(whole, up, trim=0.0)
    record = {"distance": float(np.linalg.norm(whole_box.centre)), "boxed": found is not None}
    if found is None or points is None:
        return record
    return record | {
        "centroid": float(np.linalg.norm(points.centroid() - seen.mean(0))),
        "centre_visible": float(np.linalg.norm(found.centre - visible_box.centre)),
        "centre_whole": float(np.linalg.norm(found.centre - whole_box.centre)),
        "extent_visible": extent_error(found, visible_box),
        "extent_whole": extent_error(found, whole_box),
        "size_whole": whole_box.size.tolist(),
        "size_found": found.size.tolist(),
    }


def extent_error(found: OrientedBox, truth: OrientedBox) -> float:
    """Return the largest relative error of the three extents, in the axes' order.

    Edges under 5 cm count as 5 cm: the sensor's noise is millimetres, whatever the size.
    """
    # Upright boxes have x as their longer horizontal edge and z up: the order is the same.
    return float((np.abs(found.size - truth.size) / np.maximum(truth.size, 0.05)).max())


def print_table(rows: list[dict]) -> None:
    """Print medians, and the share within the limits."""
    print(f"{len({(r['scene'], r['name']) for r in rows})} unoccluded objects")
    print("edge  n  boxed   centroid cm   centre cm (visible, whole)   extents within 10 % of")
    print("                 median   p90     median       median        visible     whole")
    for edge in sorted({row["edge"] for row in rows}):
        part = [row for row in rows if row["edge"] == edge]
        good = [row for row in part if row["boxed"]]
        near = [row for row in good if row["distance"] <= 1.1]

        def column(name: str, chosen: list[dict] = good) -> np.ndarray:
            return np.array([row[name] for row in chosen])

        print(
            f"{edge:3d} {len(part):4d} {len(good) / len(part):6.0%}"
            f"{np.median(column('centroid', near)) * 100:10.2f}"
            f"{np.quantile(column('centroid', near), 0.9) * 100:8.2f}"
            f"{np.median(column('centre_visible', near)) * 100:10.2f}"
            f"{np.median(column('centre_whole', near)) * 100:13.2f}"
            f"{(column('extent_visible') <= 0.1).mean():15.0%}"
            f"{(column('extent_whole') <= 0.1).mean():11.0%}"
        )
    print("centroid and centre: objects within 1.1 m; truth without noise")


if __name__ == "__main__":
    main()
