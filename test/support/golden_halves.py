"""What half precision changes of a golden case: of its masks, their logits and its classes.

The golden outputs are single precision, so they are what half precision is compared with. The
weights are made by a rule, not trained: an attention mask's hard threshold flips more easily in
them, and a flip changes a whole query. What is found here is therefore an upper bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from support.golden import Case
from support.golden_calls import Official
from support.golden_labels import runner_of

MASKS = ("final_mask", "mask_bin", "grounding_mask_bin")
LOGITS = ("masks_sub", "mask_sub", "prev_mask", "mask_q7", "matched_mask_logits")


@dataclass(frozen=True)
class Change:
    """What changed in a case; None where it has no such output.

    Attributes:
        iou: least IoU of a mask with the same one in single precision.
        logit: largest absolute change of a mask logit.
        relative: norm of the change of mask logits, by that of the logits, the largest one.
        signs: least share of mask logits that keep their sign, that is, stay in the mask or out.
        classes: least share of queries whose best class stays.
        same_query: the prompt chooses the same query.
    """

    case: str
    iou: float | None
    logit: float | None
    relative: float | None
    signs: float | None
    classes: float | None
    same_query: bool | None


def has_masks(case: Case) -> bool:
    """Whether a case has mask logits that the network computes."""
    return any(name.endswith(LOGITS) for name in case.outputs)


@torch.inference_mode()
def change_of(official: Official, case: Case) -> Change:
    """Run a case in the precision of `official` and compare it with its golden outputs."""
    found = runner_of(case)(official, case)
    pairs = {
        name: (_array(found[name]), reference)
        for name, reference in case.outputs.items()
        if name in found
    }
    masks = _of(pairs, MASKS)
    logits = _of(pairs, LOGITS)
    classes = _of(pairs, ("pred_logits",))
    chosen = _of(pairs, ("matched_query",))
    return Change(
        case.name,
        min((_iou(*pair) for pair in masks), default=None),
        max((float(np.abs(out - ref).max()) for out, ref in logits), default=None),
        max((_relative(*pair) for pair in logits), default=None),
        min((float(((out > 0) == (ref > 0)).mean()) for out, ref in logits), default=None),
        min((float((_best(out) == _best(ref)).mean()) for out, ref in classes), default=None),
        all(int(out) == int(ref) for out, ref in chosen) if chosen else None,
    )


def _array(value: Tensor | np.ndarray) -> np.ndarray:
    if not isinstance(value, Tensor):
        return np.asarray(value)
    half = value.dtype in (torch.bfloat16, torch.float16)
    return (value.float() if half else value).cpu().numpy()


def _of(
    pairs: dict[str, tuple[np.ndarray, np.ndarray]], ends: tuple[str, ...]
) -> list[tuple[np.ndarray, np.ndarray]]:
    return [pair for name, pair in pairs.items() if name.endswith(ends)]


def _iou(out: np.ndarray, reference: np.ndarray) -> float:
    mine, other = np.unpackbits(out), np.unpackbits(reference)
    either = (mine | other).sum()
    return float((mine & other).sum() / either) if either else 1.0


def _relative(out: np.ndarray, reference: np.ndarray) -> float:
    reference = reference.astype(np.float64)
    return float(np.linalg.norm(out - reference) / np.linalg.norm(reference))


def _best(class_logits: np.ndarray) -> np.ndarray:
    return class_logits.reshape(-1, class_logits.shape[-1]).argmax(-1)
