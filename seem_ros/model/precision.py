"""How exactly numbers are computed: single precision, or half of it where that does no harm.

Half precision is PyTorch's autocast around the image encoder and the decoder: convolutions and
matrix products run in it. What must stay exact does: norms, softmax, positions and places, mask
logits and their thresholds, words, and the helpers, which are small.
"""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor, nn

PRECISIONS = ("auto", "fp32", "bf16", "fp16")
_TYPES = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}
_MATRICES = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.ConvTranspose2d)
_PACKED = "in_proj_weight", "in_proj_bias"  # of attention
_EXACT = "lang_encoder."  # words


def half_type(precision: str, device: torch.device) -> torch.dtype | None:
    """Return the type of a precision on a device, None for single precision.

    "auto" is bfloat16 on a GPU that computes in it, float16 on older ones, and single precision
    on the CPU.

    Raises:
        ValueError: no such precision.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision must be {', '.join(PRECISIONS)}, got {precision!r}")
    if precision != "auto":
        return _TYPES[precision]
    if device.type != "cuda":
        return None
    native = torch.cuda.get_device_capability(device) >= (8, 0)
    return torch.bfloat16 if native else torch.float16


def use_tf32(allowed: bool) -> None:
    """Let NVIDIA GPUs round what stays in single precision to 10 bits in products, or not.

    With "fp32" they do not: masks are then those of the CPU but for the order of sums.
    """
    torch.backends.cuda.matmul.allow_tf32 = allowed
    torch.backends.cudnn.allow_tf32 = allowed


def halved(dtype: torch.dtype | None, device: torch.device) -> AbstractContextManager[Any]:
    """Compute in half precision within this context; None leaves everything as it is."""
    if dtype is None:
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype)


def exact(device: torch.device) -> AbstractContextManager[Any]:
    """Compute in single precision within this context, inside another one that halves it."""
    if device.type not in ("cpu", "cuda") or not torch.is_autocast_enabled(device.type):
        return contextlib.nullcontext()
    return torch.autocast(device.type, enabled=False)


def widened(x: Tensor) -> Tensor:
    """Return numbers in single precision at least, where autocast halved them."""
    return x.float() if x.dtype in (torch.bfloat16, torch.float16) else x


def halved_names(model: nn.Module) -> set[str]:
    """Names of the parameters that can be kept in half precision: those of matrix products."""
    names = set()
    for prefix, module in model.named_modules():
        if _EXACT in f"{prefix}.":
            continue
        for name, _ in module.named_parameters(recurse=False):
            if isinstance(module, _MATRICES) or name in _PACKED:
                names.add(f"{prefix}.{name}" if prefix else name)
    return names


def keep_halved(model: nn.Module, dtype: torch.dtype) -> None:
    """Keep the weights of a model's matrix products in half precision, one after another."""
    names = halved_names(model)
    for name, parameter in model.named_parameters():
        if name in names and parameter.dtype == torch.float32:
            parameter.data = parameter.data.to(dtype)
