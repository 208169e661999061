"""The parameters of voice_node. They are read once, when the node starts."""

from __future__ import annotations

from dataclasses import dataclass

from seem_ros.ros.parameter_fields import START, choice, items_of, number, switch, text
from seem_ros.speech.dialogue import DialogueConfig
from seem_ros.speech.engines.choice import ENGINES, EngineChoice
from seem_ros.speech.setup import VoiceConfig


@dataclass(frozen=True)
class VoiceParameters:
    """What can be set about audio, recognition and commands."""

    language: str = text("en", "Language of config/voice, or the path of such a file.", START)
    engine: str = choice(
        "auto", ENGINES, "auto takes Vosk where a model is found, else pocketsphinx.", START
    )
    vosk_model: str = text("", "Folder or name of a Vosk model; empty = look for one.", START)
    free_form: bool = switch(False, "Recognise any words, not the commands only.", START)
    names: str = text("", "Further names, split by ';'.", START)
    only_names: bool = switch(False, "Listen for no other names than `names`.", START)
    use_labels: bool = switch(True, "Listen for the labels of instances as well.", START)
    wake_word: bool = switch(False, "Sentences count only after the wake word.", START)
    wake_window: float = number(6.0, 0.0, 60.0, "Time to speak after the wake word, s.", START)
    confidence_floor: float = number(0.5, 0.0, 1.0, "Less certain sentences are refused.", START)
    ask_below: float = number(
        0.0, 0.0, 1.0, "Less certain sentences are asked about first; 0 = never.", START
    )
    confirm_reset: bool = switch(True, "Ask before everything is forgotten.", START)
    confirm_risky: bool = switch(
        True, "Ask before pick and remove, unless the wake word was said.", START
    )
    audio: str = choice(
        "microphone", ("microphone", "file", "topic"), "Where audio comes from.", START
    )
    microphone: str = text("", "Number or part of the name; empty = the default.", START)
    audio_file: str = text("", "Recording to play once, with audio = file.", START)
    audio_encoding: str = choice(
        "int16",
        ("int16", "bytes"),
        "Topic `audio`: Int16MultiArray, or UInt8MultiArray of little-endian 16-bit samples.",
        START,
    )
    audio_rate: int = number(16000, 4000, 192000, "Sample rate of `audio`, Hz.", START)
    audio_channels: int = number(1, 1, 32, "Channels of `audio`, interleaved.", START)
    audio_timeout: float = number(
        1.0, 0.1, 60.0, "Without audio for this long a sentence is given up, s.", START
    )
    retry_period: float = number(
        3.0, 0.1, 600.0, "Pause before a missing microphone is tried again, s.", START
    )
    segmenter: str = text("seem_node", "Name of the seem_node to command.", START)

    def voice_config(self) -> VoiceConfig:
        """Return what the speech package needs to know.

        Raises:
            ValueError: a value is wrong.

        """
        return VoiceConfig(
            language=self.language,
            engine=EngineChoice(self.engine, self.vosk_model, self.free_form),
            names=tuple(items_of(self.names)),
            only_names=self.only_names,
            dialogue=DialogueConfig(
                wake_word=self.wake_word,
                wake_window_s=self.wake_window,
                confidence_floor=self.confidence_floor,
                ask_below=self.ask_below,
                confirm_reset=self.confirm_reset,
                confirm_risky=self.confirm_risky,
            ),
        )
