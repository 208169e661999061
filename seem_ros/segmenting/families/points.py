"""Official models: everything pointed at becomes points, one sequence a question.

SEEM's release picks exactly one query for every prompt. Here a click that hits nothing and words
that name nothing answer "not found", words may match several objects, and all 101 spatial
queries take part, so that the same prompt always gives the same mask.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from seem_ros.model.features import (
    PointSet,
    PromptBatch,
    QueryOutput,
    SpatialTokens,
)
from seem_ros.model.point_sets import batched, points_of_masks
from seem_ros.model.preprocess import prepare_mask
from seem_ros.model.scores import point_scores, text_scores
from seem_ros.model.seem import Seem
from seem_ros.model.text.vocabularies import BACKGROUND, embed_names
from seem_ros.prompts import Prompt
from seem_ros.prompts.rasterize import rasterize
from seem_ros.segmentation import SegmentedObject
from seem_ros.segmenting.everything import label_everything
from seem_ros.segmenting.evidence import Evidence, spoken, stack_previous, stack_references
from seem_ros.segmenting.families.box_points import add_box, within_boxes
from seem_ros.segmenting.families.family import Family
from seem_ros.segmenting.mask import Mask
from seem_ros.segmenting.match import Match, Named
from seem_ros.segmenting.picture import Picture

TEXT_THRESHOLD = 0.5  # words must fit a query better than "background" does
MAX_MATCHES = 20
_SAME_OBJECT = 0.5  # IoU
_OTHER_QUERIES = 20  # looked through for other readings of a click, of the 101 there are


class PointFamily(Family):
    """The official models."""

    def __init__(self, model: Seem, device: torch.device) -> None:
        super().__init__(model, device)
        self.threshold = model.config.thresholds.get("text", TEXT_THRESHOLD)
        self.demo = model.decoder.config.layout == "demo"

    def tokens(self, picture: Picture, mask: np.ndarray) -> SpatialTokens:
        """Read the mask as a stroke."""
        stroke = prepare_mask(mask, picture.grid)[None]
        points = points_of_masks(stroke, limit=self.model.config.decoder.max_points)
        return self.model.spatial_tokens(picture.features, points.to(self.device))

    def pointed(self, picture: Picture, evidence: Sequence[Evidence]) -> list[Match]:
        """Answer with the query that fits the most exact evidence."""
        output, fits = self._decoded(picture, evidence)
        queries = torch.stack([row.argmax() for row in fits])
        rows = torch.arange(len(evidence), device=queries.device)
        return self._matches_of(picture, evidence, output, rows, queries)

    def readings(self, picture: Picture, evidence: Evidence) -> list[Match]:
        """Let the queries that fit next best answer too."""
        output, (fits,) = self._decoded(picture, [evidence])
        (known,) = self.downloads.now(fits)
        best = int(known.argmax())
        others = [query for query in known.argsort(descending=True).tolist() if query != best]
        queries = torch.tensor([best, *others[:_OTHER_QUERIES]], device=self.device)
        rows = torch.zeros_like(queries)
        return self._matches_of(picture, [evidence] * len(queries), output, rows, queries)

    def _matches_of(
        self,
        picture: Picture,
        evidence: Sequence[Evidence],
        output: QueryOutput,
        rows: Tensor,
        queries: Tensor,
    ) -> list[Match]:
        """What one query (N,) of a row (N,) answers to each question; masks come together."""
        (found,) = self.downloads.now(output.mask_logits[rows, queries])
        embeddings = output.class_embedding[rows, queries]
        matches = []
        for each, logits, embedding in zip(evidence, found.float(), embeddings, strict=True):
            mask = Mask(within_boxes(logits, each.prompt.boxes, picture.grid), picture.grid)
            matches.append(Match(mask, mask.score, embedding))
        return matches

    def _decoded(
        self, picture: Picture, evidence: Sequence[Evidence]
    ) -> tuple[QueryOutput, list[Tensor]]:
        """What all queries answer, and how each (Q,) fits, one row a question."""
        group = "object" if self.demo else "spatial"
        points = self._points(picture, evidence)
        batch = PromptBatch(len(evidence), (group,), visual=stack_references(evidence))
        batch.points = self.model.spatial_tokens(picture.features, points.to(self.device))
        batch.text = spoken(self.model.encode_text, [each.prompt.text for each in evidence])
        if not self.demo:
            previous, has_previous = stack_previous(evidence)
            if previous is not None and has_previous is not None:
                batch.previous, batch.has_previous = (
                    x.to(self.device) for x in (previous, has_previous)
                )
        output = self.model.decode(picture.features, batch)[group]
        clicked = (points.positive & points.valid).any(1).tolist()
        fits = [
            self._fits_evidence(row, each, batch, output, clicked[row])
            for row, each in enumerate(evidence)
        ]
        return output, fits

    def named(self, picture: Picture, prompt: Prompt) -> Named:
        """Answer with the queries that fit the words better than background and other words."""
        group = "object" if self.demo else "grounding"
        features = self.model.encode_text([prompt.text.strip()])
        batch = PromptBatch(1, (group,), text=features)
        output = self.model.decode(picture.features, batch)[group]
        fits = self.fits(output, features.sentence)
        if prompt.negative_text.strip():
            other = self.model.encode_text([prompt.negative_text.strip()])
            fits = torch.where(self.fits(output, other.sentence) > fits, 0.0, fits)
        (known,) = self.downloads.now(fits)
        order = known.argsort(descending=True)
        fitting = order[known[order] >= self.threshold]
        (logits,) = self.downloads.now(output.mask_logits[0][fitting.to(self.device)])
        matches: list[Match] = []
        for query, row in zip(fitting.tolist(), logits.float(), strict=True):
            if len(matches) == MAX_MATCHES:
                break
            mask = Mask(row, picture.grid)
            double = any(mask.iou(match.mask) > _SAME_OBJECT for match in matches)
            if mask.cell_count and not double:
                score = mask.score * float(known[query])
                matches.append(Match(mask, score, output.class_embedding[0, query]))
        return Named(sorted(matches, key=lambda match: -match.score))

    def name_logits(self, embeddings: Tensor) -> Tensor:
        """Compare the queries' class embeddings."""
        rows = self.vocabulary.rows[: len(self.vocabulary.names)]
        return self.model.language.class_logits(embeddings, rows)

    def everything(self, picture: Picture) -> tuple[np.ndarray, list[SegmentedObject]]:
        """Ask the object queries, whose embeddings are compared with names and background."""
        output = self.model.decode(picture.features, PromptBatch(1, ("object",)))["object"]
        rows, thresholds = self.vocabulary.rows, self.model.config.thresholds
        classes = self.model.language.class_logits(output.class_embedding[0], rows)
        masks = picture.grid.to_picture(output.mask_logits[0])
        return label_everything(classes, masks, self.vocabulary, thresholds)

    def fits(self, output: QueryOutput, sentences: Tensor) -> Tensor:
        """Probability (Q,) that each query is what a sentence (1, C) says, not background."""
        own = text_scores(self.model.language, output, sentences[None])[0, 0]
        other = text_scores(self.model.language, output, self._background[None])[0, 0]
        return (own - other).sigmoid()

    @cached_property
    def _background(self) -> Tensor:
        return embed_names(self.model.language, [BACKGROUND])

    def _points(self, picture: Picture, evidence: Sequence[Evidence]) -> PointSet:
        """Clicks, strokes, masks and boxes of all questions, one row each."""
        sets = []
        for each in evidence:
            masks = rasterize(each.prompt, *picture.size)
            for box in each.prompt.boxes:
                masks = add_box(masks, box)
            signs = (masks.positive, masks.negative)
            positive, negative = (prepare_mask(m, picture.grid)[None] for m in signs)
            limit = self.model.decoder.config.max_points
            sets.append(points_of_masks(positive, negative, limit))
        return batched(sets)

    def _fits_evidence(
        self, row: int, evidence: Evidence, batch: PromptBatch, output: QueryOutput, clicked: bool
    ) -> Tensor:
        """How queries (Q,) fit the most exact evidence: points, reference, words, last mask."""
        own = QueryOutput(
            output.class_embedding[row][None],
            output.mask_embedding[row][None],
            output.mask_logits[row][None],
        )
        if clicked and batch.points is not None:
            scores = point_scores(own, batch.points.mean[row][None])
        elif evidence.references and batch.visual is not None:
            scores = point_scores(own, batch.visual.mean[row][None])
        elif evidence.prompt.text.strip() and batch.text is not None:
            scores = text_scores(self.model.language, own, batch.text.sentence[row][None, None])
        elif evidence.previous is not None:
            scores = _agreement(own.mask_logits[0], evidence.previous)
        else:
            raise ValueError("the prompt only says what is not meant; point at the object as well")
        return scores.flatten()


def _agreement(logits: Tensor, previous: Tensor) -> Tensor:
    """IoU of each query's mask (Q, h, w) with the last round's (h, w)."""
    masks, last = logits > 0, previous.to(logits.device) > 0
    union = (masks | last).flatten(1).sum(1).clamp(min=1)
    return (masks & last).flatten(1).sum(1) / union
