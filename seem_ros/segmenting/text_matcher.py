"""Words to objects, for models with a semantic map.

The map says roughly where something of that name may be; a click into each such region finds
the object's outline; what the map says under the whole outline decides. Far fewer pixels are
mistaken that way than by reading the map alone, and each object is a mask of its own.

A model with a detector asks that first for the words that it knows
(:mod:`seem_ros.segmenting.detection`), one with a recogniser adds what that finds for all
others (:mod:`seem_ros.segmenting.recognition`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from seem_ros.instances import iou
from seem_ros.model.seem import Seem
from seem_ros.model.semantic_map import pooled
from seem_ros.prompt_planes import STRIDE, input_geometry
from seem_ros.prompts import Prompt
from seem_ros.prompts.phrases import parse_phrase
from seem_ros.segmenting.attributes import choose
from seem_ros.segmenting.detection import Detection
from seem_ros.segmenting.recognition import Recognition
from seem_ros.segmenting.regions import Region, regions_of
from seem_ros.segmenting.requests import EncodedImage, Match, Request, mask_score, overlap
from seem_ros.segmenting.word_map import Word, WordMap

MAX_MATCHES = 20
DEFAULTS = {
    "text_margin": 4.0,  # a region may trail the best other name by this logit
    "text_spread": 2.0,  # objects may trail the best object by this lead
    "text_lead": -2.0,  # least lead of a mask: below it the thing is not in view
}
_INSIDE_REGIONS = 0.4  # share of an object's mask that must lie in what may be named
_SAME_OBJECT = 0.5  # IoU
_ONE_THING = 0.5  # share of the smaller mask in what the map and the recogniser found

Spatial = Callable[[EncodedImage, Sequence[Request]], list[Match]]


class TextMatcher:
    """Finds what words name.

    Args:
        model: with a semantic map; its configuration's thresholds override the defaults.
        spatial: answers clicks.
    """

    def __init__(self, model: Seem, spatial: Spatial) -> None:
        self._words, self._spatial = WordMap(model), spatial
        known, seen = model.recogniser, model.detector
        self._recognition = None if known is None else Recognition(known, spatial)
        self._detection = None if seen is None else Detection(seen, spatial)
        values = {**DEFAULTS, **model.config.thresholds}
        self.margin, self.spread, self.lead = (
            values[key] for key in ("text_margin", "text_spread", "text_lead")
        )

    def __call__(self, image: EncodedImage, prompt: Prompt) -> list[Match]:
        """Find everything the text names, best first; nothing when it is not in view."""
        phrase = parse_phrase(prompt.text)
        matches = self.find(image, phrase.name, thorough=bool(phrase.qualities))
        if prompt.negative_text.strip():
            matches = self.without(image, matches, prompt.negative_text)
        return choose(phrase, image, matches)

    def without(self, image: EncodedImage, matches: list[Match], text: str) -> list[Match]:
        """Cut what another text names out of the matches; drop those of which little is left."""
        cut = []
        others = [m.logits > 0 for m in self.find(image, parse_phrase(text).name)]
        for match in matches:
            area = (match.logits > 0).sum()
            for other in others:
                match.logits = torch.where(other, -match.logits.abs(), match.logits)
            if (match.logits > 0).sum() > 0.1 * area:
                cut.append(match)
        return cut

    def find(self, image: EncodedImage, name: str, thorough: bool = False) -> list[Match]:
        """All objects of a name, best first.

        Args:
            image: the picture.
            name: without attributes.
            thorough: also look on the map for what the detector may have missed, where
                attributes will sort out what is wrong.
        """
        word = self._words.word(name)
        detected = self._detection.find(image, word.meaning) if self._detection else None
        recognised: list[Match] = []
        if detected is None and self._recognition is not None:
            recognised = self._recognition.find(image, word.meaning)
        for match in (*(detected or ()), *recognised):  # the map may call it something else
            match.embedding = word.row
        if not detected:
            found = _united(self._on_map(image, name, word), recognised)
        elif thorough:
            found = [*detected, *_others(self._on_map(image, name, word), detected)]
        else:
            found = detected
        return sorted(found, key=lambda match: -match.score)

    def _on_map(self, image: EncodedImage, name: str, word: Word) -> list[Match]:
        candidates = self.candidates(image, name, word)
        least = max([self.lead, *(lead - self.spread for lead, _ in candidates)])
        found = [(lead, match) for lead, match in candidates if lead >= least]
        for lead, match in found:
            match.score *= float(torch.tensor(lead - self.lead + 1).sigmoid())
        return [match for _, match in found]

    def candidates(self, image: EncodedImage, name: str, word: Word) -> list[tuple[float, Match]]:
        """Objects that may have a name, each with its lead over all other names."""
        over_background, lead = self._words.on_grid(image, word)
        named = (over_background > 0) & (lead > -self.margin)
        regions = regions_of(named.cpu().numpy(), MAX_MATCHES)
        if not regions:
            return []
        logits = self._outlined(image, named, regions, name)
        return self._judged(image, word, torch.stack(logits))

    def _outlined(
        self, image: EncodedImage, named: Tensor, regions: Sequence[Region], name: str
    ) -> list[Tensor]:
        """Mask logits of what a click at each region's centre finds, or of the region itself."""
        geometry = input_geometry(image.geometry)
        scale = np.array([geometry.scale_x, geometry.scale_y]) / STRIDE
        centres = [np.asarray(region.centre) / scale for region in regions]
        clicks = [Prompt(points=((float(x), float(y), 1),), text=name) for x, y in centres]
        outlined = []
        answers = self._spatial(image, [Request(click) for click in clicks])
        for region, match in zip(regions, answers, strict=True):
            inside = match.logits > 0
            own = torch.from_numpy(region.mask).to(named.device)
            fits = bool((inside & named).sum() >= _INSIDE_REGIONS * inside.sum())
            usable = bool(inside.any()) and fits
            outlined.append(match.logits if usable else own.to(match.logits) * 6 - 3)
        return outlined

    def _judged(
        self, image: EncodedImage, word: Word, logits: Tensor
    ) -> list[tuple[float, Match]]:
        """Leads of masks, without doubles."""
        embeddings = pooled(image.features.semantic[0], logits)
        over_background, leads = self._words.evidence(embeddings, word)
        kept: list[tuple[float, Match]] = []
        masks: list[np.ndarray] = []
        for row in leads.argsort(descending=True).tolist():
            mask = (logits[row] > 0).cpu().numpy()
            double = any(iou(mask, other) > _SAME_OBJECT for other in masks)
            if over_background[row] > 0 and not double:
                match = Match(logits[row], mask_score(logits[row]), embeddings[row])
                kept.append((float(leads[row]), match))
                masks.append(mask)
        return kept


def _united(mapped: list[Match], recognised: Sequence[Match]) -> list[Match]:
    """Add what was recognised to what the map found; two masks of one thing become one."""
    united = list(mapped)
    for match in recognised:
        same = [other for other in mapped if overlap(match, other) > _ONE_THING]
        for other in same[:1]:
            other.logits = torch.maximum(other.logits, match.logits)
            other.score = max(other.score, match.score)
        if not same:
            united.append(match)
    return united


def _others(matches: Sequence[Match], known: Sequence[Match]) -> list[Match]:
    """Matches that are none of the known things."""
    return [m for m in matches if not any(overlap(m, other) > _ONE_THING for other in known)]
