"""Looking at a part of the picture: dense prompts in a window instead of everywhere.

The convolutions of dense prompts reach a few cells, so an object that was seen a moment ago
needs only its surroundings. Their group norms average over the whole picture, though: a window
alone has other statistics, and masks suffer (measured: IoU 0.81 with the whole look's). So a
whole look notes the statistics, and looks through a window use them again (IoU 0.97).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

COARSE = 4  # cells of the stride-4 grid along a cell of the stride-16 grid
OUTSIDE = -1000.0  # logit where a window does not look


@dataclass(frozen=True, eq=False)
class Window:
    """A part of the stride-16 grid.

    Attributes:
        row, column: its first cell.
        rows, columns: its size in cells.
        norms: (K, G, 2) statistics that a whole look noted, see :class:`NormLedger`.
    """

    row: int
    column: int
    rows: int
    columns: int
    norms: Tensor

    def cut(self, x: Tensor, cells: int) -> Tensor:
        """Cut the window out of (..., h, w), of which ``cells`` lie along a coarse cell."""
        rows, columns = self.slices(cells)
        return x[..., rows, columns]

    def slices(self, cells: int) -> tuple[slice, slice]:
        """Rows and columns on a grid of which ``cells`` lie along a coarse cell."""
        return (
            slice(self.row * cells, (self.row + self.rows) * cells),
            slice(self.column * cells, (self.column + self.columns) * cells),
        )


def by_size(windows: Sequence[Window | None]) -> list[list[int]]:
    """Indices of the windows of each size, which one batch can hold; None is a size too."""
    groups: dict[tuple[int, int] | None, list[int]] = defaultdict(list)
    for index, window in enumerate(windows):
        groups[None if window is None else (window.rows, window.columns)].append(index)
    return list(groups.values())


class NormLedger:
    """Statistics of the group norms of one pass, noted or used again in the same order."""

    def __init__(self, noted: Tensor | None = None) -> None:
        """Note statistics, or use noted ones (B, K, G, 2): mean and 1 / deviation of K norms."""
        self._noted = noted
        self._pages: list[Tensor] = []

    def normalise(self, norm: nn.GroupNorm, x: Tensor) -> Tensor:
        """Apply a group norm to (B, C, h, w)."""
        x = x.to(norm.weight.dtype)
        if self._noted is None:
            batch, channels, height, width = x.shape
            y, mean, scale = torch.native_group_norm(
                x, norm.weight, norm.bias, batch, channels, height * width,
                norm.num_groups, norm.eps,
            )  # fmt: skip
            self._pages.append(torch.stack((mean, scale), -1))
            return y
        page = self._noted[:, len(self._pages)]
        self._pages.append(page)
        mean, scale = page.repeat_interleave(x.shape[1] // norm.num_groups, 1).unbind(-1)
        scale = scale * norm.weight
        shift = norm.bias - mean * scale
        return torch.addcmul(shift[..., None, None], x, scale[..., None, None])

    @property
    def is_reused(self) -> bool:
        """Whether noted statistics are used again."""
        return self._noted is not None

    def note(self, statistics: Tensor) -> None:
        """Note the (B, K, G, 2) statistics of a pass that ran elsewhere."""
        self._pages = list(statistics.unbind(1))

    @property
    def statistics(self) -> Tensor:
        """(B, K, G, 2) of the pass."""
        return torch.stack(self._pages, 1)


@dataclass(eq=False)
class Part:
    """Own features of some instances of a batch, all on the whole grid or all in windows.

    Attributes:
        rows: their indices in the batch.
        features: (b, F, h, w), of the windows' size if there are any.
        windows: one each, empty on the whole grid.
        norms: (b, K, G, 2), None while learning.
    """

    rows: list[int]
    features: Tensor
    windows: Sequence[Window]
    norms: Tensor | None

    def logits(self, embedding: Tensor) -> Tensor:
        """Logits (b, Q, h, w) of embeddings (b, Q, F)."""
        flat = embedding @ self.features.flatten(2).to(embedding.dtype)
        return flat.unflatten(-1, self.features.shape[-2:])


@dataclass(eq=False)
class OwnFeatures:
    """Mask features of each instance of a batch on the stride-4 grid ``size``."""

    parts: list[Part]
    size: tuple[int, int]

    def logits(self, embedding: Tensor) -> Tensor:
        """Logits (B, Q, h, w) of embeddings (B, Q, F), very low outside windows."""
        if len(self.parts) == 1 and not self.parts[0].windows:
            return self.parts[0].logits(embedding)
        out = embedding.new_full((*embedding.shape[:2], *self.size), OUTSIDE)
        for part in self.parts:
            logits = part.logits(embedding[part.rows])
            if not part.windows:
                out[part.rows] = logits
            for row, window, own in zip(part.rows, part.windows, logits, strict=False):
                window.cut(out[row], COARSE).copy_(own)
        return out

    @property
    def norms(self) -> Tensor | None:
        """(B, K, G, 2) statistics to look through windows with, None while learning."""
        if any(part.norms is None for part in self.parts):
            return None
        order = [row for part in self.parts for row in part.rows]
        stacked = torch.cat([part.norms for part in self.parts if part.norms is not None])
        return stacked[torch.tensor(order, device=stacked.device).argsort()]
