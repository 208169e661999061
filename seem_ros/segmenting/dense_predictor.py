"""Ask models with dense prompts (``nano``): planes and a few tokens per prompt.

Everything pointed at goes through the spatial queries, all prompts in one decoder call. Words
alone are looked up on the semantic map, see :mod:`seem_ros.segmenting.text_matcher`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from seem_ros.model.features import PromptBatch, TextFeatures
from seem_ros.model.seem import Seem
from seem_ros.model.semantic_map import pooled
from seem_ros.prompt_planes import (
    BOX,
    POSITIVE,
    PREVIOUS,
    collate_points,
    encode_prompt,
    input_geometry,
)
from seem_ros.segmenting.likeness import looks_under
from seem_ros.segmenting.regions import touched_regions
from seem_ros.segmenting.requests import (
    EncodedImage,
    Match,
    Request,
    mask_score,
    pointed_answers,
    stack_previous,
    stack_references,
)
from seem_ros.segmenting.surroundings import window_around
from seem_ros.segmenting.text_matcher import TextMatcher

SEED = 0.5  # a plane's value that counts as evidence


class DensePredictor:
    """Predictor of a model with dense prompts."""

    def __init__(self, model: Seem) -> None:
        self.model = model
        self._textual = TextMatcher(model, self.spatial)

    def __call__(self, image: EncodedImage, requests: Sequence[Request]) -> list[list[Match]]:
        """Answer all requests, see :class:`seem_ros.segmenting.requests.Predictor`."""
        answers = pointed_answers(self.spatial, image, requests)
        for index, request in enumerate(requests):
            if request.is_textual:
                answers[index] = self._textual(image, request.prompt)
            elif request.prompt.negative_text.strip():
                text = request.prompt.negative_text
                answers[index] = self._textual.without(image, answers[index], text)
        return answers

    def spatial(self, image: EncodedImage, requests: Sequence[Request]) -> list[Match]:
        """Segment what is pointed at, shown or remembered: one match a request, maybe empty."""
        geometry = input_geometry(image.geometry)
        encoded = [encode_prompt(r.prompt, geometry) for r in requests]
        planes = torch.from_numpy(np.stack([e.planes for e in encoded]))
        planes = planes.to(image.features.mask_features.device)
        previous, has_previous = stack_previous(requests)
        if previous is not None and has_previous is not None:
            plane = previous[:, 0].sigmoid()
            planes[:, PREVIOUS] = torch.where(
                has_previous[:, None, None], plane, planes[:, PREVIOUS]
            )
        points = collate_points(encoded, geometry.grid, self.model.config.decoder.max_points)
        batch = PromptBatch(
            per_image=len(requests),
            groups=("spatial",),
            points=None
            if points is None
            else self.model.spatial_tokens(image.features, points.to(planes.device)),
            visual=stack_references(requests),
            text=self._texts([r.prompt.text for r in requests]),
            previous=previous,
            has_previous=has_previous,
            planes=planes,
        )
        seeds = (planes[:, [POSITIVE, PREVIOUS, BOX]] > SEED).any(1).cpu().numpy()
        batch.windows = [
            None if request.norms is None else window_around(evidence, request.norms)
            for request, evidence in zip(requests, seeds, strict=True)
        ]
        output = self.model.decode(image.features, batch)["spatial"]
        masks = zip(output.mask_logits[:, 0], seeds, strict=True)
        logits = torch.stack([_without_look_alikes(mask, evidence) for mask, evidence in masks])
        embeddings = pooled(image.features.semantic[0], logits)
        norms = output.norms if output.norms is not None else [None] * len(requests)
        looks = looks_under(image.features, logits)
        return [
            Match(mask, mask_score(mask), *rest)
            for mask, *rest in zip(logits, embeddings, norms, looks, strict=True)
        ]

    def _texts(self, texts: Sequence[str]) -> TextFeatures | None:
        """Text of each request, None when no request has any."""
        if not any(t.strip() for t in texts):
            return None
        features = self.model.encode_text([t.strip() or "thing" for t in texts])
        spoken = torch.tensor([bool(t.strip()) for t in texts], device=features.valid.device)
        return replace(features, valid=features.valid & spoken[:, None])


def _without_look_alikes(logits: Tensor, seeds: np.ndarray) -> Tensor:
    """Drop regions of (h, w) logits that no positive evidence (h, w) bool touches."""
    mask = (logits > 0).cpu().numpy()
    kept = touched_regions(mask, seeds) if seeds.any() else mask
    dropped = torch.from_numpy(mask & ~kept).to(logits.device)
    return torch.where(dropped, -logits, logits)
