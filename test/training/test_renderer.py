"""The renderer's truth against geometry worked out by hand."""

import numpy as np
import pytest

from support.small_library import block, renderer_or_skip
from training.meshes.parts import Material, MeshPart
from training.meshes.transforms import place
from training.scenes.cameras import Camera, orbit
from training.scenes.render_types import Drawable, Lighting, Surface
from training.scenes.renderer import downsample_truth

WIDTH, HEIGHT = 160, 120


@pytest.fixture(scope="module")
def renderer():
    return renderer_or_skip(WIDTH, HEIGHT)


def light(**changes) -> Lighting:
    return Lighting(np.array([0.0, 0.0, 1.0]), np.zeros(3), 1.0, **changes)


def test_depth_is_along_the_optical_axis(renderer):
    """Two metres above a floor that fills the view, depth is 2 everywhere, not the slant."""
    floor = Drawable(block((20, 20, 0.1)), place((0, 0, -0.1)), 5)
    view = renderer.render([floor], Camera(np.array([0, 0, 2.0]), np.zeros(3), 1.0), light())
    assert view.depth_m.dtype == np.float32
    assert np.allclose(view.depth_m, 2.0, atol=1e-4)
    assert (view.labels == 5).all()


def test_pixels_back_project_onto_the_surface(renderer):
    """K, pose and depth together put every pixel of a block onto its six faces."""
    size = np.array([0.4, 0.2, 0.3])
    camera = orbit(np.array([0, 0, 0.1]), 0.7, 0.6, 1.3, 0.8)
    view = renderer.render([Drawable(block(tuple(size)), np.eye(4), 1)], camera, light())
    rows, columns = np.nonzero(view.labels)
    k, pose = camera.intrinsics(WIDTH, HEIGHT), camera.world_from_optical()
    depth = view.depth_m[rows, columns].astype(float)
    rays = np.linalg.inv(k) @ np.stack([columns, rows, np.ones(len(rows))])
    points = (pose[:3, :3] @ (rays * depth)).T + pose[:3, 3] - [0, 0, size[2] / 2]
    distance_to_faces = np.abs(np.abs(points) - size / 2).min(1)
    assert len(rows) > 500
    assert distance_to_faces.max() < 1e-3
    assert (np.abs(points) <= size / 2 + 1e-3).all()
    assert (view.depth_m[view.labels == 0] == 0).all()


def test_nearer_object_hides_the_other(renderer):
    camera = Camera(np.array([0, -2.0, 0.1]), np.array([0, 0, 0.1]), 0.8)
    far = Drawable(block((0.6, 0.1, 0.4)), place((0, 0.5, -0.1)), 1)
    near = Drawable(block((0.2, 0.1, 0.2)), place((0, -0.5, 0)), 2)
    for order in ([far, near], [near, far]):
        view = renderer.render(order, camera, light())
        assert view.labels[HEIGHT // 2, WIDTH // 2] == 2
        assert view.labels[HEIGHT // 2, WIDTH // 2 + 14] == 1
        assert set(np.unique(view.labels)) == {0, 1, 2}


def test_glass_is_labelled_and_seen_through(renderer):
    camera = Camera(np.array([0, -2.0, 0.1]), np.array([0, 0, 0.1]), 0.8)
    pane = block((0.5, 0.02, 0.5))
    glass = MeshPart(pane.vertices, pane.indices, Material((1, 1, 1), alpha=0.3))
    wall = Drawable(block((5, 0.1, 5), (0.1, 0.8, 0.1)), place((0, 1, -2)), 1)
    view = renderer.render([wall, Drawable(glass, place((0, 0, -0.1)), 2)], camera, light())
    middle = (HEIGHT // 2, WIDTH // 2)
    assert view.labels[middle] == 2
    assert view.depth_m[middle] == pytest.approx(1.99, abs=1e-3)
    red, green, blue = view.rgb[middle].astype(int)
    assert green > red + 20 and green > blue + 20


def test_shadow_darkens_the_ground_below_a_block(renderer):
    camera = Camera(np.array([0, -1.2, 1.2]), np.zeros(3), 0.8)
    ground = Drawable(block((3, 3, 0.1), (0.7, 0.7, 0.7)), place((0, 0, -0.1)), 1)
    block_above = Drawable(block((0.3, 0.3, 0.05)), place((0, 0, 0.6)), 2)
    alone = renderer.render([ground], camera, light()).rgb.astype(int)
    both = renderer.render([ground, block_above], camera, light())
    change = (alone - both.rgb)[both.labels == 1].mean(-1)
    assert change.max() > 40 and np.median(change) < 2


def test_surface_replaces_the_colour_and_albedo_ignores_light(renderer):
    camera = Camera(np.array([0, 0, 2.0]), np.zeros(3), 0.8)
    floor = Drawable(block((9, 9, 0.1)), place(), 1, Surface(color=(0.0, 0.5, 1.0)))
    dark = light(sun_color=np.zeros(3), ambient=np.full(3, 0.05))
    view = renderer.render([floor], camera, dark)
    assert np.abs(view.albedo.astype(int) - [0, 128, 255]).max() <= 2
    assert view.rgb.max() < 90


def test_downsampling_takes_the_commonest_id_and_only_its_depth():
    ids = np.array([[1, 1, 0, 0], [1, 7, 0, 9]], np.uint16)
    depth = np.array([[2.0, 2.2, 0.0, 0.0], [2.4, 9.0, 0.0, 5.0]])
    labels, mean = downsample_truth(ids, depth, 2)
    assert labels.tolist() == [[1, 0]]
    assert np.allclose(mean, [[2.2, 0.0]])


def test_supersampled_labels_cover_the_same_pixels():
    sharp, smooth = renderer_or_skip(WIDTH, HEIGHT, 1), renderer_or_skip(WIDTH, HEIGHT, 3)
    camera = orbit(np.zeros(3), 0.3, 0.5, 1.5, 0.8)
    item = [Drawable(block((0.4, 0.3, 0.2)), np.eye(4), 3)]
    first, second = (r.render(item, camera, light()).labels for r in (sharp, smooth))
    # A sample in the middle and a vote of nine differ only where the border cuts a corner.
    assert (first != second).sum() < 0.02 * (first > 0).sum()
