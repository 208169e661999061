"""How much memory a model takes, and took while it was loaded."""

from __future__ import annotations

import resource
import sys

import torch
from torch import nn

_MB = 1e6


def weight_bytes(model: nn.Module) -> int:
    """Return the bytes of a model's parameters and buffers, shared ones once."""
    tensors = [*model.parameters(), *model.buffers()]
    sizes = {x.data_ptr(): x.numel() * x.element_size() for x in tensors}
    return sum(sizes.values())


def peak_bytes() -> int:
    """Return the most memory of the host that this process has had, mapped files included."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


def footprint(model: nn.Module, device: torch.device) -> str:
    """Say on one line what a model that was just loaded takes, and what loading it took."""
    words = [f"{weight_bytes(model) / _MB:.0f} MB of weights"]
    if device.type == "cuda":
        words.append(f"at most {torch.cuda.max_memory_allocated(device) / _MB:.0f} MB of the GPU")
    words.append(f"at most {peak_bytes() / _MB:.0f} MB of this process")
    return ", ".join(words)
