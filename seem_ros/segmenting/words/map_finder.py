"""Find what words name on a semantic map, read against the vocabulary.

The map says roughly where something of that name may be; a click into each such region finds
the object's outline; what the map says under the whole outline decides. Far fewer pixels are
mistaken that way than by reading the map alone, and each object is a mask of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.seem import Seem
from seem_ros.model.semantic_map import pooled
from seem_ros.model.transfers import fetch
from seem_ros.prompts import Prompt
from seem_ros.segmenting.evidence import Evidence
from seem_ros.segmenting.mask import Mask
from seem_ros.segmenting.match import Match
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.regions import Region, regions_of
from seem_ros.segmenting.words.finder import Word

MAX_MATCHES = 20
DEFAULTS = {
    "text_margin": 4.0,  # a region may trail the best other name by this logit
    "text_spread": 1.2,  # objects may trail the best object by this lead
    "text_lead": -1.2,  # least lead of a mask: below it the thing is not in view
}
_INSIDE_REGIONS = 0.4  # share of an object's mask that must lie in what may be named
_SAME_OBJECT = 0.5  # IoU
_PIECE_LEAD = 1.5  # lead from which a piece of something larger may be what is meant
_PIECE = (0.6, 0.75)  # of a larger thing: at most this share of it, and at least so much inside


class MapFinder:
    """Compares words with the semantic map, and with what it says under masks.

    A word's lead is its logit less that of the best other name of the vocabulary: names that
    mean nearly the same do not compete.

    Args:
        model: with a semantic map; its configuration's thresholds override the defaults.
    """

    settles = False

    def __init__(self, model: Seem) -> None:
        self._map = model.semantic_map
        values = {**DEFAULTS, **model.config.thresholds}
        self.margin, self.spread, self.lead = (
            values[key] for key in ("text_margin", "text_spread", "text_lead")
        )

    def knows(self, word: Word) -> bool:
        """Any word can be compared with the map."""
        return True

    def find(self, picture: Picture, word: Word) -> list[Match]:
        """See :class:`Finder`."""
        candidates = self._candidates(picture, word)
        least = max([self.lead, *(lead - self.spread for lead, _ in candidates)])
        return [
            match.scored(float(torch.tensor(lead - self.lead + 1).sigmoid()))
            for lead, match in candidates
            if lead >= least
        ]

    def compared(self, embeddings: Tensor, word: Word) -> tuple[Tensor, Tensor]:
        """Logit of a word over the background, and its lead, for embeddings (..., E): (...)."""
        logits = self._map.logits(embeddings, torch.cat((word.row[None], word.rivals)))
        own = logits[..., 0]
        return own - logits[..., -1], own - logits[..., 1:-1].amax(-1)

    def under(
        self, picture: Picture, word: Word, masks: Sequence[Mask]
    ) -> list[tuple[float, float]]:
        """The same for what the map says under each mask."""
        if not masks:
            return []
        semantic, said = picture.features.class_map, []
        for logits in torch.stack([mask.logits for mask in masks]).to(semantic.device):
            said.append(torch.cat(self.compared(pooled(semantic, logits[None]), word)))
        (near,) = fetch(torch.stack(said))
        return [(over_background, lead) for over_background, lead in near.tolist()]

    def on_grid(self, picture: Picture, word: Word) -> tuple[Tensor, Tensor]:
        """The same for every cell of the padded grid: (h, w) each."""
        semantic = picture.features.class_map.permute(1, 2, 0)
        both = torch.stack(self.compared(semantic, word))
        size = picture.grid.cells
        fine = F.interpolate(both[None], size=size, mode="bilinear", align_corners=False)[0]
        return fine[0], fine[1]

    def _candidates(self, picture: Picture, word: Word) -> list[tuple[float, Match]]:
        """Objects that may have a name, each with its lead over all other names."""
        over_background, lead = self.on_grid(picture, word)
        named = (over_background > 0) & (lead > -self.margin)
        (named,) = fetch(named)
        regions = regions_of(named.numpy(), MAX_MATCHES)
        if not regions:
            return []
        masks = self._outlined(picture, named, regions, word.name)
        return self._whole(picture, self._judged(picture, word, masks))

    def _whole(
        self, picture: Picture, judged: Sequence[tuple[float, Match]]
    ) -> list[tuple[float, Match]]:
        """Leads of what is a thing of its own, or clearly what is meant.

        A click without words finds the thing that a mask belongs to: the handle of scissors looks
        like a screwdriver, but it is a piece of something larger.
        """
        centres = [regions_of(match.mask.cells.numpy(), 1) for _, match in judged]
        known = [row for row, regions in enumerate(centres) if regions]
        places = picture.grid.to_pixels([centres[row][0].centre for row in known]).tolist()
        clicks = [Evidence(Prompt(points=((x, y, 1),))) for x, y in places]
        things = dict(zip(known, picture.pointed(clicks), strict=True)) if known else {}
        return [
            (lead, match)
            for row, (lead, match) in enumerate(judged)
            if lead >= _PIECE_LEAD or row not in things or not _piece(match, things[row])
        ]

    def _outlined(
        self, picture: Picture, named: Tensor, regions: Sequence[Region], name: str
    ) -> list[Mask]:
        """Masks of what a click at each region's centre finds, or of the region itself."""
        centres = picture.grid.to_pixels([region.centre for region in regions]).tolist()
        clicks = [Evidence(Prompt(points=((x, y, 1),), text=name)) for x, y in centres]
        outlined = []
        for region, match in zip(regions, picture.pointed(clicks), strict=True):
            inside = match.mask.cells
            fits = bool((inside & named).sum() >= _INSIDE_REGIONS * inside.sum())
            if match.mask.cell_count and fits:
                outlined.append(match.mask)
            else:
                own = torch.from_numpy(region.mask).to(match.mask.logits)
                outlined.append(Mask(own * 6 - 3, picture.grid))
        return outlined

    def _judged(
        self, picture: Picture, word: Word, masks: Sequence[Mask]
    ) -> list[tuple[float, Match]]:
        """Leads of masks, without doubles."""
        semantic = picture.features.class_map
        logits = torch.stack([mask.logits for mask in masks]).to(semantic.device)
        embeddings = pooled(semantic, logits)
        over_background, leads = fetch(*self.compared(embeddings, word))
        kept: list[tuple[float, Match]] = []
        for row in leads.argsort(descending=True).tolist():
            mask = masks[row]
            double = any(mask.iou(other.mask) > _SAME_OBJECT for _, other in kept)
            if over_background[row] > 0 and not double:
                kept.append((float(leads[row]), Match(mask, mask.score, embeddings[row])))
        return kept


def _piece(match: Match, thing: Match) -> bool:
    """Whether a match is only a piece of a thing."""
    share, inside = _PIECE
    shared = int((match.mask.cells & thing.mask.cells).sum())
    larger = match.mask.cell_count <= share * thing.mask.cell_count
    return larger and shared >= inside * match.mask.cell_count
