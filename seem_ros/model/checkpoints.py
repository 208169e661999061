"""The published SEEM checkpoints: what they are, where they lie, and how they are loaded."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
import yaml
from torch import Tensor

from seem_ros.model.config import Layout, SeemConfig
from seem_ros.model.official import with_layout
from seem_ros.model.precision import halved_names
from seem_ros.model.seem import Seem
from seem_ros.model.state_files import CheckpointError, read_state
from seem_ros.model.text.tokenizer import ClipTokenizer
from seem_ros.resources import config_path

HOST = "https://huggingface.co/xdecoder/SEEM/resolve/main"
BUNDLED = ("nano",)  # models that come with the package
UNUSED = ("dilation_kernel", "criterion.empty_weight")  # training buffers in the official files
_TEXT_PREFIX = "sem_seg_head.predictor.lang_encoder."
_NAMED_AT_MOST = 5


@dataclass(frozen=True)
class Checkpoint:
    """One published file.

    Attributes:
        name: what ``Segmenter.from_pretrained`` and ``seem-ros download`` take.
        config: name of the configuration in ``config/models``.
        layout: attention layout it was evaluated with.
        file: its published file name.
        parameters: number of parameters.
        tensor_bytes: bytes of its float32 tensors; the file is slightly larger.
        sha256: digest of the file, None where the authors published none.
    """

    name: str
    config: str
    layout: Layout
    file: str
    parameters: int
    tensor_bytes: int
    sha256: str | None = None

    @property
    def url(self) -> str:
        """Address of the file."""
        return f"{HOST}/{self.file}"

    @property
    def path(self) -> Path:
        """Where the file lies, or will lie, on this machine."""
        return model_folder() / self.file


CHECKPOINTS = {
    checkpoint.name: checkpoint
    for checkpoint in (
        Checkpoint("focal_t_v0", "focal_t", "v0", "seem_focalt_v0.pt", 164619249, 658477568),
        Checkpoint("focal_t_v1", "focal_t", "v1", "seem_focalt_v1.pt", 164619249, 658477568),
        Checkpoint("focal_l_v0", "focal_l", "v0", "seem_focall_v0.pt", 341181177, 1364725280),
        Checkpoint("focal_l_v1", "focal_l", "v1", "seem_focall_v1.pt", 341181177, 1364725280),
        Checkpoint("sam_vit_b_v1", "sam_vit_b", "v1", "seem_samvitb_v1.pt", 215563649, 862255168),
        Checkpoint("sam_vit_l_v1", "sam_vit_l", "v1", "seem_samvitl_v1.pt", 440538689, 1762155328),
    )
}


def cache_folder() -> Path:
    """Return where downloads and caches live: ``$SEEM_ROS_CACHE`` or ``~/.cache/seem_ros``."""
    if "SEEM_ROS_CACHE" in os.environ:
        return Path(os.environ["SEEM_ROS_CACHE"])
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "seem_ros"


def model_folder() -> Path:
    """Return the folder of downloaded checkpoints."""
    return cache_folder() / "models"


def find_checkpoint(name: str) -> Checkpoint:
    """Look a published checkpoint up by name; ``focal_t`` means its newest version.

    Raises:
        ValueError: unknown name; the message lists the known ones.
    """
    versions = [c for c in CHECKPOINTS.values() if name in (c.name, c.config)]
    if not versions:
        known = ", ".join((*CHECKPOINTS, *BUNDLED))
        raise ValueError(f"no checkpoint {name!r}; known are {known}")
    return versions[-1]


def load_config(name: str) -> SeemConfig:
    """Read ``config/models/<name>.yaml``."""
    text = config_path("models", f"{name}.yaml").read_text(encoding="utf-8")
    return SeemConfig.from_dict(yaml.safe_load(text))


def recognise(state: Mapping[str, Tensor]) -> SeemConfig:
    """Tell which official model a state dict belongs to, from the shape of its stem.

    Raises:
        CheckpointError: it is none of them.
    """
    stem = state.get("backbone.patch_embed.proj.weight")
    found = None if stem is None else _STEMS.get(tuple(stem.shape))
    if found is None or f"{_TEXT_PREFIX}lang_proj" not in state:
        seen = ", ".join(sorted(state)[:_NAMED_AT_MOST])
        raise CheckpointError(f"not an official SEEM checkpoint; it holds {seen}, …")
    return load_config(found)


_STEMS: dict[tuple[int, ...], str] = {
    (96, 3, 7, 7): "focal_t",
    (192, 3, 7, 7): "focal_l",
    (768, 3, 16, 16): "sam_vit_b",
    (1024, 3, 16, 16): "sam_vit_l",
}


def load_official(
    path: Path, layout: Layout | None = None, half: torch.dtype | None = None
) -> Seem:
    """Load a published checkpoint, or its safetensors conversion, strictly.

    Args:
        path: the ``.pt`` or ``.safetensors`` file.
        layout: attention layout; None takes the configuration's.
        half: type of the weights of matrix products, None for single precision.

    Returns:
        The model on the CPU in evaluation mode, with its tokenizer.

    Raises:
        FileNotFoundError: no such file.
        CheckpointError: unreadable, of another model, or with missing, unexpected or misshapen
            tensors, which the message names.
    """
    state = read_state(path)
    try:
        config = recognise(state)
        if layout is not None:
            config = with_layout(config, layout)
        model = assemble(config, state, half)
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from None
    return model


def assemble(
    config: SeemConfig, state: Mapping[str, Tensor], half: torch.dtype | None = None
) -> Seem:
    """Build an official model around the tensors of a state dict.

    All are copied, one by one: the file may change or go while the model is used.

    Raises:
        CheckpointError: names or shapes differ.
    """
    with torch.device("meta"):
        model = Seem(config)
    own = model.state_dict()
    state = {name: tensor for name, tensor in state.items() if name not in UNUSED}
    _require_equal(own, state)
    reduced = set() if half is None else halved_names(model)
    typed = {
        name: tensor.to(half if name in reduced else torch.float32, copy=True)
        for name, tensor in state.items()
    }
    model.load_state_dict(typed, assign=True)
    model.language.tokenizer = ClipTokenizer(config.text.context_length)
    return model.eval().requires_grad_(False)


def _require_equal(own: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> None:
    shared = own.keys() & state.keys()
    misshapen = [
        f"{k} {tuple(state[k].shape)} instead of {tuple(own[k].shape)}"
        for k in sorted(shared)
        if state[k].shape != own[k].shape
    ]
    problems = (
        ("missing", sorted(own.keys() - state.keys())),
        ("unexpected", sorted(state.keys() - own.keys())),
        ("misshapen", misshapen),
    )
    found = [f"{len(keys)} {kind}: {_listed(keys)}" for kind, keys in problems if keys]
    if found:
        raise CheckpointError("; ".join(found))


def _listed(keys: list[str]) -> str:
    more = len(keys) - _NAMED_AT_MOST
    return ", ".join(keys[:_NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")


def digest_of_text_weights(model: Seem) -> str:
    """Return the SHA-256 of all weights that class embeddings depend on."""
    return _digest(model.language.state_dict())


def digest_of_image_weights(model: Seem) -> str:
    """Return the SHA-256 of all weights that what is seen depends on, not of those for words."""
    state = model.state_dict()
    return _digest({k: v for k, v in state.items() if not k.startswith("language.")})


def _digest(state: Mapping[str, Tensor]) -> str:
    total = hashlib.sha256()
    for name, tensor in sorted(state.items()):
        total.update(f"{name} {tensor.dtype}".encode())
        total.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    return total.hexdigest()
