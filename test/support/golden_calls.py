"""Our SEEM with the golden cases' weights, and the cases about features alone.

Every runner names its outputs as the case does.
"""

from __future__ import annotations

import dataclasses
import gc

import numpy as np
import torch
from torch import Tensor

from seem_ros.model.checkpoints import load_config
from seem_ros.model.config import SeemConfig
from seem_ros.model.features import (
    ImageFeatures,
    PromptBatch,
    QueryOutput,
)
from seem_ros.model.official import with_layout
from seem_ros.model.precision import halved
from seem_ros.model.preprocess import Geometry, prepare_image
from seem_ros.model.seem import Seem
from seem_ros.model.text.tokenizer import ClipTokenizer
from support.filled_weights import fill_module
from support.golden import Case
from support.official_decoder import with_official_decoder

CONFIGURATIONS = {
    "focalt": "focal_t",
    "focall": "focal_l",
    "samvitb": "sam_vit_b",
    "samvitl": "sam_vit_l",
}
THINGS = 80
MAX_POINTS = 512
MAPS = ("res2", "res3", "res4", "res5", "ms0", "ms1", "ms2", "mask_features")


class Official:
    """Our SEEM with filled weights, one checkpoint in memory at a time.

    Args:
        vocabulary: (K, C) class rows that all cases use.
        half: type in which images are encoded and prompts decoded, None for single precision.
    """

    def __init__(self, vocabulary: np.ndarray | None, half: torch.dtype | None = None) -> None:
        self.half = half
        self.vocabulary = None if vocabulary is None else torch.from_numpy(vocabulary)
        self.model: Seem | None = None
        self.features: dict[tuple, tuple[ImageFeatures, Geometry]] = {}

    def use(self, name: str, **rules: bool) -> Seem:
        """Return the model that a case names, such as ``focalt_unicl_lang_v1``."""
        backbone, layout = name.split("_")[0], name.rsplit("_", 1)[1]
        config = load_config(CONFIGURATIONS[backbone])
        if self.model is None or self.model.config.name != config.name:
            self._build(config)
        self.model.decoder.config = with_layout(config, layout, **rules).decoder
        return self.model

    def _build(self, config: SeemConfig) -> None:
        self.model = None
        self.features.clear()
        gc.collect()
        with torch.device("meta"):
            model = with_official_decoder(Seem(config))
        model.to_empty(device="cpu")
        self.model = fill_module(model).eval()
        self.model.compute_type = self.half
        model.language.tokenizer = ClipTokenizer()

    def encode(self, case: Case, key: str = "image", **changes: int):
        """Return the features and sizes of a case's image, computed once."""
        name = (case.call[key], tuple(changes.items()))
        if name not in self.features:
            config = dataclasses.replace(self.model.config.input, **changes)
            image, geometry = prepare_image(case.image(key), config)
            self.features[name] = (self.model.encode_image(image), geometry)
        return self.features[name]

    def class_logits(self, output: QueryOutput) -> Tensor:
        """(Q, K) class logits of the only sequence."""
        return self.model.language.class_logits(output.class_embedding[0], self.vocabulary)


def _stats(maps: Tensor) -> Tensor:
    flat = maps[0].flatten(1)
    return torch.stack((flat.mean(1), flat.std(1)))


def packed(masks: Tensor) -> np.ndarray:
    """Return bool masks as bits, as the cases keep them."""
    return np.packbits(masks.cpu().numpy())


def features(official: Official, case: Case, name: str, every: dict[str, tuple[int, int]]):
    """Maps of the backbone and the pixel decoder, as statistics and strided samples."""
    model = official.use(name)
    fixed = model.config.input.fixed_size
    resize = 512 if "resized_hw" in case.call else 0
    config = dataclasses.replace(model.config.input, size=resize, max_size=0)
    image, geometry = prepare_image(case.image(), config)
    inner: list[Tensor] = []
    pixel_decoder = model.sem_seg_head.pixel_decoder
    hook = pixel_decoder.transformer.register_forward_hook(lambda *x: inner.append(x[-1]))
    with halved(model.compute_type, image.device):
        maps = model.backbone(image)
        prepared = model.encode_maps(maps, geometry.padded).widened()
    hook.remove()
    named = dict(zip(MAPS, [*maps, *prepared.levels, prepared.mask_features], strict=True))
    if not fixed:
        named["transformer"] = inner[0]
    out = {"padded_hw": np.array(geometry.padded), "norm_image_sub": image[:, :, ::16, ::16]}
    for key, value in named.items():
        channels, step = every[key]
        out[f"{key}_stats"] = _stats(value)
        out[f"{key}_sub"] = value[:, ::channels, ::step, ::step]
    return out, prepared


def backbone_features(official: Official, case: Case) -> dict:
    """``features_*``: the demo's preprocessing, Focal-T, the pixel decoder."""
    steps = {"res2": 8, "res3": 4, "res4": 2, "res5": 1, "transformer": 1, "ms0": 1, "ms1": 2}
    steps |= {"ms2": 4, "mask_features": 8}
    every = {key: (16, step) for key, step in steps.items()}
    out, _ = features(official, case, case.call.get("model", "focalt_unicl_lang_v1"), every)
    return out


def whole_features(official: Official, case: Case) -> dict:
    """``focall_features`` and ``samvitb_features``: all maps and the decoder without prompts."""
    name = case.call["model"]
    sam = name.startswith("sam")
    steps = {"res2": 8, "res3": 4, "res4": 2, "res5": 1, "ms0": 1, "ms1": 2, "ms2": 4}
    every = {key: (32, 2 * step) if sam else (16, step) for key, step in steps.items()}
    every |= {"mask_features": (16, 8), "transformer": (16, 1)}
    out, prepared = features(official, case, name, every)
    output = official.model.decode(prepared, PromptBatch(1, ("object",)))["object"]
    step = 16 if sam else 4
    out["pred_logits"] = official.class_logits(output)
    out["pred_masks_sub"] = output.mask_logits[0, ::4, ::step, ::step]
    return out
