"""Ask models with dense prompts (``nano``): planes and a few tokens per prompt.

Everything pointed at goes through the spatial queries, all prompts in one decoder call. Words
alone are looked up on the semantic map; the regions they name then become clicks, so that each
object comes out as a mask of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from seem_ros.instances import iou
from seem_ros.model.features import PromptBatch, TextFeatures
from seem_ros.model.seem import Seem
from seem_ros.model.semantic_map import pooled
from seem_ros.phrase_parsing import parse_phrase
from seem_ros.prompt_planes import (
    BOX,
    POSITIVE,
    PREVIOUS,
    STRIDE,
    InputGeometry,
    collate_points,
    encode_prompt,
)
from seem_ros.prompts import Prompt
from seem_ros.segmenting.attributes import choose
from seem_ros.segmenting.regions import Region, regions_of, touched_regions
from seem_ros.segmenting.requests import (
    EncodedImage,
    Match,
    Request,
    mask_score,
    stack_previous,
    stack_references,
)
from seem_ros.segmenting.word_map import WordMap

PRESENCE = 0.5  # below this probability the named thing is not in view
MAX_MATCHES = 20
_INSIDE_UNION = 0.6  # share of an object's mask that must lie in what was named
_SAME_OBJECT = 0.5  # IoU
SEED = 0.5  # a plane's value that counts as evidence


class DensePredictor:
    """Predictor of a model with dense prompts."""

    def __init__(self, model: Seem) -> None:
        self.model = model
        self.presence = model.config.thresholds.get("presence", PRESENCE)
        self._words = WordMap(model)

    def __call__(self, image: EncodedImage, requests: Sequence[Request]) -> list[list[Match]]:
        """Answer all requests, see :class:`seem_ros.segmenting.requests.Predictor`."""
        answers: list[list[Match]] = [[] for _ in requests]
        pointed = [i for i, r in enumerate(requests) if not r.is_textual]
        if pointed:
            matches = self.spatial(image, [requests[i] for i in pointed])
            for index, match in zip(pointed, matches, strict=True):
                answers[index] = [match] if bool((match.logits > 0).any()) else []
        for index, request in enumerate(requests):
            if request.is_textual:
                answers[index] = self.textual(image, request.prompt)
            elif request.prompt.negative_text.strip():
                answers[index] = self._without(image, answers[index], request.prompt)
        return answers

    def spatial(self, image: EncodedImage, requests: Sequence[Request]) -> list[Match]:
        """Segment what is pointed at, shown or remembered: one match a request, maybe empty."""
        geometry = input_geometry(image)
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
        logits = self.model.decode(image.features, batch)["spatial"].mask_logits[:, 0]
        seen = [
            _without_look_alikes(mask, plane)
            for mask, plane in zip(logits, planes.cpu().numpy(), strict=True)
        ]
        return self._matches(image, torch.stack(seen))

    def _matches(self, image: EncodedImage, logits: Tensor) -> list[Match]:
        """Matches of (N, h, w) logits, with what the semantic map says under each mask."""
        embeddings = pooled(image.features.semantic[0], logits)
        return [
            Match(mask, mask_score(mask), embedding)
            for mask, embedding in zip(logits, embeddings, strict=True)
        ]

    def textual(self, image: EncodedImage, prompt: Prompt) -> list[Match]:
        """Find everything that the words name, best first; nothing when it is not in view."""
        phrase = parse_phrase(prompt.text)
        odds, presence = self._words(image, [phrase.name])
        if presence[0] < self.presence:
            return []
        union = odds[0]
        if prompt.negative_text.strip():
            other, there = self._words(image, [prompt.negative_text.strip()])
            if there[0] >= self.presence:
                union = torch.where(other[0] > union, -union.abs() - 1, union)
        matches = self._separate(image, union, phrase.name)
        for match in matches:
            match.score *= presence[0]
        matches.sort(key=lambda m: -m.score)
        return choose(phrase, image, matches)

    def _separate(self, image: EncodedImage, union: Tensor, name: str) -> list[Match]:
        """Split a union of objects into objects: click each region, keep what fits the union."""
        named = (union > 0).cpu().numpy()
        matches: list[Match] = []
        taken = np.zeros_like(named)
        for _ in range(2):
            regions = regions_of(named & ~taken, MAX_MATCHES - len(matches))
            if not regions:
                break
            for match in self._objects(image, union, regions, name):
                mask = (match.logits > 0).cpu().numpy()
                if all(iou(mask, (m.logits > 0).cpu().numpy()) < _SAME_OBJECT for m in matches):
                    matches.append(match)
                    taken |= mask
            for region in regions:
                taken |= region.mask
        return matches

    def _objects(
        self, image: EncodedImage, union: Tensor, regions: Sequence[Region], name: str
    ) -> list[Match]:
        """The object at each region's centre, or the region itself where a click finds another."""
        geometry = input_geometry(image)
        scale = np.array([geometry.scale_x, geometry.scale_y]) / STRIDE
        requests = []
        for region in regions:
            x, y = np.asarray(region.centre) / scale
            click = Prompt(points=((float(x), float(y), 1),), text=name)
            requests.append(Request(click))
        matches = []
        named = union > 0
        for region, match in zip(regions, self.spatial(image, requests), strict=True):
            inside = match.logits > 0
            fits = (inside & named).sum() >= _INSIDE_UNION * inside.sum()
            if not bool(inside.any()) or not bool(fits):
                own = torch.from_numpy(region.mask).to(union.device)
                logits = torch.where(own, union, -union.abs() - 1)
                match = self._matches(image, logits[None])[0]
            matches.append(match)
        return matches

    def _without(self, image: EncodedImage, matches: list[Match], prompt: Prompt) -> list[Match]:
        """Cut what the negative text names out of the matches."""
        other, presence = self._words(image, [prompt.negative_text.strip()])
        if presence[0] < self.presence:
            return matches
        cut = [replace(m, logits=torch.minimum(m.logits, -other[0])) for m in matches]
        return [m for m in cut if bool((m.logits > 0).any())]

    def _texts(self, texts: Sequence[str]) -> TextFeatures | None:
        """Text of each request, None when no request has any."""
        if not any(t.strip() for t in texts):
            return None
        features = self.model.encode_text([t.strip() or "thing" for t in texts])
        spoken = torch.tensor([bool(t.strip()) for t in texts], device=features.valid.device)
        return replace(features, valid=features.valid & spoken[:, None])


def _without_look_alikes(logits: Tensor, planes: np.ndarray) -> Tensor:
    """Drop regions of (h, w) logits that no positive evidence in the (4, h, w) planes touches."""
    mask = (logits > 0).cpu().numpy()
    seeds = (planes[[POSITIVE, PREVIOUS, BOX]] > SEED).any(0)
    kept = touched_regions(mask, seeds) if seeds.any() else mask
    dropped = torch.from_numpy(mask & ~kept).to(logits.device)
    return torch.where(dropped, -logits, logits)


def input_geometry(image: EncodedImage) -> InputGeometry:
    """Scale from the image's pixels to the padded input."""
    (height, width), (rows, columns) = image.geometry.original, image.geometry.resized
    return InputGeometry(columns / width, rows / height, image.geometry.padded)
