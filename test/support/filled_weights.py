"""Weights made from parameter names and shapes alone, the same on every machine.

The golden arrays in ``test/golden`` were computed by the official SEEM code with these weights.
Each array is drawn from a Philox stream keyed with SHA-256 of its official name, so neither the
order of the parameters nor the version of torch or numpy changes a single bit.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

import numpy as np
import torch

KEPT_BUFFERS = re.compile(r"(dilation_kernel|criterion\.empty_weight|num_batches_tracked)$")
_LEARNED_VECTORS = re.compile(
    r"query_feat|query_embed|level_embed|pn_indicator|spatial_embed|spatial_featured"
    r"|token_embedding|positional_embedding|backbone\.pos_embed"
)
_UNCENTRED = re.compile(r"focal_layers|\.dw[12]\.|class_embed|lang_proj|mask_sptial|rel_pos")
_DAMPED = re.compile(r"predictor\.transformer_.*(out_proj|linear2)\.weight$")
_LOG_200 = np.float32(5.2983174)
_STEP = 2.0**-23


def random_integers(name: str, count: int) -> np.ndarray:
    """Return ``count`` int32 values in [-2^23, 2^23) that depend on ``name`` only."""
    key = hashlib.sha256(f"seemref/1:{name}".encode()).digest()[:16]
    stream = np.random.Philox(key=np.frombuffer(key, dtype="<u8").astype(np.uint64))
    words = stream.random_raw((count + 1) // 2).astype("<u8").view("<u4")[:count]
    return (words >> np.uint32(8)).astype(np.int32) - np.int32(2**23)


def filled_array(name: str, shape: Iterable[int]) -> np.ndarray:
    """Return the float32 array that stands for the official parameter ``name``."""
    shape = tuple(int(size) for size in shape)
    leaf = name.rsplit(".", 1)[-1]
    if leaf == "logit_scale":
        return np.full(shape, _LOG_200, np.float32)
    integers = random_integers(name, int(np.prod(shape))).reshape(shape)
    if leaf in ("gamma_1", "gamma_2"):
        return np.float32(0.5) + _unit(integers) * np.float32(0.25)
    if "sampling_offsets" in name:
        return _unit(integers) * np.float32(2.0 if leaf == "bias" else 0.05)
    if len(shape) == 1 and leaf == "weight":
        return np.float32(1.0) + _unit(integers) * np.float32(0.2)
    if len(shape) <= 1:
        return _unit(integers) * np.float32(0.1)
    if _LEARNED_VECTORS.search(name):
        deviation = 0.3 if "positional" in name or "pos_embed" in name else 1.0
        return _unit(integers) * np.float32(np.sqrt(3.0) * deviation)
    return _filled_matrix(name, integers)


def _unit(integers: np.ndarray) -> np.ndarray:
    return integers.astype(np.float32) * np.float32(_STEP)


def _filled_matrix(name: str, integers: np.ndarray) -> np.ndarray:
    """Scale to unit gain; rows sum to zero unless the layer mixes no channels."""
    fan_in = int(np.prod(integers.shape[1:]))
    gain = 0.3 if _DAMPED.search(name) else 1.0
    scale = np.sqrt(3.0 / fan_in) * gain * _STEP
    if _UNCENTRED.search(name):
        return (integers.astype(np.float64) * scale).astype(np.float32)
    rows = integers.reshape(integers.shape[0], -1)
    mean = rows.sum(1, dtype=np.int64, keepdims=True).astype(np.float64) / rows.shape[1]
    filled = (rows.astype(np.float64) - mean) * scale
    return filled.astype(np.float32).reshape(integers.shape)


def is_filled(name: str) -> bool:
    """Tell whether ``name`` gets drawn values (buffers that code computes keep theirs)."""
    return KEPT_BUFFERS.search(name) is None


def filled_state_dict(shapes: Mapping[str, Iterable[int]]) -> dict[str, torch.Tensor]:
    """Return float32 tensors for every official name in ``shapes`` that is filled."""
    return {
        name: torch.from_numpy(filled_array(name, shape))
        for name, shape in shapes.items()
        if is_filled(name)
    }


def fill_module(module: torch.nn.Module, prefix: str = "") -> torch.nn.Module:
    """Fill the parameters of ``module`` in place, named ``prefix`` + their own name."""
    own = module.state_dict()
    filled = filled_state_dict({prefix + name: tensor.shape for name, tensor in own.items()})
    with torch.no_grad():
        for name, tensor in own.items():
            if is_filled(prefix + name):
                tensor.copy_(filled.pop(prefix + name))
    return module


def digest(shapes: Mapping[str, Iterable[int]]) -> str:
    """Return the SHA-256 of all filled arrays in sorted order of their names."""
    total = hashlib.sha256()
    for name in sorted(filter(is_filled, shapes)):
        total.update(name.encode())
        total.update(filled_array(name, shapes[name]).tobytes())
    return total.hexdigest()
