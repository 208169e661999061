"""Whose mask to answer where a second eye has looked: the model's own, or one of the eye's.

The eye answers twice: held to the model's mask, and with that mask as a hint alone. Either is
mostly better than the model's, and sometimes another thing, a part or a group. Two clicks or a
box leave that open, so the eye is believed where its mask fits to what is known; three clicks
say so much that it may find what the model took for something else.

The limits come from training pictures: boxes and two to five clicks on 57 objects of
photos_objects and video_train, which nano had not seen, and on 42 of others, which it had.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

MANY_CLICKS = 3
MODEL_SURE = 0.88  # mean probability from which the model itself is as exact
LEAST_HINTED = 0.9  # IoU that it expects of what many clicks ask for
LEAST_AGREEMENT = 0.7  # below it lost most that lost more than 0.1 IoU
LEAST_EXPECTED = 0.9
LEAST_SURE = 0.8
LEAST_STEADY = 0.9
BETTER_FIT = 0.05  # to a box, else it is the same or worse


class Choice(Enum):
    """Whose mask is answered."""

    MODEL = auto()
    HELD = auto()
    HINTED = auto()


@dataclass(frozen=True)
class Opinion:
    """What is known of one of the eye's masks.

    Attributes:
        holds: every positive click lies in it, no negative one.
        agreement: IoU with the model's mask.
        expected: IoU that the eye expects.
        sure: mean probability within it.
        fit: IoU of an operator's box and of the box around it, 0 without one.
    """

    holds: bool
    agreement: float
    expected: float
    sure: float
    fit: float = 0.0


@dataclass(frozen=True)
class Case:
    """What is known of a prompt and of the masks that answer it.

    Attributes:
        clicks: how many there are.
        has_box: whether there is a box.
        model_holds, model_sure, model_fit: of the model's mask, as of the eye's.
        held, hinted: the eye's.
        steady: IoU of these two.
    """

    clicks: int
    has_box: bool
    model_holds: bool
    model_sure: float
    model_fit: float
    held: Opinion
    hinted: Opinion
    steady: float


def chosen(case: Case) -> Choice:
    """Tell whose mask is to be answered."""
    hinted, held = case.hinted, case.held
    if case.model_holds and case.model_sure >= MODEL_SURE:
        return Choice.MODEL
    if case.clicks >= MANY_CLICKS and hinted.holds and hinted.expected >= LEAST_HINTED:
        return Choice.HINTED
    if case.model_holds and not held.holds:
        return Choice.MODEL
    fits = not case.has_box or held.fit >= case.model_fit - BETTER_FIT
    if not (fits and _is_exacter(held)) and not (case.has_box and _fits_better(case)):
        return Choice.MODEL
    both_sure = case.steady >= LEAST_STEADY and hinted.expected >= LEAST_EXPECTED
    return Choice.HINTED if case.has_box and hinted.holds and both_sure else Choice.HELD


def _is_exacter(held: Opinion) -> bool:
    """Whether the eye means the same as the model, and is sure of its outline."""
    return (
        held.agreement >= LEAST_AGREEMENT
        and held.expected >= LEAST_EXPECTED
        and held.sure >= LEAST_SURE
    )


def _fits_better(case: Case) -> bool:
    """Whether the eye found what fills a box that the model's mask does not."""
    return case.steady >= LEAST_STEADY and case.held.fit > case.model_fit + BETTER_FIT
