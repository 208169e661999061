"""Self-contained model files: weights, configuration and tokenizer in one safetensors file.

``nano`` is shipped in this form; it loads with torch, safetensors and tokenizers alone. Its
refiner lies in the same file. The recogniser, the detector and the second eye, which are nobody's
to train here, have files of their own in the package, for all models that want them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import nn

from seem_ros.model.config import SeemConfig
from seem_ros.model.helpers import Helpers, build_refiner
from seem_ros.model.helpers.detector import Detector
from seem_ros.model.helpers.recogniser import ImageRecogniser
from seem_ros.model.helpers.refiner import Refiner
from seem_ros.model.helpers.second_eye import SecondEye
from seem_ros.model.loaded import LoadedModel
from seem_ros.model.seem import Seem
from seem_ros.model.tensor_files import write_tensors
from seem_ros.resources import weights_path

log = logging.getLogger(__name__)
_Module = TypeVar("_Module", bound=nn.Module)

FORMAT = "seem_ros/1"
_REFINER = "refiner."  # how its weights are called in a model's file
_TABLE = "word_embeddings.weight"  # half of a small model; kept as int8 rows with a scale each
_SCALE = ".row_scale"
_LARGE = 4096  # numbers of a weight that is worth packing


def save_model(
    model: Seem, path: Path, dtype: torch.dtype = torch.float16, refiner: Refiner | None = None
) -> None:
    """Write a model with its configuration, tokenizer and refiner, floats as ``dtype``.

    In half precision the table of word embeddings becomes int8, with a scale for each word.
    """
    metadata = {"format": FORMAT, "config": model.config.to_json()}
    if description := getattr(model.language.tokenizer, "description", ""):  # not CLIP's
        metadata["tokenizer"] = description
    state = model.state_dict()
    if refiner is not None:
        state |= {_REFINER + key: value for key, value in refiner.state_dict().items()}
    if dtype == torch.float16:
        state = _packed(state, _is_table)
    _write(state, path, dtype, metadata)


def save_helper(
    part: nn.Module, path: Path, about: dict[str, str] | None = None, small: bool = False
) -> None:
    """Write a helper that has a file of its own, and what is to be known.

    Floats become float16; if it is to be ``small``, large weights int8 with a scale for each row.
    """
    state = part.state_dict()
    _write(_packed(state, _is_large) if small else state, path, torch.float16, about or {})


def _is_table(key: str, value: torch.Tensor) -> bool:
    return key.endswith(_TABLE)


def _is_large(key: str, value: torch.Tensor) -> bool:
    return value.dim() > 1 and value.numel() >= _LARGE


def _packed(
    state: dict[str, torch.Tensor], chosen: Callable[[str, torch.Tensor], bool]
) -> dict[str, torch.Tensor]:
    """Replace chosen floats (V, ...) by int8 ones and scales (V, 1, ...)."""
    packed = {}
    for key, value in state.items():
        if value.is_floating_point() and chosen(key, value):
            largest = value.abs().flatten(1).amax(1).view(-1, *[1] * (value.dim() - 1))
            scale = (largest / 127).clamp(min=1e-6).half().float()
            packed[key + _SCALE] = scale
            value = (value / scale).round().clamp(-127, 127).to(torch.int8)
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
    write_tensors(path, state, metadata)


def is_model_file(path: Path) -> bool:
    """Whether a file says of itself that :func:`save_model` wrote it."""
    try:
        with safe_open(path, "pt") as file:
            return (file.metadata() or {}).get("format") == FORMAT
    except (SafetensorError, OSError):
        return False


def load_file_model(path: Path) -> LoadedModel:
    """Read what :func:`save_model` wrote, and the helpers, as float32 in evaluation mode.

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
    model = Seem(SeemConfig.from_json(metadata["config"]))
    _fill(model, {k: v for k, v in state.items() if not k.startswith(_REFINER)}, path)
    _give_tokenizer(model, metadata)
    refiner = {k.removeprefix(_REFINER): v for k, v in state.items() if k.startswith(_REFINER)}
    return LoadedModel(model, _helpers(model.config, refiner, path))


def _give_tokenizer(model: Seem, metadata: dict[str, str]) -> None:
    length = model.config.text.context_length
    if model.config.text.name == "clip":
        from seem_ros.model.text.tokenizer import ClipTokenizer

        model.language.tokenizer = ClipTokenizer(length)
    elif "tokenizer" in metadata:
        from seem_ros.model.text.minilm import WordPiece

        model.language.tokenizer = WordPiece(metadata["tokenizer"], length)


def _helpers(config: SeemConfig, refiner: dict[str, torch.Tensor], path: Path) -> Helpers:
    """Load the helpers that a model wants, its refiner from the file's own weights."""
    width = config.text.width
    return Helpers(
        detector=_helper("detector", lambda wanted: Detector(wanted, width), config),
        recogniser=_helper("recogniser", lambda wanted: ImageRecogniser(wanted, width), config),
        refiner=_fill(build_refiner(config), refiner, path) if refiner else None,
    )


def _helper(part: str, build: Callable[[Any], _Module], config: SeemConfig) -> _Module | None:
    """Load a helper with a file of its own; None where it is not wanted, or was taken away."""
    wanted = getattr(config, part)
    return None if wanted is None else _own_file(part, lambda: build(wanted), config)


def load_second_eye(config: SeemConfig) -> SecondEye | None:
    """Load the second eye for a model with dense prompts; None for others, or where it is gone."""
    if config.decoder.dense_prompts is None:
        return None
    return _own_file("second_eye", SecondEye, config)


def _own_file(part: str, build: Callable[[], _Module], config: SeemConfig) -> _Module | None:
    """Fill a helper from its file; None, said in the log, where that was taken away."""
    try:
        path = weights_path(part)
    except FileNotFoundError as error:
        log.warning("%s works without its %s: %s", config.name, part, error)
        return None
    return _fill(build(), load_file(path), path)


def _fill(module: _Module, state: dict[str, torch.Tensor], path: Path) -> _Module:
    """Load weights strictly, for use."""
    result = module.load_state_dict(_unpacked(state), strict=False)
    missing = [k for k in result.missing_keys if not k.endswith("num_batches_tracked")]
    wrong = [
        *(f"missing {k}" for k in missing),
        *(f"unexpected {k}" for k in result.unexpected_keys),
    ]
    if wrong:
        raise ValueError(f"{path}: {len(wrong)} keys do not fit, first {', '.join(wrong[:5])}")
    return module.eval()
