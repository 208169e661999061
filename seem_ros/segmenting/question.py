"""What is asked about a picture, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seem_ros.prompts import Prompt
from seem_ros.segmentation import Segmentation

if TYPE_CHECKING:
    from seem_ros.segmenting.memory import Remembered

Answer = Segmentation
"""What a picture answers: the public result, there is no other."""


@dataclass(frozen=True, eq=False)
class Question:
    """One prompt on a picture, with what is known of the object from before.

    Attributes:
        prompt: in pixels of the picture (or of its own ``image_size``).
        before: the answer of the last round, which becomes the memory prompt (SEEM section 3.2).
            Prompts accumulate on the caller's side (:func:`seem_ros.prompts.merge`).
        memories: what :meth:`Picture.remember` returned for the object in other pictures.
        glance: a look at the surroundings of the last round's mask and of the prompt is enough,
            where that round has ``context``: much cheaper.
        insists: an operator corrects the object, though ``memories`` are known of it too. Without
            memories every prompt is an operator's.
        name_later: the answer need not wait for helpers that know better what is pointed at is
            called: its ``naming`` asks them.
    """

    prompt: Prompt
    before: Answer | None = None
    memories: Sequence[Remembered] = ()
    glance: bool = False
    insists: bool = False
    name_later: bool = False
