"""WordSearch: asks the finders, and resolves what a phrase says besides a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from torch.nn import functional as F

from seem_ros.model.seem import Seem
from seem_ros.model.text.vocabularies import name_meanings
from seem_ros.model.transfers import fetch
from seem_ros.prompts import Prompt
from seem_ros.prompts.counting import choice, shortage
from seem_ros.prompts.language import read_phrases
from seem_ros.prompts.phrases import Names, parse_phrase
from seem_ros.segmenting.match import Match, Named
from seem_ros.segmenting.naming import Vocabulary
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.words.attributes import choose
from seem_ros.segmenting.words.competition import Competition
from seem_ros.segmenting.words.finder import Finder, Word
from seem_ros.segmenting.words.taught_finder import TaughtFinder

SAME_MEANING = 0.6  # cosine of sentences above which a vocabulary name is no rival of a text
_ONE_THING = 0.5  # share of the smaller mask in what two finders found
_LEAST_LEFT = 0.1  # of a mask from which other words are cut
# Likelihood, a mean over the pixels of all that a detector saw, of an answer that is given: from
# here on four in five were right.
_BELIEVABLE = 0.62


class WordSearch:
    """Finds what words name.

    Args:
        model: reads the words; the names that it was trained on are their rivals.
        finders: in the order in which they are asked; the last one knows every word.
        competition: drops what is something else; None drops nothing.
        taught: finds things that an operator showed, and alone decides about their names.
    """

    def __init__(
        self,
        model: Seem,
        finders: Sequence[Finder],
        competition: Competition | None = None,
        taught: TaughtFinder | None = None,
    ) -> None:
        self._model, self._finders = model, finders
        self._competition, self._taught = competition, taught
        self._rivals = Vocabulary.of(model)

    def __call__(self, picture: Picture, prompt: Prompt, names: Names) -> Named:
        """Find everything that the text, one phrase, names; nothing when it is not in view.

        Args:
            picture: to look in.
            prompt: its text in normal form, as :func:`split_prompt` gives it.
            names: that are read as such in it.
        """
        phrase = parse_phrase(prompt.text, names)
        matches = self.find(picture, phrase.name, thorough=bool(phrase.qualities))
        if prompt.negative_text.strip():
            matches = self.without(picture, matches, prompt.negative_text, names)
        chosen, count = choose(phrase, picture, matches)
        if missing := shortage(phrase, count):
            return Named([], missing if matches else "")
        if not _believable(chosen):
            return Named([], f"what may be {phrase.name} is too unsure: point at it")
        picked = phrase.ordinal or phrase.side or phrase.count or len(chosen) < count
        return Named(chosen, choice(phrase, count) if picked else "")

    def without(
        self, picture: Picture, matches: Sequence[Match], text: str, names: Names
    ) -> list[Match]:
        """Cut what another text names out of the matches; drop those of which little is left.

        Raises:
            NotUnderstoodError: the text cannot be answered.
        """
        left = []
        phrases = read_phrases(text, names)
        others = [match for phrase in phrases for match in self.find(picture, phrase.name)]
        for match in matches:
            mask = match.mask
            for other in others:
                mask = mask.without(other.mask)
            if mask.cell_count > _LEAST_LEFT * match.mask.cell_count:
                left.append(replace(match, mask=mask))
        return left

    def find(self, picture: Picture, name: str, thorough: bool = False) -> list[Match]:
        """All objects of a name, best first, less what is something else.

        The first finder that knows the word is asked. What it finds may settle it; else the last
        finder, the map, is heard too: it may see what the other missed. Where a finder that
        could settle it sees nothing, the map must be clear.

        Args:
            picture: to look in.
            name: without attributes.
            thorough: hear the last finder in any case: attributes will sort out what is wrong.
        """
        if self._taught is not None and self._taught.knows(name):
            return self._taught.find(picture, name)
        word = self.word(name)
        last = self._finders[-1]
        first = next(finder for finder in self._finders if finder.knows(word))
        found = first.find(picture, word)
        settled = bool(found) and first.settles and not thorough
        if first is not last and not settled:
            seen = last.find(picture, word)
            if first.settles and not thorough and self._competition is not None:
                seen = self._competition.clear(picture, word, seen)
            found = _added(found, seen) if first.settles else _united(seen, found)
        if self._competition is not None:
            found = self._competition.survivors(picture, word, found)
        return sorted(found, key=lambda match: -match.score)

    def word(self, name: str) -> Word:
        """Prepare a name."""
        meaning = name_meanings(self._model.language, [name])
        alike = F.normalize(self._rivals.meanings, dim=-1) @ F.normalize(meaning[0], dim=0)
        alike, known = fetch(alike, meaning[0])
        others = (alike < SAME_MEANING).nonzero().flatten().to(meaning.device)
        rivals = self._rivals.semantic_rows[others]
        return Word(name, known, self._model.language.semantic_rows(meaning)[0], rivals)


def _believable(matches: Sequence[Match]) -> bool:
    """Whether what a detector saw is likely enough as a whole; of others that is not known."""
    seen = [match for match in matches if match.box is not None]
    cells = sum(match.mask.cell_count for match in seen)
    likely = sum(match.score * match.mask.cell_count for match in seen)
    return not cells or likely >= _BELIEVABLE * cells


def _added(matches: Sequence[Match], seen: Sequence[Match]) -> list[Match]:
    """Matches, and beside them what else was seen that is none of them."""
    masks = [match.mask for match in matches]
    others = (s for s in seen if not any(s.mask.overlap(mask) > _ONE_THING for mask in masks))
    return [*matches, *others]


def _united(matches: Sequence[Match], others: Sequence[Match]) -> list[Match]:
    """Matches with those of another finder; two masks of one thing become one."""
    united = list(matches)
    for other in others:
        overlaps = (other.mask.overlap(match.mask) for match in united[: len(matches)])
        same = next((row for row, share in enumerate(overlaps) if share > _ONE_THING), None)
        if same is None:
            united.append(other)
            continue
        match = united[same]
        mask, score = match.mask.joined(other.mask), max(match.score, other.score)
        united[same] = replace(match, mask=mask, score=score)
    return united
