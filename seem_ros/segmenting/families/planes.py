"""Models with dense prompts (``nano``): planes and a few tokens per prompt.

Everything pointed at goes through the spatial queries, all prompts in one decoder call. Words
alone go to the finders of :mod:`seem_ros.segmenting.words`. What masks are called, the semantic
map says under them; the detector helps where somebody points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from seem_ros.model.config import InputConfig
from seem_ros.model.features import (
    ImageFeatures,
    PointSet,
    PromptBatch,
    SpatialTokens,
)
from seem_ros.model.helpers import Helpers
from seem_ros.model.seem import Seem
from seem_ros.model.semantic_map import pooled
from seem_ros.model.transfers import send
from seem_ros.prompts import Prompt
from seem_ros.prompts.language import split_prompt
from seem_ros.prompts.phrases import Names
from seem_ros.segmentation import SegmentedObject
from seem_ros.segmenting.evidence import Evidence, spoken, stack_previous, stack_references
from seem_ros.segmenting.exemplars import find_shown
from seem_ros.segmenting.eye_view import EyeViews
from seem_ros.segmenting.families.family import Family
from seem_ros.segmenting.families.prompt_planes import (
    BOX,
    POSITIVE,
    PREVIOUS,
    encode_prompt,
    joined_planes,
    places_on,
    prompt_batch,
)
from seem_ros.segmenting.families.surroundings import window_around
from seem_ros.segmenting.likeness import looks_under
from seem_ros.segmenting.mask import Mask
from seem_ros.segmenting.match import Match, Named
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.proposals import propose, separated
from seem_ros.segmenting.refining import refined
from seem_ros.segmenting.regions import touched_regions
from seem_ros.segmenting.second_eye import SecondLook
from seem_ros.segmenting.sightings import Sightings
from seem_ros.segmenting.words.competition import Competition
from seem_ros.segmenting.words.detector_finder import DetectorFinder
from seem_ros.segmenting.words.finder import Finder
from seem_ros.segmenting.words.map_finder import MapFinder
from seem_ros.segmenting.words.recogniser_finder import RecogniserFinder
from seem_ros.segmenting.words.search import WordSearch
from seem_ros.segmenting.words.taught_finder import TaughtFinder

SEED = 0.5  # a plane's value that counts as evidence
REFERENCE_POINTS = 16
_CONTEXT = 2  # of the context levels: stride 8
LEAST_NAME = 0.7  # names at least so likely are right nine times out of ten, see the model card
NO_WORDS = "thing"  # stands where a prompt has none


class PlaneFamily(Family):
    """Models with dense prompts and a semantic map.

    Args:
        model: on the device.
        helpers: on the device, each may be missing.
        device: where they run.

    Attributes:
        second_look: where an operator insists, None without a second eye.
    """

    def __init__(self, model: Seem, helpers: Helpers, device: torch.device) -> None:
        super().__init__(model, device)
        self.least_name = model.config.thresholds.get("name", LEAST_NAME)
        self._refiner, self._detector = helpers.refiner, helpers.detector
        eye = helpers.second_eye
        self.second_look = None if eye is None else SecondLook(EyeViews(eye))
        seeing = helpers.detector
        self._sightings = None if seeing is None else Sightings(seeing, helpers.recogniser)
        finders: list[Finder] = []  # in the order in which they are asked
        if helpers.detector is not None:
            finders.append(DetectorFinder(helpers.detector))
        if helpers.recogniser is not None:
            finders.append(RecogniserFinder(helpers.recogniser))
        on_map = MapFinder(model)
        competition = Competition(on_map, helpers.detector, helpers.recogniser)
        self._taught = TaughtFinder(lambda: self.taught)
        self._words = WordSearch(model, [*finders, on_map], competition, self._taught)

    def input_config(self, detail: float) -> InputConfig:
        """Read at so many times the model's size."""
        config = self.model.config.input
        return config if detail == 1.0 else replace(config, size=round(config.size * detail))

    def halve(self, half: torch.dtype) -> None:
        """Note the digest of the exact weights before: what was taught stays readable."""
        _ = self.digest
        super().halve(half)

    def tokens(self, picture: Picture, mask: np.ndarray) -> SpatialTokens:
        """Read points spread over the mask."""
        xy = places_on(picture.grid.cover(mask), REFERENCE_POINTS)
        yx = torch.from_numpy((xy[:, ::-1] / picture.grid.cells).astype(np.float32))[None]
        points = PointSet.of(yx, torch.ones(1, len(xy), dtype=torch.bool)).to(self.device)
        return self.model.spatial_tokens(picture.features, points)

    def place_maps(self, features: ImageFeatures) -> list[Tensor]:
        """Context and class embeddings carried the labels of video best, see memory.py."""
        return [features.levels[_CONTEXT], features.class_map[None]]

    def pointed(self, picture: Picture, evidence: Sequence[Evidence]) -> list[Match]:
        """Answer with the one mask that the evidence gives."""
        batch, seeds = self._request(picture, evidence)
        output = self.model.decode(picture.features, batch)["spatial"]
        return self._matches_of(picture, output.mask_logits[:, 0], seeds, output.norms)

    def readings(self, picture: Picture, evidence: Evidence) -> list[Match]:
        """Let the second eye answer too, else the model's reading queries, by expected IoU."""
        if self.second_look is not None and not evidence.references:
            return self._eyes_readings(self.second_look, picture, evidence)
        first, last = self.model.config.decoder.reading_queries
        if first == last:
            return super().readings(picture, evidence)
        batch, seeds = self._request(picture, [evidence])
        batch.groups += ("reading",)
        outputs = self.model.decode(picture.features, batch)
        (answer,) = self._matches_of(picture, outputs["spatial"].mask_logits[:, 0], seeds)
        logits, quality = outputs["reading"].mask_logits[0], outputs["reading"].quality
        assert quality is not None
        expected = self.downloads.later(quality[0])
        others = self._matches_of(picture, logits, np.repeat(seeds, len(logits), 0))
        best = expected.value.argsort(descending=True).tolist()
        return [answer, *(others[place] for place in best)]

    def _eyes_readings(
        self, second: SecondLook, picture: Picture, evidence: Evidence
    ) -> list[Match]:
        """The answer as it was given, and the second eye's readings of the prompt."""
        (answer,) = self.pointed(picture, [evidence])
        if not answer.mask.cell_count or not evidence.prompt.points:
            return [answer]
        (given,) = self.refined(picture, [evidence], [[answer]])
        return [*given, *second.readings(picture, answer, evidence.prompt)]

    def _request(
        self, picture: Picture, evidence: Sequence[Evidence]
    ) -> tuple[PromptBatch, np.ndarray]:
        """The decoder's input, and the cells (B, h, w) bool with positive evidence."""
        previous, has_previous = stack_previous(evidence)
        encoded = [encode_prompt(each.prompt, picture.grid) for each in evidence]
        planes = joined_planes(encoded, previous, has_previous)
        batch = prompt_batch(
            self.model,
            picture.features,
            encoded,
            planes=planes,
            previous=previous,
            has_previous=has_previous,
            references=stack_references(evidence),
            text=spoken(self.model.encode_text, [e.prompt.text for e in evidence], NO_WORDS),
        )
        seeds = (planes[:, [POSITIVE, PREVIOUS, BOX]] > SEED).any(1).numpy()
        batch.windows = [
            None if each.norms is None else window_around(seed, each.norms)
            for each, seed in zip(evidence, seeds, strict=True)
        ]
        return batch, seeds

    def _matches_of(
        self, picture: Picture, mask_logits: Tensor, seeds: np.ndarray, norms: Tensor | None = None
    ) -> list[Match]:
        """What masks (N, h, w) show, each without look-alikes of its evidence (N, h, w) bool.

        The masks come from the device together, and what is seen under them with the next copy.
        """
        (found,) = self.downloads.now(mask_logits)
        rows = zip(found.float(), seeds, strict=True)
        logits = torch.stack([_without_look_alikes(mask, seed) for mask, seed in rows])
        masks = [Mask(row, picture.grid) for row in logits]
        there = send(logits, self.device)
        embeddings = pooled(picture.features.class_map, there)
        looks = map(self.downloads.later, looks_under(picture.features, there))
        known = norms if norms is not None else [None] * len(masks)
        return [
            Match(mask, mask.score, *rest)
            for mask, *rest in zip(masks, embeddings, known, looks, strict=True)
        ]

    @property
    def names(self) -> Names:
        """The names that a text may hold: of the vocabulary, and of what was taught."""
        spoken_names, taught = self.vocabulary.spoken, self._taught.names
        return replace(spoken_names, own=(*spoken_names.own, *taught)) if taught else spoken_names

    def split(self, prompt: Prompt) -> tuple[Prompt, ...]:
        """Read the text."""
        return split_prompt(prompt, self.names)

    def shown(self, picture: Picture, evidence: Evidence) -> list[Match] | None:
        """Compare the picture with the example place by place."""
        memories = [] if evidence.shown is None else [evidence.shown]
        return find_shown(picture, memories, evidence.prompt.text)

    def recognised(self, picture: Picture, match: Match) -> tuple[str, float] | None:
        """Compare what is under the mask with all things that were taught."""
        return self._taught.recognise(picture, match)

    def named(self, picture: Picture, prompt: Prompt) -> Named:
        """Ask the finders, see :class:`WordSearch`."""
        return self._words(picture, prompt, self.names)

    def without(self, picture: Picture, matches: list[Match], text: str) -> list[Match]:
        """Cut out what the finders find."""
        return self._words.without(picture, matches, text, self.names)

    def refined(
        self, picture: Picture, evidence: Sequence[Evidence], answers: list[list[Match]]
    ) -> list[list[Match]]:
        """Make masks of clicks and boxes exact; where somebody insists, look once more.

        Readings of the second eye are exact already.
        """
        if all(match.mask.patch is not None for row in answers for match in row):
            return answers
        answers = self._exact(picture, evidence, answers)
        second = self.second_look
        return answers if second is None else second.again(picture, evidence, answers)

    def _exact(
        self, picture: Picture, evidence: Sequence[Evidence], answers: list[list[Match]]
    ) -> list[list[Match]]:
        """Make masks of clicks and boxes exact, where there is a refiner."""
        if self._refiner is None:
            return answers
        return refined(self._refiner, picture, evidence, answers)

    def name_logits(self, embeddings: Tensor) -> Tensor:
        """Compare what the semantic map says."""
        logits = self.model.semantic_map.logits(embeddings, self.vocabulary.semantic_rows)
        return logits[:, : len(self.vocabulary.names)]

    def name_gains(self, picture: Picture, match: Match) -> Tensor | None:
        """Hear the detector, where there is one."""
        if self._sightings is None:
            return None
        return self._sightings.gains(picture, match.mask, self.vocabulary)

    def everything(self, picture: Picture) -> tuple[np.ndarray, list[SegmentedObject]]:
        """Ask clicks all over the picture: the object queries of small models miss too much."""
        found = propose(picture, self._detector)
        if not found:
            return np.zeros(picture.size, np.int32), []
        evidence = [each.evidence for each in found]
        answers = self._exact(picture, evidence, [[each.match] for each in found])
        names = picture.names_of(evidence, answers)
        return separated([match for (match,) in answers], names)


def _without_look_alikes(logits: Tensor, seeds: np.ndarray) -> Tensor:
    """Drop regions of (h, w) logits that no positive evidence (h, w) bool touches."""
    mask = (logits > 0).numpy()
    kept = touched_regions(mask, seeds) if seeds.any() else mask
    return torch.where(torch.from_numpy(mask & ~kept), -logits, logits)
