"""Which places of a picture look like a remembered object, rather than like what was around it.

As in FEELVOS (Voigtlaender et al., CVPR 2019) each cell of a new picture is compared with cells
of remembered ones: with the most alike of the object, and the most alike of the rest. Nothing
is learnt for it. Context features and class embeddings of stride 8 together carried the first
frame's labels best (six sequences of DAVIS, three rendered clips, every 6th or 8th frame: mean
J 0.74 at threshold 0; context alone 0.68, backbone of strides 8 and 16 0.61, dense prompts' maps
0.69).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from weakref import WeakKeyDictionary

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from seem_ros.model.features import SpatialTokens
from seem_ros.model.transfers import Downloads, Later, fetch, send

OWN_CELLS, OTHER_CELLS = 64, 512  # most remembered of a picture
LOOKS = 1  # of the dense prompts' maps, stride 8: see likeness.py
_NEAREST = 3  # similarities averaged
_INSIDE, _OUTSIDE = 0.5, 0.05  # share of a cell that the object covers
_SAME = 0.9  # cosine from which two cells of one picture are taken for the same thing
_CROWD = 4  # cells around the object to choose from, as a multiple of those kept


@dataclass(frozen=True, eq=False)
class Cells:
    """What a remembered picture looked like, cell by cell.

    Attributes:
        own: (N, c) half precision, unit length, of the object.
        others: (M, c) of the rest of the picture, half of them from around the object.
        copies: both on the CPU, where they are on their way there.
    """

    own: Tensor
    others: Tensor
    copies: tuple[Later, Later] | None = None

    @cached_property
    def near(self) -> Cells:
        """The same on the CPU, where remembered things are compared with each other."""
        if self.copies is None:
            own, others = fetch(self.own, self.others)
            return Cells(own, others)
        first, second = self.copies
        return Cells(first.value, second.value)

    def kept(self, apart: Tensor) -> Cells:
        """The same with only those cells of the rest for which ``apart`` (M,) bool is set."""
        rows = apart.nonzero().flatten().to(self.others.device)
        return Cells(self.own, self.others[rows])

    def without_equals(self) -> Cells:
        """The same without cells of the rest that look just like the object.

        An equal thing beside it says nothing about what the object is not.
        """
        return self.kept(apart_from(self.near, self.near))


@dataclass(frozen=True, eq=False)
class Remembered:
    """What is kept of an object in a picture; it never changes.

    Attributes:
        tokens: visual-reference tokens, prompts for the decoder.
        cells: to find it by; None for official models, whose features were not tried for it.
        colours: of the object, see colouring.py; None where it has no cells.
        copy: of its look, where that is on its way to the CPU.
    """

    tokens: SpatialTokens
    cells: Cells | None = None
    colours: np.ndarray | None = None
    copy: Later | None = None
    _compared: WeakKeyDictionary[Remembered, tuple[bool, Tensor]] = field(
        default_factory=WeakKeyDictionary, init=False, repr=False
    )

    @cached_property
    def look(self) -> Tensor:
        """(1, c) on the CPU: what the object looks like to the model, see likeness.py."""
        if self.copy is not None:
            return self.copy.value
        (look,) = fetch(look_of(self.tokens))
        return look

    def confusable(self, other: Remembered) -> bool:
        """Tell whether the object can be taken for another one; False without cells of both."""
        known = self.cells is not None and other.cells is not None
        return known and self._comparison(other)[0]

    def less(self, rivals: Sequence[Remembered]) -> Cells:
        """Return its cells, where it has some, without those of the rest that rivals have.

        Args:
            rivals: of things that look the same.
        """
        assert self.cells is not None
        known = [rival for rival in rivals if rival.cells is not None]
        if not known:
            return self.cells
        apart = torch.ones(len(self.cells.others), dtype=torch.bool)
        for rival in known:
            apart &= self._comparison(rival)[1]
        return self.cells.kept(apart)

    def _comparison(self, other: Remembered) -> tuple[bool, Tensor]:
        """Whether the other looks like this one, and which of its cells the other is not."""
        if other not in self._compared:
            assert self.cells is not None and other.cells is not None
            pair = self.cells.near, other.cells.near
            self._compared[other] = confusable(*pair), apart_from(*pair)
        return self._compared[other]


def look_of(tokens: SpatialTokens) -> Tensor:
    """Return the mean feature (1, c) of an object's points, on the device."""
    return tokens.dense[LOOKS][:, 0]


def cells_of(
    maps: Sequence[Tensor], cover: np.ndarray, size: tuple[int, int], downloads: Downloads
) -> Cells:
    """Take cells of an object and of what is around it.

    Args:
        maps: (1, c, h, w) of stride 8 of one picture, compared together.
        cover: (h, w) at stride 4, share of each cell that the object covers.
        size: rows and columns of the stride-4 grid that show the picture, not its padding.
        downloads: bring a copy to the CPU.
    """
    rows, columns = _halved(size)
    share = F.avg_pool2d(torch.from_numpy(cover)[None].float(), 2)[0, :rows, :columns].numpy()
    own = np.flatnonzero(share >= min(_INSIDE, float(share.max())))
    away = cv2.distanceTransform((share < _OUTSIDE).astype(np.uint8), cv2.DIST_L2, 3).ravel()
    others = np.flatnonzero(share < _OUTSIDE)
    others = others[np.argsort(away[others], kind="stable")]
    crowd = _CROWD * OTHER_CELLS // 2
    around, far = (_some(part, OTHER_CELLS // 2) for part in (others[:crowd], others[crowd:]))
    keys = _keys(maps, np.ones((rows, columns), bool)).T.half()
    mine, rest = keys[_some(own, OWN_CELLS)], keys[np.concatenate((around, far))]
    return Cells(mine, rest, (downloads.later(mine), downloads.later(rest)))


Places = tuple[Sequence[Cells], np.ndarray | None]
"""One object's memories, at least one, and the places that matter, (H, W) bool, None for all."""


def resemblances(
    maps: Sequence[Tensor], size: tuple[int, int], objects: Sequence[Places], downloads: Downloads
) -> list[np.ndarray]:
    """Return how much more each place is like an object than like other things, -1..1.

    Args:
        maps: the same ones of a new picture.
        size: rows and columns of the stride-4 grid that show the picture.
        objects: what is remembered of each.
        downloads: bring the answers.

    Returns:
        For each object (h, w) float32 at stride 8, -1 where nobody asked.
    """
    asked = [_asked(_halved(size), where) for _, where in objects]
    compared = [
        _compared(maps, memories, places) if places.any() else torch.zeros(0)
        for (memories, _), places in zip(objects, asked, strict=True)
    ]
    found = []
    for places, values in zip(asked, downloads.now(*compared), strict=True):
        alike = np.full(places.shape, -1.0, np.float32)
        alike[places] = values.numpy()
        found.append(alike)
    return found


def _asked(size: tuple[int, int], where: np.ndarray | None) -> np.ndarray:
    """Which cells (h, w) of a size (H, W) bool places of the picture lie in."""
    if where is None:
        return np.ones(size, bool)
    share = where.astype(np.uint8) * 255
    return cv2.resize(share, size[::-1], interpolation=cv2.INTER_AREA) > 0


def _compared(maps: Sequence[Tensor], memories: Sequence[Cells], asked: np.ndarray) -> Tensor:
    """How much more the asked (h, w) bool cells are like the object: (n,) float32."""
    keys = _keys(maps, asked)
    own = _nearest(torch.cat([memory.own for memory in memories]), keys)
    others = _nearest(torch.cat([memory.others for memory in memories]), keys)
    return (own - others).float()


def apart_from(memory: Cells, rival: Cells) -> Tensor:
    """Return (M,) bool: which cells of the rest another object of the picture has no part in."""
    cosines = memory.others.float() @ rival.own.float().T
    return cosines.amax(1) < _SAME


def confusable(memory: Cells, rival: Cells) -> bool:
    """Tell whether another object looks more like this one than like all else around it."""
    keys, rest = rival.own.float().T, memory.others[apart_from(memory, rival)]
    if len(rest) == 0:  # the other object is all there is around it
        return False
    return bool((_nearest(memory.own, keys) - _nearest(rest, keys)).mean() > 0)


def keys_under(maps: Sequence[Tensor], mask: np.ndarray, size: tuple[int, int]) -> Tensor:
    """Return unit features (c, n) of the cells that an (H, W) bool mask covers.

    Args:
        maps: (1, c, h, w) of stride 8 of one picture.
        mask: not empty.
        size: rows and columns of the stride-4 grid that show the picture.
    """
    columns = _halved(size)[::-1]
    share = cv2.resize(mask.astype(np.float32), columns, interpolation=cv2.INTER_AREA)
    return _keys(maps, share >= min(_INSIDE, float(share.max())))


def recalled(memory: Cells, keys: Tensor) -> Tensor:
    """Return how well what is seen shows all of an object, the mean cosine -1..1, on the device.

    Args:
        memory: of the object; each of its cells is compared with the most alike keys.
        keys: (c, n) features of what is seen.
    """
    return _nearest(keys.T, memory.own.float().T.to(keys)).mean()


def _keys(maps: Sequence[Tensor], asked: np.ndarray) -> Tensor:
    """Unit features (c, cells) of the asked (h, w) bool cells of stride 8."""
    rows, columns = send(torch.from_numpy(np.stack(np.nonzero(asked))), maps[0].device)
    parts = [F.normalize(x[0][:, rows, columns], dim=0) for x in maps]
    return F.normalize(torch.cat(parts), dim=0)


def _nearest(remembered: Tensor, keys: Tensor) -> Tensor:
    """Mean of the largest cosines (cells,) of keys (c, cells) with remembered ones (N, c)."""
    if len(remembered) == 0:
        return keys.new_zeros(keys.shape[1])
    cosines = remembered.to(keys.dtype) @ keys
    return cosines.topk(min(_NEAREST, len(remembered)), dim=0).values.mean(0)


def _some(cells: np.ndarray, most: int) -> np.ndarray:
    """Return at most so many of the (N,) cells, evenly chosen."""
    return cells[:: max(1, -(-len(cells) // most))]


def _halved(size: tuple[int, int]) -> tuple[int, int]:
    return -(-size[0] // 2), -(-size[1] // 2)
