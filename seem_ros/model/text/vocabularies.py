"""Class vocabularies: names to rows that class embeddings are compared with.

The official models know the 133 classes of COCO panoptic plus "background", each name set into
CLIP's 81 sentence templates. Any other list of names works the same way.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from seem_ros.model.text.language_encoder import LanguageEncoder

BACKGROUND = "background"
_DATA = "coco_panoptic.json"
_SUFFIXES = ("-other", "-merged", "-stuff")
_SENTENCES_AT_ONCE = 256


@dataclass(frozen=True)
class CocoPanoptic:
    """The official classes.

    Attributes:
        classes: 133 names as in COCO, things first.
        things: how many of them are things.
        templates: 81 sentences with ``{}`` for the name.
    """

    classes: tuple[str, ...]
    things: int
    templates: tuple[str, ...]


@cache
def coco_panoptic() -> CocoPanoptic:
    """Return the official classes and templates."""
    text = resources.files("seem_ros.model.text").joinpath(_DATA).read_text(encoding="utf-8")
    data = json.loads(text)
    return CocoPanoptic(tuple(data["classes"]), data["things"], tuple(data["templates"]))


def spoken_name(name: str) -> str:
    """Return a COCO name without its bookkeeping suffixes: ``sky-other-merged`` is ``sky``."""
    for suffix in _SUFFIXES:
        name = name.replace(suffix, "")
    return name


def embed_names(
    language: LanguageEncoder, names: Sequence[str], templates: Sequence[str] = ("{}",)
) -> Tensor:
    """Embed class names: the normalised mean over templates of normalised sentences.

    Args:
        language: the model's text encoder.
        names: class names as typed (see :func:`spoken_name`).
        templates: sentences with ``{}`` for the name.

    Returns:
        (len(names), C) unit rows on the encoder's device.
    """
    sentences = [template.format(name) for name in names for template in templates]
    parts = []
    with torch.inference_mode():
        for start in range(0, len(sentences), _SENTENCES_AT_ONCE):
            chunk = sentences[start : start + _SENTENCES_AT_ONCE]
            parts.append(language.encode(chunk).sentence)
        rows = torch.cat(parts) if parts else language.lang_proj.new_zeros(0)
        rows = rows / (rows.norm(dim=-1, keepdim=True) + 1e-7)
        mean = rows.view(len(names), len(templates), -1).mean(1)
        return mean / mean.norm(dim=-1, keepdim=True)


def cached_embeddings(
    language: LanguageEncoder,
    names: Sequence[str],
    templates: Sequence[str],
    weights_digest: str,
    folder: Path,
) -> Tensor:
    """Embed class names, or read what an earlier run embedded with the same weights.

    Embedding 134 names in 81 templates takes minutes on a CPU; the result is 275 kB. A file
    that cannot be read or written costs the time again, nothing else.

    Args:
        language: the model's text encoder.
        names: class names as typed.
        templates: sentences with ``{}`` for the name.
        weights_digest: identifies the weights (see ``checkpoints.digest_of``).
        folder: where the cache lives; created when missing.
    """
    shape = (len(names), language.lang_proj.shape[1])
    key = [weights_digest, list(names), list(templates)]
    rows = _cached(key, shape, folder, lambda: embed_names(language, names, templates))
    return torch.from_numpy(rows).to(language.lang_proj.device)


def cached_meanings(
    language: LanguageEncoder, names: Sequence[str], weights_digest: str, folder: Path
) -> Tensor:
    """Embed names as sentences before any projection, or read what an earlier run embedded.

    Args:
        language: the model's text encoder.
        names: class names as typed.
        weights_digest: identifies the weights (see ``checkpoints.digest_of``).
        folder: where the cache lives; created when missing.

    Returns:
        (len(names), W) float32 on the encoder's device.
    """
    shape = (len(names), language.lang_proj.shape[0])
    rows = _cached(
        [weights_digest, list(names)], shape, folder, lambda: name_meanings(language, names)
    )
    return torch.from_numpy(rows).to(language.lang_proj.device)


@torch.inference_mode()
def name_meanings(language: LanguageEncoder, names: Sequence[str]) -> Tensor:
    """Embed names as sentences before any projection: (len(names), W)."""
    starts = range(0, len(names), _SENTENCES_AT_ONCE)
    chunks = [list(names[start : start + _SENTENCES_AT_ONCE]) for start in starts]
    return torch.cat([language.hidden(chunk)[2] for chunk in chunks])


def _cached(
    key: list, shape: tuple[int, int], folder: Path, compute: Callable[[], Tensor]
) -> np.ndarray:
    digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()
    path = folder / f"{digest[:32]}.npy"
    rows = _read_rows(path, shape)
    if rows is None:
        rows = compute().float().cpu().numpy()
        _write_rows(path, rows)
    return rows


def _read_rows(path: Path, shape: tuple[int, int]) -> np.ndarray | None:
    try:
        rows = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    usable = rows.shape == shape and rows.dtype == np.float32 and np.isfinite(rows).all()
    return rows if usable else None


def _write_rows(path: Path, rows: np.ndarray) -> None:
    temporary = path.with_suffix(".part.npy")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(temporary, rows, allow_pickle=False)
        temporary.replace(path)
    except OSError:
        return
