"""Where a model can run on this machine."""

from __future__ import annotations

import torch


def as_device(name: str | torch.device) -> torch.device:
    """Return the torch device of a name such as "cpu", "cuda" or "cuda:1".

    Raises:
        ValueError: no such kind of device, or this machine has none.

    """
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ValueError(f"no device {str(name)!r}: take auto, cpu, cuda or cuda:N") from None
    if device.type == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if (device.index or 0) >= count:
            there = f"PyTorch sees {count or 'no'} NVIDIA GPU{'s' if count > 1 else ''} here"
            raise ValueError(f"{there}, so {str(name)!r} cannot be used: take cpu or auto")
    return device
