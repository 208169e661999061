"""Whose mask to answer where a second eye has looked: the model's own, or the eye's.

The eye is mostly better, and sometimes takes another thing, a part or a group. It is believed
where its mask fits to what is known: the clicks, the box, the model's mask, and how sure it is.

The limits come from training pictures: boxes and two to five clicks on 57 objects of
photos_objects and video_train, which nano had not seen, and on 26 of others, which it had.
"""

from __future__ import annotations

from dataclasses import dataclass

LEAST_AGREEMENT = 0.7  # below it lost most that lost more than 0.1 IoU
LEAST_EXPECTED = 0.9
LEAST_SURE = 0.8
LEAST_STEADY = 0.9
BETTER_FIT = 0.05


@dataclass(frozen=True)
class BoxFit:
    """How masks fit to an operator's box.

    Attributes:
        eye: IoU of the box and of the box around the eye's mask.
        model: the same of the model's mask.
        steady: IoU of the eye's mask with what it answers where the model's mask says less.
    """

    eye: float
    model: float
    steady: float


@dataclass(frozen=True)
class Opinions:
    """What is known of the two masks.

    Attributes:
        eye_holds: every positive click lies in the eye's mask, no negative one.
        model_holds: the same of the model's mask.
        agreement: IoU of the two.
        expected: IoU that the eye expects of its own.
        sure: mean probability within the eye's.
        fit: how they fit to a box, None without one.
    """

    eye_holds: bool
    model_holds: bool
    agreement: float
    expected: float
    sure: float
    fit: BoxFit | None = None


def prefers_eye(opinions: Opinions) -> bool:
    """Tell whether the eye's mask is to be answered."""
    if opinions.model_holds and not opinions.eye_holds:
        return False
    return _is_exacter(opinions) or (opinions.fit is not None and _fits_better(opinions.fit))


def _is_exacter(opinions: Opinions) -> bool:
    """Whether both mean the same, and the eye is sure of its outline."""
    return (
        opinions.agreement >= LEAST_AGREEMENT
        and opinions.expected >= LEAST_EXPECTED
        and opinions.sure >= LEAST_SURE
    )


def _fits_better(fit: BoxFit) -> bool:
    """Whether the eye found what fills a box that the model's mask does not."""
    return fit.steady >= LEAST_STEADY and fit.eye > fit.model + BETTER_FIT
