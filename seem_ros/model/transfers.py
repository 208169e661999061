"""Copies between the host and the device.

Each copy to the host makes it wait for all work so far: there are few of them. Those to the device
need not wait.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

_ALIGNED = 8  # bytes: each tensor of a copy begins at a multiple of the largest number's size


def fetch(*tensors: Tensor) -> list[Tensor]:
    """Return tensors of one device on the CPU, by a single copy; those that are there as they are.

    Args:
        tensors: of any shapes and types.
    """
    away = [tensor for tensor in tensors if tensor.device.type != "cpu"]
    if len(away) <= 1:
        return [tensor.cpu() for tensor in tensors]
    copied = iter(_copied(away))
    return [tensor if tensor.device.type == "cpu" else next(copied) for tensor in tensors]


def _copied(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Join the bytes of tensors on their device, copy them, and part them again."""
    rows = [tensor.contiguous().view(-1).view(torch.uint8) for tensor in tensors]
    room = [-(-len(row) // _ALIGNED) * _ALIGNED for row in rows]
    padded = [
        row if len(row) == size else F.pad(row, (0, size - len(row)))
        for row, size in zip(rows, room, strict=True)
    ]
    parts = torch.cat(padded).cpu().split(room)
    return [
        part[: len(row)].view(tensor.dtype).view(tensor.shape)
        for part, row, tensor in zip(parts, rows, tensors, strict=True)
    ]


def send(tensor: Tensor, device: torch.device) -> Tensor:
    """Return a tensor of the CPU on a device, without waiting for the device."""
    if device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


class Later:
    """A tensor that will be wanted on the CPU, which comes with the next copy."""

    def __init__(self, tensor: Tensor, downloads: Downloads) -> None:
        self._tensor, self._downloads = tensor, downloads

    @property
    def value(self) -> Tensor:
        """The tensor on the CPU."""
        if self._tensor.device.type != "cpu":
            self._downloads.now()
        return self._tensor

    def arrive(self, tensor: Tensor) -> None:
        """Take the copy."""
        self._tensor = tensor


class Downloads:
    """Brings tensors to the CPU now, and with them all that was asked for later."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Later, Tensor]] = []

    def now(self, *tensors: Tensor) -> list[Tensor]:
        """Return tensors on the CPU, see :func:`fetch`."""
        near = fetch(*tensors, *(tensor for _, tensor in self._waiting))
        for (later, _), tensor in zip(self._waiting, near[len(tensors) :], strict=True):
            later.arrive(tensor)
        self._waiting.clear()
        return near[: len(tensors)]

    def later(self, tensor: Tensor) -> Later:
        """Return a tensor that comes with the next copy, at the latest when it is read."""
        later = Later(tensor, self)
        if tensor.device.type != "cpu":
            self._waiting.append((later, tensor))
        return later
