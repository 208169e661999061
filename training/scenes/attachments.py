"""What the renderer tells OpenGL that the type stubs of moderngl do not know."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:  # only who renders has it
    import moderngl


def set_matrix(program: moderngl.Program, name: str, matrix: np.ndarray) -> None:
    """Give a (4, 4) matrix to a program."""
    uniform = cast("moderngl.Uniform", program[name])
    uniform.write(_column_major(matrix))


def mask_colors(target: moderngl.Framebuffer, written: tuple[bool, bool, bool]) -> None:
    """Choose which attachments are written; each has a mask of its own."""
    target.color_mask = tuple((each,) * 4 for each in written)  # type: ignore[assignment]


def _column_major(matrix: np.ndarray) -> bytes:
    return np.ascontiguousarray(matrix.T, dtype="f4").tobytes()
