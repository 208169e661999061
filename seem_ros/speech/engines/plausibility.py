"""How sure it is that somebody said a command, and not something else.

A grammar explains any sound as one of its sentences, and the better, the more words it may choose:
reading aloud becomes long sentences that nobody says. What follows was chosen on commands and
read-aloud text of three voices (docs/research/robustness.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

Segment = tuple[str, int, int]
"""A word or phone with its first and last frame of 10 ms."""

# The difference of the two log-scores per frame of speech at which a short command is as likely
# as not, what each word more asks for, and the width of the transition. Commands of up to three
# words ("stop") had 1.3e-3 and more, of four 1.6e-3, longer ones 2.5e-3; text that was read aloud
# became sentences of seven to twelve words with up to 2.3e-3.
_EVEN_ODDS = 1.2e-3
_EACH_WORD = 0.2e-3
_SHORT = 3
_WIDTH = 0.2e-3
# Who asks for the wake word has much speech around that is not meant for the robot.
_EVEN_ODDS_WITH_WAKE_WORD = 1.8e-3
# Frames that a phone takes on average; commands have 8 to 14. Swelling noise becomes a word of
# three seconds, hurried speech words that nobody can say so fast.
_PHONE_FRAMES = (5.0, 25.0)
_MOST_NOISE = 0.5  # share of the frames that free phones take for noise; commands have to 0.27
_UNKNOWN_PHONES = 3
_PAUSES = "<["  # how the names of pauses and noises begin


@dataclass(frozen=True)
class Evidence:
    """What two searches, by the grammar and by free phones, say of one sentence.

    Attributes:
        fit: log-score of the grammar less that of the phones, for each frame of speech.
        words: how many it has.
        frames_per_phone: how long they last.
        noise: share of the frames that the phones take for noise.

    """

    fit: float
    words: int
    frames_per_phone: float
    noise: float

    @classmethod
    def of(
        cls,
        scores: tuple[float, float],
        words: Sequence[Segment],
        phones: Sequence[Segment],
        spelled: Callable[[str], str | None],
    ) -> Evidence:
        """Compare the searches.

        Args:
            scores: of the grammar and of the phones, for the whole sentence.
            words: that the grammar found, with pauses and noises between them.
            phones: that were found, with noises, whose names begin with "+".
            spelled: gives the phones of a word.

        """
        said = [part for part in words if part[0][0] not in _PAUSES]
        pauses = [part for part in words if part[0][0] in _PAUSES]
        speech = max(1, _frames(words) - _frames(pauses))
        needed = sum(len((spelled(word) or "").split()) or _UNKNOWN_PHONES for word, *_ in said)
        noises = _frames(part for part in phones if part[0].startswith("+"))
        return cls(
            fit=(scores[0] - scores[1]) / speech,
            words=len(said),
            frames_per_phone=_frames(said) / max(1, needed),
            noise=noises / max(1, _frames(phones)),
        )

    def confidence(self, wake_word: bool) -> float:
        """Return how sure it is that the sentence was said, 0..1.

        `wake_word` says that the sentence had to begin with it.
        """
        shortest, longest = _PHONE_FRAMES
        if not shortest <= self.frames_per_phone <= longest or self.noise > _MOST_NOISE:
            return 0.0
        even_odds, short = _EVEN_ODDS, _SHORT
        if wake_word:
            even_odds, short = _EVEN_ODDS_WITH_WAKE_WORD, _SHORT + 1
        even_odds += _EACH_WORD * max(0, self.words - short)
        return 0.5 * (1.0 + math.tanh((self.fit - even_odds) / (2.0 * _WIDTH)))


def _frames(parts: Iterable[Segment]) -> int:
    return sum(last - first + 1 for _, first, last in parts)
