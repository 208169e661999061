"""Self-contained model files: weights, configuration and tokenizer in one safetensors file.

``nano`` is shipped in this form; it loads with torch, safetensors and tokenizers alone. Only the
recogniser and the detector, which are nobody's to train here, come from files of the package.
"""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from seem_ros.model.config import SeemConfig
from seem_ros.model.seem import Seem
from seem_ros.resources import weights_path

log = logging.getLogger(__name__)

FORMAT = "seem_ros/1"
SHARED = ("recogniser", "detector")  # parts with a file of their own
_NOT_SAVED = tuple(f"{part}." for part in SHARED)
_TABLE = "word_embeddings.weight"  # half of a small model; kept as int8 rows with a scale each
_SCALE = ".row_scale"


def save_model(model: Seem, path: Path, dtype: torch.dtype = torch.float16) -> None:
    """Write a model with its configuration and tokenizer, floats as ``dtype``.

    In half precision the table of word embeddings becomes int8, with a scale for each word.
    """
    metadata = {"format": FORMAT, "config": model.config.to_json()}
    if model.config.text.name == "minilm" and model.language.tokenizer is not None:
        metadata["tokenizer"] = model.language.tokenizer.description
    state = {k: v for k, v in model.state_dict().items() if not k.startswith(_NOT_SAVED)}
    if dtype == torch.float16:
        state = _packed(state)
    _write(state, path, dtype, metadata)


def save_shared(part: nn.Module, path: Path) -> None:
    """Write a part that all models of the package share, floats as float16."""
    _write(part.state_dict(), path, torch.float16, {})


def _packed(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Replace float tables of words (V, W) by int8 ones and (V, 1) scales."""
    packed = {}
    for key, value in state.items():
        if key.endswith(_TABLE) and value.is_floating_point():
            scale = (value.abs().amax(1, keepdim=True) / 127).clamp(min=1e-6).half().float()
            packed[key + _SCALE] = scale
            value = (value / scale).round().to(torch.int8)
        packed[key] = value
    return packed


def _unpacked(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Undo :func:`_packed`, floats as float32."""
    state = {k: v.float() if v.is_floating_point() else v for k, v in state.items()}
    for key in [k for k in state if k.endswith(_SCALE)]:
        scale = state.pop(key)
        table = key.removesuffix(_SCALE)
        if table in state:
            state[table] = state[table].float() * scale
    return state


def _write(
    state: dict[str, torch.Tensor], path: Path, dtype: torch.dtype, metadata: dict[str, str]
) -> None:
    state = {
        k: v.detach().cpu().to(dtype if v.is_floating_point() else v.dtype).contiguous()
        for k, v in state.items()
        if not k.endswith("num_batches_tracked")
    }
    temporary = path.with_suffix(".part")
    save_file(state, temporary, metadata)
    temporary.chmod(0o644)
    temporary.replace(path)


def is_model_file(path: Path) -> bool:
    """Whether a file says of itself that :func:`save_model` wrote it."""
    try:
        with safe_open(path, "pt") as file:
            return (file.metadata() or {}).get("format") == FORMAT
    except (SafetensorError, OSError):
        return False


def load_file_model(path: Path) -> Seem:
    """Read what :func:`save_model` wrote, as float32 in evaluation mode.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no such file, is truncated, or lacks or adds weights.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such model file")
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            state = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path}: not a readable safetensors file ({error})") from None
    if metadata.get("format") != FORMAT:
        raise ValueError(f"{path}: not a seem_ros model file (format {metadata.get('format')!r})")
    model = Seem(_with_what_is_here(SeemConfig.from_json(metadata["config"])))
    _load_strictly(model, state, path)
    if model.config.text.name == "clip":
        from seem_ros.model.text.tokenizer import ClipTokenizer

        model.language.tokenizer = ClipTokenizer(model.config.text.context_length)
    elif "tokenizer" in metadata:
        from seem_ros.model.text.minilm import WordPiece

        length = model.config.text.context_length
        model.language.tokenizer = WordPiece(metadata["tokenizer"], length)
    return model.eval()


def _with_what_is_here(config: SeemConfig) -> SeemConfig:
    """Leave out shared parts whose files were taken away; words are then found without them."""
    for part in SHARED:
        try:
            weights_path(part)
        except FileNotFoundError as error:
            if getattr(config, part) is not None:
                log.warning("%s works without its %s: %s", config.name, part, error)
                config = dataclasses.replace(config, **{part: None})
    return config


def _load_strictly(model: Seem, state: dict[str, torch.Tensor], path: Path) -> None:
    for part in SHARED:
        if getattr(model, part) is not None:
            shared = load_file(weights_path(part))
            state |= {f"{part}.{k}": v for k, v in shared.items()}
    state = _unpacked(state)
    result = model.load_state_dict(state, strict=False)
    missing = [k for k in result.missing_keys if not k.endswith("num_batches_tracked")]
    wrong = [
        *(f"missing {k}" for k in missing),
        *(f"unexpected {k}" for k in result.unexpected_keys),
    ]
    if wrong:
        raise ValueError(f"{path}: {len(wrong)} keys do not fit, first {', '.join(wrong[:5])}")
