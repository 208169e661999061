"""Motion between frames, on textures shifted by a known amount."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from seem_ros.instances import iou
from seem_ros.prompts import Prompt, Stroke
from seem_ros.segmentation import Segmentation
from seem_ros.tracking.frames import GreyFrame
from seem_ros.tracking.motion import estimate, moved_prompt, moved_segmentation


def texture(seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 255, (30, 40, 3), np.uint8)
    return cv2.resize(noise, (320, 240), interpolation=cv2.INTER_CUBIC)


def square(x0: int, y0: int) -> np.ndarray:
    mask = np.zeros((240, 320), bool)
    mask[y0 : y0 + 60, x0 : x0 + 80] = True
    return mask


@pytest.fixture
def frames() -> tuple[GreyFrame, GreyFrame]:
    rgb = texture()
    return GreyFrame.of(rgb, 0), GreyFrame.of(np.roll(rgb, (4, 6), axis=(0, 1)), 1)


def test_mask_and_logits_move_with_the_picture(frames):
    motion = estimate(*frames)
    assert motion.reliable
    assert iou(motion.warp_mask(square(100, 80)), square(106, 84)) > 0.97
    logits = np.where(square(100, 80), 5.0, -5.0).astype(np.float32)[::4, ::4]
    result = Segmentation(True, square(100, 80), 0.9, "mug", logits=logits)
    moved = moved_segmentation(result, motion, (240, 320))
    expected = square(106, 84)[::4, ::4]
    assert iou(moved.logits > 0, expected) > 0.85
    assert (moved.class_name, result.logits is logits) == ("mug", True)


def test_mask_of_another_size_is_resized():
    result = Segmentation.from_mask(square(100, 80))
    moved = moved_segmentation(result, None, (480, 640))
    assert moved.mask.shape == (480, 640)
    assert moved.mask.sum() == 4 * square(100, 80).sum()


def test_a_cut_is_not_motion(frames):
    assert not estimate(frames[0], GreyFrame.of(texture(seed=2), 1)).reliable


def test_trust_is_lost_only_where_the_picture_is_not_explained():
    rgb = texture()
    changed = rgb.copy()
    changed[80:140, 100:180] = texture(seed=5)[80:140, 100:180]
    motion = estimate(GreyFrame.of(rgb, 0), GreyFrame.of(changed, 1))
    assert motion.reliable
    assert motion.trust(square(10, 10)) == 1.0
    assert motion.trust(square(100, 80)) < 0.5
    assert motion.trust(np.zeros((240, 320), bool)) == 0.0


def test_prompt_moves_with_the_picture(frames):
    prompt = Prompt(
        points=[(100, 80, 1)],
        boxes=[(100, 80, 140, 120)],
        strokes=[Stroke([(50, 60), (70, 60)])],
        mask=square(100, 80),
    )
    moved = moved_prompt(prompt, *frames)
    np.testing.assert_allclose(moved.points[0], (106, 84, 1), atol=0.7)
    np.testing.assert_allclose(moved.boxes[0], (106, 84, 146, 124), atol=0.7)
    np.testing.assert_allclose(moved.strokes[0].points, [(56, 64), (76, 64)], atol=0.7)
    assert iou(moved.mask, square(106, 84)) > 0.97


def test_prompt_is_not_carried_over_a_cut(frames):
    with pytest.raises(ValueError, match="point again"):
        moved_prompt(Prompt(points=[(3, 3, 1)]), frames[0], GreyFrame.of(texture(seed=2), 1))
