"""The second eye in a segmenter: when it is asked, what it sees, whose mask is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from seem_ros import Prompt, Segmenter
from seem_ros.instances import box_of, iou
from seem_ros.model.helpers.mask_decoder import CORNER, FAR_CORNER, NEGATIVE, PADDING, POSITIVE
from seem_ros.prompts import Stroke
from seem_ros.segmenting.eye_view import SIDE, steady_square
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.question import Question

BALL = (110, 120, 40)  # x, y, radius
SQUARE = (48, 64, 128)  # x, y, side of what is looked at: 128 is the next size from 1.3 * 80


class DiscEye(nn.Module):
    """Answers with a disc in the middle of the part; notes what it is asked."""

    def __init__(self, radius: float = 0.3) -> None:
        super().__init__()
        self.radius = radius
        self.looked: list[tuple[int, ...]] = []
        self.asked: list[tuple[list, list, Tensor | None]] = []

    def look(self, pixels: Tensor) -> Tensor:
        """(3, h, w) -> (1, 1, h / 16, w / 16)."""
        self.looked.append(tuple(pixels.shape))
        return torch.zeros(1, 1, pixels.shape[1] // 16, pixels.shape[2] // 16)

    def answer(
        self,
        features: Tensor,
        places: Tensor,
        kinds: Sequence[int],
        mask: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Four discs, each smaller than the one before."""
        self.asked.append((places.tolist(), list(kinds), mask))
        rows, columns = (4 * n for n in features.shape[-2:])
        down, across = torch.meshgrid(
            (torch.arange(rows) + 0.5) / rows, (torch.arange(columns) + 0.5) / columns,
            indexing="ij",
        )  # fmt: skip
        distance = torch.hypot(down - 0.5, across - 0.5)
        radii = [self.radius * share for share in (1.0, 0.9, 0.8, 0.7)]
        logits = torch.stack([20 * (radius - distance) / radius for radius in radii])
        return logits, 0.95 * torch.tensor([1.0, 0.7, 0.9, 0.8])


def ball() -> tuple[np.ndarray, np.ndarray]:
    """An orange ball on grey and its mask."""
    rows, columns = np.mgrid[:240, :320]
    mask = np.hypot(rows - BALL[1], columns - BALL[0]) < BALL[2]
    rgb = np.full((240, 320, 3), (140, 140, 145), np.uint8)
    rgb[mask] = (230, 120, 30)
    return rgb, mask


def disc(radius: float) -> np.ndarray:
    """(240, 320) bool, around the middle of the square."""
    rows, columns = np.mgrid[:240, :320]
    x, y, side = SQUARE
    return np.hypot(rows + 0.5 - y - side / 2, columns + 0.5 - x - side / 2) < radius


@pytest.fixture(scope="module")
def nano() -> Segmenter:
    return Segmenter.from_pretrained("nano", "cpu", second_eye=False)


def looked_at_by(nano: Segmenter, eye: nn.Module | None) -> Picture:
    """The ball, by nano with an eye."""
    helpers = replace(nano.helpers, second_eye=eye)
    return Segmenter(nano.model, helpers=helpers).look(ball()[0])


CLICK, AGAIN, WRONG = (110.0, 120.0, 1), (118.0, 126.0, 1), (180.0, 60.0, 0)
BOX = (70.0, 80.0, 150.0, 160.0)


@pytest.mark.parametrize(
    ("prompt", "times"),
    [
        (Prompt(points=[CLICK]), 0),
        (Prompt(points=[CLICK, AGAIN]), 1),
        (Prompt(points=[CLICK, WRONG]), 1),
        (Prompt(boxes=[BOX]), 1),
        (Prompt(boxes=[BOX], points=[CLICK]), 1),
        (Prompt(boxes=[BOX], strokes=[Stroke(((100, 120), (120, 120)))]), 0),
        (Prompt(mask=ball()[1]), 0),
        (Prompt(text="ball"), 1),  # which the detector sees
        (Prompt(text="ball", track=True), 0),
        (Prompt(text="elephant"), 0),
    ],
)
def test_boxes_further_clicks_and_words_ask_it(
    nano: Segmenter, prompt: Prompt, times: int
) -> None:
    eye = DiscEye()
    looked_at_by(nano, eye).answer([Question(prompt)])
    assert len(eye.asked) == times


def test_a_click_on_an_answer_is_a_further_one_and_memory_alone_is_none(nano: Segmenter) -> None:
    eye = DiscEye()
    picture = looked_at_by(nano, eye)
    first = picture.answer([Question(Prompt(points=[CLICK]))])[0]
    known = [picture.remember(first.mask)]
    again = Prompt(points=[AGAIN])
    picture.answer([Question(again, first, known), Question(again, None, known)])
    assert not eye.asked, "a frame's own look at what it remembers"
    picture.answer([Question(again, first)])
    assert len(eye.asked) == 1
    picture.answer([Question(again, first, known, insists=True)])
    assert len(eye.asked) == 2


def test_it_sees_a_square_all_prompts_and_the_models_mask(nano: Segmenter) -> None:
    eye = DiscEye()
    picture = looked_at_by(nano, eye)
    box = Prompt(boxes=[BOX], points=[CLICK, (130.0, 100.0, 0)])
    picture.answer([Question(box)])
    assert eye.looked == [(3, SIDE, SIDE)]
    places, kinds, shown = eye.asked[0]
    assert kinds == [POSITIVE, NEGATIVE, CORNER, FAR_CORNER]
    middle, _, corner, far = places
    scale = SIDE / SQUARE[2]
    expected = [(CLICK[0] - SQUARE[0]) * scale, (CLICK[1] - SQUARE[1]) * scale]
    assert middle == pytest.approx(expected)
    assert far[0] - corner[0] == pytest.approx(80 * scale)
    assert shown is not None
    share = float((shown > 0).float().mean())
    assert share == pytest.approx(np.pi * 40**2 / SQUARE[2] ** 2, rel=0.15)
    picture.answer([Question(Prompt(points=[CLICK, AGAIN]))])
    assert eye.asked[-1][1] == [POSITIVE, POSITIVE, PADDING]
    assert len(eye.looked) == 1, "what was looked at is not looked at again"


def test_the_answer_lies_between_both_masks_and_goes_into_the_next_round(nano: Segmenter) -> None:
    prompt = Prompt(points=[CLICK, AGAIN])
    alone = looked_at_by(nano, None).answer([Question(prompt)])[0]
    eye = DiscEye(radius=0.2)
    picture = looked_at_by(nano, eye)
    answer = picture.answer([Question(prompt)])[0]
    own = disc(0.2 * SQUARE[2])
    assert iou(answer.mask, alone.mask) < 0.97
    assert np.count_nonzero(answer.mask & ~(alone.mask | own)) < 0.02 * answer.mask.sum()
    assert own.sum() < answer.mask.sum() < alone.mask.sum()
    assert answer.logits is not None
    assert answer.logits.shape == picture.grid.shown
    cells = np.count_nonzero(answer.logits > 0) * np.prod(picture.grid.pixels_per_cell)
    assert cells == pytest.approx(np.count_nonzero(answer.mask), rel=0.06)
    assert answer.objects[0].box == box_of(answer.mask)


def test_with_more_clicks_it_counts_for_more(nano: Segmenter) -> None:
    clicks = [CLICK, AGAIN, (112.0, 118.0, 1), (106.0, 124.0, 1), (110.0, 114.0, 1)]
    prompts = [Prompt(points=clicks[:count]) for count in (2, 3, 4, 5)]
    picture = looked_at_by(nano, DiscEye(radius=0.24))
    own = disc(0.24 * SQUARE[2])
    answers = picture.answer([Question(prompt) for prompt in prompts])
    nearness = [iou(answer.mask, own) for answer in answers]
    assert nearness == sorted(nearness)
    assert nearness[3] > nearness[0] + 0.02


def test_what_words_find_is_outlined_by_it_and_stays_as_sure(nano: Segmenter) -> None:
    words = Question(Prompt(text="ball"))
    (own,) = looked_at_by(nano, None).answer([words])
    (answer,) = looked_at_by(nano, DiscEye(radius=0.2)).answer([words])
    assert answer.score == own.score
    drawn = disc(0.2 * SQUARE[2])
    assert iou(answer.mask, drawn) > iou(own.mask, drawn)


def test_the_models_mask_stays_where_clicks_speak_against_the_eye(nano: Segmenter) -> None:
    dot = DiscEye(radius=0.02)  # holds neither click, and so the mean of both masks does not
    prompt = Prompt(points=[CLICK, AGAIN])
    (own,) = looked_at_by(nano, None).answer([Question(prompt)])
    assert all(own.mask[int(y), int(x)] for x, y, _ in prompt.points)
    (answer,) = looked_at_by(nano, dot).answer([Question(prompt)])
    assert dot.asked
    assert np.array_equal(answer.mask, own.mask)
    assert answer.score == own.score


def test_the_same_prompt_gives_the_same_mask_whatever_was_asked_before(nano: Segmenter) -> None:
    full = Segmenter(nano.model, helpers=replace(nano.helpers, second_eye=DiscEye()))
    fresh, used = full.look(ball()[0]), full.look(ball()[0])
    used.answer(
        [Question(Prompt(boxes=[BOX])), Question(Prompt(boxes=[(60.0, 70.0, 190.0, 200.0)]))]
    )
    prompt = Prompt(points=[CLICK, AGAIN])
    (first,), (second,) = (picture.answer([Question(prompt)]) for picture in (fresh, used))
    assert np.array_equal(first.mask, second.mask)


@pytest.mark.parametrize("shift", [0.0, 3.0, -3.0])
def test_nearly_the_same_boxes_mostly_share_a_square(shift: float) -> None:
    x0, y0, x1, y1 = 130.0 + shift, 90.0, 230.0 + shift, 180.0
    crop = steady_square((x0, y0, x1, y1), (480, 640))
    assert crop == steady_square((130.0, 90.0, 230.0, 180.0), (480, 640))
    assert crop.x0 < x0
    assert crop.y0 < y0
    assert crop.x1 > x1
    assert crop.y1 > y1


def test_readings_of_a_first_click_are_asked_for_late_and_stay_as_the_eye_sees_them(
    nano: Segmenter,
) -> None:
    eye = DiscEye()
    picture = looked_at_by(nano, eye)
    (answer,) = picture.answer([Question(Prompt(points=[CLICK]))])
    assert not eye.asked
    first, *others = answer.alternatives
    assert first is answer
    assert len(eye.asked) == 1
    places, kinds, shown = eye.asked[0]
    assert kinds == [POSITIVE, PADDING]
    assert shown is None, "the mask would only be said again"
    assert len(others) == 3
    areas = [np.count_nonzero(each.mask) for each in others]
    expected = [np.pi * (0.3 * share * SQUARE[2]) ** 2 for share in (0.8, 0.7, 0.9)]
    assert areas == pytest.approx(expected, rel=0.06), "best first by the IoU that it expects"


def test_without_an_eye_a_click_means_one_thing(nano: Segmenter) -> None:
    (answer,) = looked_at_by(nano, None).answer([Question(Prompt(points=[CLICK]))])
    assert len(answer.alternatives) == 1


@torch.inference_mode()
def test_the_shipped_eye_mends_a_mask_and_knows_other_readings() -> None:
    loaded = Segmenter.from_pretrained("nano", "cpu")
    rgb, truth = ball()
    rgb[95:110, 95:110] = (40, 60, 200)
    picture = loaded.look(rgb)
    (boxed,) = picture.answer([Question(Prompt(boxes=[BOX]))])
    assert iou(boxed.mask, truth) > 0.95
    (clicked,) = picture.answer([Question(Prompt(points=[(102.0, 102.0, 1)]))])
    part = np.zeros_like(truth)
    part[95:110, 95:110] = True
    ious = [[iou(each.mask, meant) for each in clicked.alternatives] for meant in (truth, part)]
    assert max(ious[0]) > 0.9
    assert max(ious[1]) > 0.8


def test_no_answer_depends_on_whether_readings_were_asked_for(nano: Segmenter) -> None:
    corrected = Question(Prompt(points=[CLICK, WRONG]))  # its square is larger than a click's
    answers = []
    for curious in (False, True):
        picture = looked_at_by(nano, DiscEye())
        (first,) = picture.answer([Question(Prompt(points=[CLICK, AGAIN]))])
        if curious:
            assert len(first.alternatives) > 1
        answers += picture.answer([corrected])
    assert np.array_equal(answers[0].mask, answers[1].mask)
