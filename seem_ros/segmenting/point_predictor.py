"""Ask official models: everything pointed at becomes points, one sequence a request.

SEEM's release picks exactly one query for every prompt. Here a click that hits nothing and words
that name nothing answer "not found", words may match several objects, and all 101 spatial
queries take part, so that the same prompt always gives the same mask.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from seem_ros.model.features import PointSet, PromptBatch, QueryOutput, TextFeatures
from seem_ros.model.matching import point_scores, text_scores
from seem_ros.model.point_sets import batched, points_of_masks
from seem_ros.model.preprocess import prepare_mask
from seem_ros.model.seem import Seem
from seem_ros.model.text.vocabularies import BACKGROUND, embed_names
from seem_ros.prompts.rasterize import rasterize
from seem_ros.segmenting.box_points import add_box, within_boxes
from seem_ros.segmenting.requests import (
    EncodedImage,
    Match,
    Request,
    mask_score,
    pointed_answers,
    stack_previous,
    stack_references,
)

TEXT_THRESHOLD = 0.5  # words must fit a query better than "background" does
MAX_MATCHES = 20
_SAME_OBJECT = 0.5  # IoU


class PointPredictor:
    """Predictor of the official models."""

    def __init__(self, model: Seem) -> None:
        self.model = model
        self.threshold = model.config.thresholds.get("text", TEXT_THRESHOLD)
        self.demo = model.decoder.config.layout == "demo"
        self._background: Tensor | None = None

    def __call__(self, image: EncodedImage, requests: Sequence[Request]) -> list[list[Match]]:
        """Answer all requests, see :class:`seem_ros.segmenting.requests.Predictor`."""
        answers = pointed_answers(self.spatial, image, requests)
        for index, request in enumerate(requests):
            if request.is_textual:
                prompt = request.prompt
                answers[index] = self.textual(image, prompt.text, prompt.negative_text)
        return answers

    def spatial(self, image: EncodedImage, requests: Sequence[Request]) -> list[Match]:
        """Segment what is pointed at, shown or remembered: one match a request, maybe empty."""
        group = "object" if self.demo else "spatial"
        points = self._points(image, requests)
        batch = PromptBatch(len(requests), (group,), visual=stack_references(requests))
        batch.points = self.model.spatial_tokens(image.features, points)
        batch.text = self._texts(requests)
        if not self.demo:
            batch.previous, batch.has_previous = stack_previous(requests)
        output = self.model.decode(image.features, batch)[group]
        clicked = (points.positive & points.valid).any(1).tolist()
        matches = []
        for row, request in enumerate(requests):
            query = self._choose(row, request, batch, output, clicked[row])
            logits = within_boxes(
                output.mask_logits[row, query], request.prompt.boxes, image.geometry
            )
            matches.append(Match(logits, mask_score(logits), output.class_embedding[row, query]))
        return matches

    def textual(self, image: EncodedImage, text: str, negative: str = "") -> list[Match]:
        """Find everything that the words name, best first; nothing when it is not in view."""
        group = "object" if self.demo else "grounding"
        features = self.model.encode_text([text.strip()])
        batch = PromptBatch(1, (group,), text=features)
        output = self.model.decode(image.features, batch)[group]
        fits = self._fits(output, features.sentence)
        if negative.strip():
            other = self.model.encode_text([negative.strip()])
            fits = torch.where(self._fits(output, other.sentence) > fits, 0.0, fits)
        matches: list[Match] = []
        for query in fits.argsort(descending=True).tolist():
            logits = output.mask_logits[0, query]
            if fits[query] < self.threshold or len(matches) == MAX_MATCHES:
                break
            known = any(_iou(logits > 0, m.logits > 0) > _SAME_OBJECT for m in matches)
            if bool((logits > 0).any()) and not known:
                score = mask_score(logits) * float(fits[query])
                matches.append(Match(logits, score, output.class_embedding[0, query]))
        return sorted(matches, key=lambda match: -match.score)

    def _fits(self, output: QueryOutput, sentences: Tensor) -> Tensor:
        """Probability (Q,) that each query is what a sentence (1, C) says, not background."""
        if self._background is None:
            self._background = embed_names(self.model.language, [BACKGROUND])
        own = text_scores(self.model.language, output, sentences[None])[0, 0]
        other = text_scores(self.model.language, output, self._background[None])[0, 0]
        return (own - other).sigmoid()

    def _points(self, image: EncodedImage, requests: Sequence[Request]) -> PointSet:
        """Clicks, strokes, masks and boxes of all requests, one row each."""
        sets = []
        for request in requests:
            masks = rasterize(request.prompt, *image.geometry.original)
            for box in request.prompt.boxes:
                masks = add_box(masks, box)
            signs = (masks.positive, masks.negative)
            positive, negative = (prepare_mask(m, image.geometry)[None] for m in signs)
            limit = self.model.decoder.config.max_points
            sets.append(points_of_masks(positive, negative, limit))
        return batched(sets).to(image.features.mask_features.device)

    def _texts(self, requests: Sequence[Request]) -> TextFeatures | None:
        """Words of each request, None when no request has any."""
        texts = [request.prompt.text.strip() for request in requests]
        if not any(texts):
            return None
        features = self.model.encode_text(texts)
        spoken = torch.tensor([bool(text) for text in texts], device=features.valid.device)
        return replace(features, valid=features.valid & spoken[:, None])

    def _choose(
        self, row: int, request: Request, batch: PromptBatch, output: QueryOutput, clicked: bool
    ) -> int:
        """Pick the query by the most exact evidence: points, reference, words, last mask."""
        own = QueryOutput(*(x[row][None] for x in _heads(output)))
        if clicked and batch.points is not None:
            scores = point_scores(own, batch.points.mean[row][None])
        elif request.references and batch.visual is not None:
            scores = point_scores(own, batch.visual.mean[row][None])
        elif request.prompt.text.strip() and batch.text is not None:
            scores = text_scores(self.model.language, own, batch.text.sentence[row][None, None])
        elif request.previous is not None:
            scores = _agreement(own.mask_logits[0], request.previous)
        else:
            raise ValueError("the prompt only says what is not meant; point at the object as well")
        return int(scores.flatten().argmax())


def _heads(output: QueryOutput) -> tuple[Tensor, Tensor, Tensor]:
    return output.class_embedding, output.mask_embedding, output.mask_logits


def _agreement(logits: Tensor, previous: Tensor) -> Tensor:
    """IoU of each query's mask (Q, h, w) with the last round's (h, w)."""
    masks, last = logits > 0, previous.to(logits.device) > 0
    union = (masks | last).flatten(1).sum(1).clamp(min=1)
    return (masks & last).flatten(1).sum(1) / union


def _iou(first: Tensor, second: Tensor) -> float:
    return float((first & second).sum() / (first | second).sum().clamp(min=1))
