"""Put language, engine and dialogue together into a Listener."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from seem_ros.speech.actions import KnownInstance
from seem_ros.speech.dialogue import Dialogue, DialogueConfig
from seem_ros.speech.engines.choice import EngineChoice, open_engine
from seem_ros.speech.grammar.command_grammar import CommandGrammar
from seem_ros.speech.grammar.language import Language, load_language
from seem_ros.speech.listener import Listener


@dataclass(frozen=True)
class VoiceConfig:
    """Everything that can be chosen.

    Attributes:
        language: code of a file in config/voice, or the path of such a file.
        engine: which engine, and its model.
        names: what the operator may name besides the language's own names.
        only_names: leave out the language's names that are not among ``names``.
        dialogue: wake word, confidence and questions.

    """

    language: str = "en"
    engine: EngineChoice = EngineChoice()
    names: tuple[str, ...] = ()
    only_names: bool = False
    dialogue: DialogueConfig = DialogueConfig()


def chosen_language(config: VoiceConfig) -> Language:
    """Load the language with the chosen names.

    Raises:
        ValueError: no such language, or its file is wrong.

    """
    language = load_language(config.language)
    if config.only_names:
        return language.only_names(config.names)
    return language.with_names(config.names)


def open_listener(
    config: VoiceConfig,
    instances: Callable[[], Sequence[KnownInstance] | None] = lambda: None,
) -> Listener:
    """Open the engine and make a listener.

    Args:
        config: what was chosen.
        instances: asked for what is tracked when a sentence ends; None is not known.

    Raises:
        ValueError: the language or a name of the configuration is wrong.
        SpeechError: no engine, or no model.

    """
    language = chosen_language(config)
    grammar = CommandGrammar(language, wake_word=config.dialogue.wake_word)
    engine = open_engine(config.engine, language.code)
    dialogue = Dialogue(grammar, config.dialogue, open_names=config.engine.free_form)
    return Listener(engine, dialogue, instances)
