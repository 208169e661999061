"""Mix two models: ``python -m training.weights.mixed --old FILE --new FILE --out FILE``.

A model that was trained further has learnt from the new data and forgotten a little of the old.
Weights between both are often better than either on all of it (Wortsman et al., Robust fine-tuning
of zero-shot models, CVPR 2022).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor

from seem_ros.model.weights_file import load_file_model, save_model


def mixed(old: dict[str, Tensor], new: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """Return the old weights moved a share of the way to the new ones.

    Tables of queries may have become longer, by readings that the old model does not have; of
    these the common rows are mixed, and the old ones beyond them stay.

    Args:
        old: state of a model.
        new: state of one that was trained from it.
        share: 0 gives the old one, 1 the new one.

    Raises:
        ValueError: an array is missing or of another shape.
    """
    result = {}
    for name, value in old.items():
        other = new.get(name)
        if other is None or other.shape[1:] != value.shape[1:]:
            raise ValueError(
                f"{name} does not fit: the new model was not trained from the old one"
            )
        rows = min(len(value), len(other)) if value.dim() else None
        if other.shape != value.shape and "query_" not in name:
            raise ValueError(f"{name} has {len(other)} rows, not {len(value)}")
        result[name] = value.clone()
        if value.is_floating_point():
            kept = result[name] if rows is None else result[name][:rows]
            kept.lerp_((other if rows is None else other[:rows]).to(value), share)
    return result


def main() -> None:
    """Write the file of the command line, with the old model's configuration and refiner."""
    parser = argparse.ArgumentParser(description="Mix the weights of two models.")
    parser.add_argument("--old", type=Path, required=True, help="model file to begin with")
    parser.add_argument("--new", type=Path, required=True, help="what was trained from it")
    parser.add_argument("--share", type=float, default=0.5, help="of the new one (0.5)")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    old, new = load_file_model(args.old), load_file_model(args.new)
    with torch.inference_mode():
        state = mixed(old.model.state_dict(), new.model.state_dict(), args.share)
    old.model.load_state_dict(state)
    save_model(old.model, args.out, refiner=old.helpers.refiner)
    print(f"{args.out}: {args.share:g} of {args.new}")


if __name__ == "__main__":
    main()
