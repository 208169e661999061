"""``seem-ros listen``: what the voice node would hear and do with a recording."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from typing import TYPE_CHECKING, Any

from seem_ros.exchange.text_files import write_text

if TYPE_CHECKING:
    from seem_ros.speech.actions import Action
    from seem_ros.speech.dialogue import Heard

_SAID = ("text", "negative_text", "label", "instance_id", "track")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("audio", metavar="AUDIO.wav")
    parser.add_argument(
        "--vosk-model", metavar="DIR", default="", help="a Vosk model; else the bundled choice"
    )
    parser.add_argument("--lang", default="en", help="en, ko, or a file like config/voice/en.yaml")
    parser.add_argument("--engine", choices=("auto", "vosk", "pocketsphinx"), default="auto")
    parser.add_argument("--wake-word", action="store_true", help="hear only after 'robot'")
    parser.add_argument("--free-form", action="store_true", help="any words, no grammar")
    parser.add_argument("--json", metavar="OUT", help="text, command and prompt")


def run(args: argparse.Namespace) -> int:
    """Recognise the recording and print what was understood as JSON.

    The speech libraries are imported here and not before.

    Raises:
        ValueError: the audio or the language cannot be used.
        SpeechError: no engine, or no model.

    """
    from seem_ros.speech.audio import read_recording
    from seem_ros.speech.dialogue import DialogueConfig
    from seem_ros.speech.engines.choice import EngineChoice
    from seem_ros.speech.setup import VoiceConfig, open_listener

    logging.basicConfig(level=logging.INFO, format="seem-ros: %(message)s", stream=sys.stderr)
    recording = read_recording(args.audio)
    engine = EngineChoice(args.engine, args.vosk_model, args.free_form)
    dialogue = DialogueConfig(wake_word=args.wake_word)
    listener = open_listener(VoiceConfig(args.lang, engine, dialogue=dialogue))
    result = {
        "audio": str(args.audio),
        "seconds": round(recording.duration_s, 2),
        "engine": listener.engine.name,
        "notes": list(recording.notes),
        "heard": [_record(each) for each in listener.hear(recording.samples) if each.is_final],
    }
    text = json.dumps(result, indent=2, ensure_ascii=False)
    print(text)
    if args.json:
        write_text(args.json, text + "\n")
    return 0


def _record(heard: Heard) -> dict[str, Any]:
    return {
        "end_s": round(heard.end_s, 2),
        "text": heard.text,
        "confidence": round(heard.confidence, 3),
        "command": heard.command,
        "phrase": heard.phrase,
        "refusal": heard.refusal,
        "actions": [_action_record(action) for action in heard.actions],
    }


def _action_record(action: Action) -> dict[str, Any]:
    """Describe an action: the service and its arguments, or the fields that are set."""
    from seem_ros.prompts import Prompt

    if not isinstance(action, Prompt):
        return {"service": action.service, **action.arguments}
    said = {name: getattr(action, name) for name in _SAID if getattr(action, name)}
    return {"prompt": {"mode": action.mode.name, **said}}
