"""Picture: an image looked at once, which answers any question about it."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from seem_ros.model.features import ImageFeatures
from seem_ros.model.out_of_memory import retried
from seem_ros.segmentation import SegmentedObject
from seem_ros.segmenting.colouring import describe
from seem_ros.segmenting.evidence import Evidence, evidence_of
from seem_ros.segmenting.grid import Grid
from seem_ros.segmenting.match import Match, Named, answer_of
from seem_ros.segmenting.memory import Places, Remembered, cells_of, look_of, resemblances
from seem_ros.segmenting.question import Answer, Question
from seem_ros.segmenting.readings import distinct, still_distinct

if TYPE_CHECKING:
    from seem_ros.segmenting.families.family import Family

_Seen = TypeVar("_Seen")
Whereabouts = tuple[Sequence[Remembered], np.ndarray | None, Sequence[Remembered]]


@dataclass(frozen=True, eq=False)
class Picture:
    """An image after the encoder; it never changes, and may be asked as often as one likes.

    Attributes:
        rgb: (H, W, 3) uint8.
        features: of the image, batch 1.
        grid: how it lies in the model's input.
        family: of the model that looked.
        detail: times the model's input size at which it was read.
    """

    rgb: np.ndarray
    features: ImageFeatures
    grid: Grid
    family: Family
    detail: float = 1.0
    _seen: dict[Callable[[Tensor], Any], Any] = field(default_factory=dict, init=False, repr=False)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.grid.original

    @torch.inference_mode()
    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """Answer several questions in one decoder call.

        Returns:
            One answer per question, masks (H, W).

        Raises:
            ValueError: a prompt that does not fit the picture.
        """
        family = self.family
        evidence = [evidence_of(q, self.grid, family.example) for q in questions]
        if not evidence:
            return []
        answers = self._answers(evidence, self._matches(evidence))
        for answer, question, each in zip(answers, questions, evidence, strict=True):
            if answer.found and each.is_pointed:
                answer.others = _later(self, question)
        return answers

    @torch.inference_mode()
    def other_readings(self, question: Question) -> list[Answer]:
        """Answer with what a click can mean beside what :meth:`answer` says, best first.

        At most three, each clearly another mask; see ``Segmentation.alternatives``.
        """
        family = self.family
        evidence = evidence_of(question, self.grid, family.example)
        found = distinct(self.grid, evidence.prompt, family.readings(self, evidence))
        unwanted = evidence.prompt.negative_text.strip()
        found = family.without(self, found, unwanted) if unwanted and found else found
        named = [Named([match]) for match in found]
        return still_distinct(self._answers([evidence] * len(found), named))[1:]

    def _answers(self, evidence: Sequence[Evidence], named: Sequence[Named]) -> list[Answer]:
        """Give what was found for each question exact masks and names."""
        answers = self.family.refined(self, evidence, [each.matches for each in named])
        names = iter(self.names_of(evidence, answers))
        given = [
            answer_of(self.grid, found, [next(names) for _ in found], each.note)
            for found, each in zip(answers, named, strict=True)
        ]
        for answer, each, found in zip(given, evidence, answers, strict=True):
            if each.name_later and each.is_pointed and answer.found:
                answer.naming = _once(self, replace(each, name_later=False), found[0])
        return given

    @torch.inference_mode()
    def remember(self, mask: np.ndarray, places: bool = True) -> Remembered:
        """Take what the model sees of an object, for questions about other pictures.

        Args:
            mask: (H, W) bool of the object.
            places: whether to keep what :meth:`resemblance` and ``Segmenter.confusable`` need.

        Raises:
            ValueError: the mask is empty or of another size.
        """
        if mask.shape != self.size or not mask.any():
            raise ValueError(
                f"mask must be {self.size} with at least one pixel set, "
                f"got {mask.shape} with {int(np.count_nonzero(mask))}"
            )
        tokens = retried(lambda: self.family.tokens(self, mask))
        maps = self.family.place_maps(self.features)
        downloads = self.family.downloads
        look = downloads.later(look_of(tokens)) if tokens.dense else None
        if not places or not maps:
            return Remembered(tokens, copy=look)
        cells = cells_of(maps, self.grid.cover(mask), self.grid.shown, downloads)
        return Remembered(tokens, cells, describe(self.rgb, mask), look)

    @torch.inference_mode()
    def resemblance(
        self,
        memories: Sequence[Remembered],
        where: np.ndarray | None = None,
        rivals: Sequence[Remembered] = (),
    ) -> np.ndarray | None:
        """Return how much more each place is like what is remembered than like what was around it.

        Args:
            memories: what :meth:`remember` returned.
            where: (H, W) bool, the places that matter, None for all; few are cheaper.
            rivals: what :meth:`remember` returned for things that look the same, see
                ``Segmenter.confusable``.

        Returns:
            (h, w) float32 over the picture at stride 8, -1..1, and -1 elsewhere than asked. None
            where nothing is remembered, or the model does not tell.
        """
        return self.resemblances([(memories, where, rivals)])[0]

    @torch.inference_mode()
    def resemblances(self, objects: Sequence[Whereabouts]) -> list[np.ndarray | None]:
        """Return the same for several objects, all together.

        Args:
            objects: what :meth:`resemblance` takes, for each.
        """
        known: dict[int, Places] = {}
        for index, (memories, where, rivals) in enumerate(objects):
            cells = [memory.less(rivals) for memory in memories if memory.cells is not None]
            if cells:
                known[index] = cells, where
        if not known:
            return [None] * len(objects)
        maps, places = self.family.place_maps(self.features), list(known.values())
        shown, downloads = self.grid.shown, self.family.downloads
        found = retried(lambda: resemblances(maps, shown, places, downloads))
        alike = dict(zip(known, found, strict=True))
        return [alike.get(index) for index in range(len(objects))]

    @torch.inference_mode()
    def everything(self) -> tuple[np.ndarray, list[SegmentedObject]]:
        """Segment everything without a prompt.

        Returns:
            (H, W) int32 labels, 0 where nothing is, and the object of label i at place i - 1.
        """
        return retried(lambda: self.family.everything(self))

    def pointed(self, evidence: Sequence[Evidence]) -> list[Match]:
        """Segment what is pointed at, shown or remembered: one match each, maybe empty."""
        family = self.family
        return family.portions.run(lambda part: family.pointed(self, part), evidence)

    def seen_by(self, network: Callable[[Tensor], _Seen]) -> _Seen:
        """What a helper makes of the whole picture, (H, W, 3) uint8; asked once and kept."""
        if network not in self._seen:
            self._seen[network] = retried(lambda: network(torch.tensor(self.rgb)))
        return self._seen[network]

    def _matches(self, evidence: Sequence[Evidence]) -> list[Named]:
        """Per question the matches, best first; what is pointed at in one decoder call."""
        compared = [
            None if each.shown is None else self.family.shown(self, each) for each in evidence
        ]
        rows = list(zip(evidence, compared, strict=True))
        pointed = [each for each, found in rows if found is None and not each.is_textual]
        shown = iter(self.pointed(pointed))
        answers = []
        for each, found in rows:
            if each.is_textual:
                parts = self.family.split(each.prompt)
                answers.append(Named.of_several([self.family.named(self, p) for p in parts]))
                continue
            if found is None:
                found = [match for match in [next(shown)] if match.mask.cell_count]
            unwanted = each.prompt.negative_text.strip()
            found = self.family.without(self, found, unwanted) if unwanted else found
            answers.append(Named(found))
        return answers

    def names_of(
        self, evidence: Sequence[Evidence], answers: Sequence[Sequence[Match]]
    ) -> list[tuple[str, float]]:
        """Name and probability of all matches in order.

        Helpers are asked about what somebody points at, not about what memory looks for in every
        frame.
        """
        rows = zip(evidence, answers, strict=True)
        pairs = [(each, match) for each, found in rows for match in found]
        if not pairs:
            return []
        embeddings = torch.stack([match.embedding for _, match in pairs])
        (logits,) = self.family.downloads.now(self.family.name_logits(embeddings))
        logits = logits.float()
        for row, (each, match) in zip(logits, pairs, strict=True):
            helped = each.is_pointed and not each.name_later
            gain = self.family.name_gains(self, match) if helped else None
            if gain is not None:
                row += gain
        names = self.family.vocabulary.best(logits, self.family.least_name)
        return [
            self._own_name(each, match) or name
            for name, (each, match) in zip(names, pairs, strict=True)
        ]

    def _own_name(self, evidence: Evidence, match: Match) -> tuple[str, float] | None:
        """Operator's own name of a thing and its probability, None for things never taught."""
        if match.taught is not None:
            return match.taught
        if evidence.name_later or not (evidence.is_pointed or evidence.shown is not None):
            return None
        return self.family.recognised(self, match)


def _once(picture: Picture, evidence: Evidence, match: Match) -> Callable[[], tuple[str, float]]:
    """Return how to ask for a match's name by all that helpers know; they are asked once.

    The picture, which is large, is held until then.
    """
    waiting, told = [picture], []

    @torch.inference_mode()
    def ask() -> tuple[str, float]:
        if waiting:
            told.extend(waiting[0].names_of([evidence], [[match]]))
            waiting.clear()
        return told[0]

    return ask


def _later(picture: Picture, question: Question) -> Callable[[], list[Answer]]:
    """Return how to ask a picture for other readings of a question, when somebody wants them.

    A picture that nobody holds any more is looked at anew: its features are large, and answers are
    kept by the hundred.
    """
    held, rgb, family, detail = weakref.ref(picture), picture.rgb, picture.family, picture.detail

    def ask() -> list[Answer]:
        return (held() or family.look(rgb, detail)).other_readings(question)

    return ask
