"""Sampled scenes, their truth, colour words and camera effects."""

import numpy as np
import pytest

from seem_ros.prompts.colours import color_name
from support.small_library import renderer_or_skip, write_library
from training.meshes.library import AssetLibrary, credits
from training.scenes import camera_effects, clips, truth
from training.scenes.sampler import SceneSampler, drawables


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return write_library(tmp_path_factory.mktemp("assets") / "library")


def test_missing_library_says_how_to_make_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="python -m training.meshes.library"):
        AssetLibrary(tmp_path)


def test_library_gives_back_what_was_saved(library):
    info = library.meshes[3]
    (part,) = library.parts(info.file)
    assert np.allclose(np.ptp(part.vertices[:, :3], axis=0), info.size, atol=1e-6)
    assert part.material.color == pytest.approx((3 / 40, 0.5, 0.2))
    assert library.parts(info.file)[0] is part


def test_credits_name_every_mesh(library):
    text = credits(library)
    assert "## test (CC0-1.0)" in text and "* nobody: shape0x, shape10x" in text
    assert all(info.mesh_id.rsplit("/", 1)[1] in text for info in library.meshes)


def test_seen_and_unseen_meshes_are_disjoint(library):
    seen, unseen = SceneSampler(library), SceneSampler(library, unseen=True)
    rng = np.random.default_rng(0)
    ids = [
        {o.mesh.mesh_id for _ in range(30) for o in sampler.sample(rng).objects}
        for sampler in (seen, unseen)
    ]
    assert ids[0] and ids[1] and not ids[0] & ids[1]


def test_sizes_of_one_shape_are_on_the_same_side(library):
    from dataclasses import replace

    first = library.meshes[0]
    for stem in ("cube", "torus", "vase", "bowl", "jar", "lamp"):
        sides = {
            replace(first, mesh_id=f"x/{stem}{end}").unseen
            for end in ("", "large", "small", "medium", "3")
        }
        assert len(sides) == 1


def test_same_seed_same_scene(library):
    sampler = SceneSampler(library)
    first, second = (sampler.sample(np.random.default_rng([5, 9])) for _ in range(2))
    assert [o.mesh.mesh_id for o in first.objects] == [o.mesh.mesh_id for o in second.objects]
    assert all(
        np.array_equal(a.pose, b.pose) for a, b in zip(first.objects, second.objects, strict=True)
    )
    assert np.array_equal(first.camera.eye, second.camera.eye)


def test_things_stand_on_the_table(library):
    """The lowest point of every mesh on the table is on the table top, whichever side is up."""
    sampler = SceneSampler(library)
    scene = sampler.sample_table(np.random.default_rng(3))
    top = scene.background[-1].pose @ [0, 0, 0.5, 1]
    on_table = [o for o in scene.objects if max(o.mesh.size) < 0.5]
    assert on_table
    for item in on_table:
        (part,) = library.parts(item.mesh.file)
        points = part.vertices[:, :3] * item.scale @ item.pose[:3, :3].T + item.pose[:3, 3]
        assert points[:, 2].min() == pytest.approx(top[2], abs=1e-6)
        # Box of the truth against the mesh itself.
        assert np.allclose((points.max(0) + points.min(0)) / 2, item.centre, atol=1e-6)


def test_scene_truth_lists_what_is_visible(library):
    renderer = renderer_or_skip(96, 72)
    scene = SceneSampler(library).sample_table(np.random.default_rng(1))
    view = renderer.render(drawables(scene, library), scene.camera, scene.lighting)
    record = truth.scene_truth(scene, view)
    assert {o["id"] for o in record["objects"]} == set(np.unique(view.labels)) - {0}
    assert len(record["objects"]) >= 2
    for item in record["objects"]:
        assert item["visible_pixels"] == (view.labels == item["id"]).sum()
        assert item["name"].split(" thing ")[0] in ("small", "large")
        assert item["licence"] == "CC0-1.0"
    assert np.allclose(record["camera"]["k"], scene.camera.intrinsics(96, 72), atol=1e-5)


def test_clip_moves_and_keeps_ids(library):
    rng = np.random.default_rng(4)
    clip = clips.sample_clip(SceneSampler(library), rng, 5)
    assert len(clip) == 5
    first, last = clip.frame(0), clip.frame(4)
    assert [o.instance_id for o in first.objects] == [o.instance_id for o in last.objects]
    assert not np.allclose(first.camera.eye, last.camera.eye)
    movers = set(clip.poses[0])
    assert 1 <= len(movers) <= 3
    for a, b in zip(first.objects, clip.frame(2).objects, strict=True):
        assert np.array_equal(a.pose, b.pose) == (a.instance_id not in movers)
    twins = [o.mesh.mesh_id for o in first.objects]
    assert len(set(twins)) < len(twins)


def test_visible_centroid_lies_on_the_object(library):
    renderer = renderer_or_skip(96, 72)
    clip = clips.sample_clip(SceneSampler(library), np.random.default_rng(4), 2)
    scene = clip.frame(0)
    view = renderer.render(drawables(scene, library), scene.camera, scene.lighting)
    record = clips.frame_truth(scene, view)
    pose = np.array(record["world_from_optical"])
    assert record["objects"]
    for item in scene.objects:
        seen = record["objects"].get(item.instance_id)
        if seen:
            world = pose[:3, :3] @ seen["visible_centroid"] + pose[:3, 3]
            assert np.linalg.norm(world - item.centre) <= np.linalg.norm(item.size) / 2 + 1e-3


@pytest.mark.parametrize(
    ("rgb", "word"),
    [
        ((200, 20, 20), "red"), ((240, 130, 20), "orange"), ((110, 70, 35), "brown"),
        ((235, 215, 40), "yellow"), ((40, 140, 50), "green"), ((30, 60, 190), "blue"),
        ((130, 40, 190), "purple"), ((240, 110, 180), "pink"), ((240, 240, 238), "white"),
        ((128, 128, 130), "gray"), ((18, 18, 20), "black"), ((205, 170, 125), "brown"),
    ],
)  # fmt: skip
def test_color_words(rgb, word):
    assert color_name(np.tile(np.array(rgb, np.uint8), (50, 1))) == word


def test_no_color_word_for_a_mixture_or_nothing():
    halves = np.array([[200, 20, 20]] * 50 + [[30, 60, 190]] * 50, np.uint8)
    assert color_name(halves) is None
    assert color_name(halves[:70]) == "red"
    assert color_name(halves[:0]) is None


def test_camera_effects_are_moderate_and_repeatable():
    picture = np.tile(np.linspace(20, 235, 64).astype(np.uint8)[None, :, None], (48, 1, 3))
    for seed in range(12):
        once, again = (camera_effects.apply(picture, np.random.default_rng(seed)) for _ in "ab")
        assert once.shape == picture.shape and once.dtype == np.uint8
        assert np.array_equal(once, again)
        # The gradient still runs from dark to bright.
        columns = once.mean((0, 2))
        assert np.corrcoef(columns, picture.mean((0, 2)))[0, 1] > 0.95
