"""What a prompt does, and the kinds of evidence it can hold."""

from __future__ import annotations

import enum


class Mode(enum.IntEnum):
    """What a prompt does to the instances; the values are the constants of Prompt.msg."""

    ADD = 0
    REFINE = 1
    REPLACE = 2
    REMOVE = 3
    UNDO = 4
    SELECT = 5
    NEXT = 6


class PromptKind(enum.IntFlag):
    """The kinds of evidence in a prompt; the values are the bits of Instance.msg prompt_kinds."""

    POINT = 1
    BOX = 2
    STROKE = 4
    MASK = 8
    TEXT = 16
    EXAMPLE = 32
    MEMORY = 64
