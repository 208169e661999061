"""Which engine listens: the one that the user asked for, or the best that is there."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from importlib import import_module

from seem_ros.speech.engines.engine import SpeechEngine, SpeechError
from seem_ros.speech.engines.vosk_models import find_model

ENGINES = ("auto", "vosk", "pocketsphinx")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EngineChoice:
    """What the user asked for.

    Attributes:
        engine: ``auto`` takes Vosk where it finds a model of the language, else pocketsphinx.
        vosk_model: folder or name of a Vosk model; empty looks for one of the language.
        free_form: recognise any words instead of the grammar's only.

    """

    engine: str = "auto"
    vosk_model: str = ""
    free_form: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for an unknown engine."""
        if self.engine not in ENGINES:
            raise ValueError(f"unknown engine {self.engine!r}, use one of {', '.join(ENGINES)}")


def open_engine(choice: EngineChoice, language: str) -> SpeechEngine:
    """Open the engine for a language and log which one it is and how to get a better one.

    Raises:
        SpeechError: the engine, its package or a model of the language is missing.

    """
    if choice.engine == "pocketsphinx":
        return _open_sphinx(choice, language)
    try:
        return _open_vosk(choice, language)
    except SpeechError as error:
        if choice.engine == "vosk" or choice.vosk_model:
            raise
        missing = error
    try:
        engine = _open_sphinx(choice, language)
    except SpeechError as error:
        raise SpeechError(f"no speech engine: {missing}; {error}") from None
    log.info("No Vosk model is used (%s). Vosk hears better than pocketsphinx.", missing)
    return engine


def _open_vosk(choice: EngineChoice, language: str) -> SpeechEngine:
    folder = find_model(choice.vosk_model, language)
    _check_package("vosk")
    from seem_ros.speech.engines.vosk_engine import VoskEngine

    engine = VoskEngine(folder, free_form=choice.free_form)
    log.info("Speech is recognised by Vosk with the model %s.", folder)
    return engine


def _open_sphinx(choice: EngineChoice, language: str) -> SpeechEngine:
    if language != "en":
        raise SpeechError(f"pocketsphinx comes with English only, not with {language!r}")
    _check_package("pocketsphinx")
    from seem_ros.speech.engines.sphinx_engine import SphinxEngine

    engine = SphinxEngine(free_form=choice.free_form)
    log.info("Speech is recognised by pocketsphinx with its own English model.")
    return engine


def _check_package(name: str) -> None:
    try:
        import_module(name)
    except (ImportError, OSError) as error:
        raise SpeechError(f"{name} cannot be loaded ({error}): pip install {name}") from None
