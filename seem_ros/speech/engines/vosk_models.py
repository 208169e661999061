"""Vosk language models: where they lie on this machine, and fetching one."""

from __future__ import annotations

import importlib.util
import os
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from seem_ros.speech.engines.engine import SpeechError

HOST = "https://alphacephei.com/vosk/models"
# Names that ``seem-ros download`` takes, and the published archives; no digests are published.
ARCHIVES = {
    "vosk-small-en-us": "vosk-model-small-en-us-0.15",
    "vosk-small-ko": "vosk-model-small-ko-0.22",
}


def model_folders() -> list[Path]:
    """List the folders in which Vosk models lie, those of Vosk itself: the first is written to."""
    named = os.environ.get("VOSK_MODEL_PATH")
    folders = [Path(named)] if named else []
    return [*folders, Path.home() / ".cache" / "vosk", Path("/usr/share/vosk")]


def find_model(name_or_folder: str, language: str) -> Path:
    """Find a model by folder, by name, or by language where the name is empty.

    A package ``vosk_model_<language>`` (PyPI has a Korean one) counts as well.

    Raises:
        SpeechError: there is none, or the folder holds no model; says where was looked.

    """
    folders = model_folders()
    if name_or_folder:
        places = [Path(name_or_folder).expanduser(), *(f / name_or_folder for f in folders)]
        found = [place for place in places if place.is_dir()]
    else:
        patterns = (f"vosk-model-small-{language}*", f"vosk-model-{language}*")
        found = [p for f in folders for pattern in patterns for p in sorted(f.glob(pattern))]
        found += [folder for folder in folders[:1] if is_model(folder)]
        found += _packaged_model(language)
    found = [folder for folder in found if folder.is_dir()]
    if not found:
        wanted = f"Vosk model {name_or_folder!r}" if name_or_folder else f"{language!r} Vosk model"
        raise SpeechError(
            f"no {wanted} in {', '.join(map(str, folders))}: name its folder, or run "
            f"'seem-ros download vosk-small-en-us'"
        )
    return _checked(found[0])


def is_model(folder: Path) -> bool:
    """Tell whether a folder holds a Vosk model: an acoustic model and a graph (both layouts)."""
    acoustic = (folder / "am" / "final.mdl", folder / "final.mdl")
    graph = (folder / "graph", folder / "Gr.fst", folder / "HCLr.fst", folder / "HCLG.fst")
    return any(f.is_file() for f in acoustic) and any(g.exists() for g in graph)


def _checked(folder: Path) -> Path:
    if is_model(folder):
        return folder
    inside = [child for child in sorted(folder.iterdir()) if child.is_dir() and is_model(child)]
    if inside:
        return inside[0]
    raise SpeechError(
        f"{folder} is no Vosk model: it lacks am/final.mdl or graph/. "
        f"Name the folder that was inside the model's .zip"
    )


def _packaged_model(language: str) -> list[Path]:
    found = importlib.util.find_spec(f"vosk_model_{language}")
    roots = list(found.submodule_search_locations or ()) if found else []
    return [Path(root) / "model" for root in roots]


def fetch_model(name: str, url: str | None, progress: Callable[[int, int], None]) -> Path:
    """Download a model and unpack it where Vosk looks for models; an earlier one is kept.

    Args:
        name: a key of ARCHIVES.
        url: another address of the archive; None is the published one.
        progress: called with bytes done and total (0 = not known).

    Returns:
        the folder of the model.

    Raises:
        ValueError: unknown name, or what arrived is no archive of a Vosk model.
        OSError: the network or the disk failed; what has arrived is kept and continued.

    """
    from seem_ros.model.download import fetch

    if name not in ARCHIVES:
        raise ValueError(f"unknown Vosk model {name!r}, known are {', '.join(ARCHIVES)}")
    home = model_folders()[0]
    folder = home / ARCHIVES[name]
    if is_model(folder):
        return folder
    archive = home / f"{ARCHIVES[name]}.zip"
    fetch(url or f"{HOST}/{archive.name}", archive, 1, None, progress)
    try:
        _unpack(archive, folder)
    finally:
        archive.unlink()
    return folder


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack beside the target and put it in place whole; ZipFile lets no path leave it."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        try:
            with zipfile.ZipFile(archive) as content:
                content.extractall(scratch)
        except zipfile.BadZipFile as error:
            raise ValueError(f"{archive.name} is no archive: {error}") from None
        found = [path for path in Path(scratch).rglob("*") if path.is_dir() and is_model(path)]
        if not found:
            raise ValueError(f"{archive.name} holds no Vosk model")
        found[0].replace(folder)
