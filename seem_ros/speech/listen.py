"""``seem-ros listen``: what the voice node would hear and do with a recording."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path
from typing import Any

import numpy as np

from seem_ros.prompts import Prompt
from seem_ros.speech.actions import Action, ServiceCall
from seem_ros.speech.audio import Recording, read_recording
from seem_ros.speech.dialogue import DialogueConfig, Heard
from seem_ros.speech.listener import Listener
from seem_ros.speech.recogniser import SAMPLE_RATE, EngineChoice
from seem_ros.speech.setup import VoiceConfig, open_listener

_CHUNK = SAMPLE_RATE // 10


def run(args: argparse.Namespace) -> int:
    """Recognise ``args.audio`` and print what was understood as JSON.

    Reads ``audio``, ``vosk_model``, ``json`` and, where they are there, ``lang``, ``engine``,
    ``wake_word`` and ``free_form``.

    Raises:
        ValueError: the audio or the language cannot be used.
        SpeechError: no engine, or no model.

    """
    logging.basicConfig(level=logging.INFO, format="seem-ros: %(message)s", stream=sys.stderr)
    recording = read_recording(args.audio)
    listener = open_listener(_config(args))
    heard = [each for each in hear(listener, recording.samples) if each.is_final]
    result = _result(args.audio, recording, listener, heard)
    text = json.dumps(result, indent=2, ensure_ascii=False)
    print(text)
    if args.json:
        Path(args.json).write_text(text + "\n", encoding="utf-8")
    return 0


def hear(listener: Listener, samples: np.ndarray) -> list[Heard]:
    """Play (N,) int16 samples, 16 kHz, to a listener and return all it understood."""
    heard = []
    for start in range(0, len(samples), _CHUNK):
        heard += listener.accept(samples[start : start + _CHUNK])
    return heard + listener.finish()


def action_record(action: Action) -> dict[str, Any]:
    """Describe an action for JSON: the fields that are set, or the service and its arguments."""
    if isinstance(action, ServiceCall):
        return {"service": action.service, **action.arguments}
    return {"prompt": {"mode": action.mode.name, **_said(action)}}


def _said(prompt: Prompt) -> dict[str, Any]:
    names = ("text", "negative_text", "label", "instance_id", "track")
    return {name: getattr(prompt, name) for name in names if getattr(prompt, name)}


def _config(args: argparse.Namespace) -> VoiceConfig:
    return VoiceConfig(
        language=getattr(args, "lang", None) or "en",
        engine=EngineChoice(
            engine=getattr(args, "engine", None) or "auto",
            vosk_model=args.vosk_model or "",
            free_form=bool(getattr(args, "free_form", False)),
        ),
        dialogue=DialogueConfig(wake_word=bool(getattr(args, "wake_word", False))),
    )


def _result(
    path: str, recording: Recording, listener: Listener, heard: list[Heard]
) -> dict[str, Any]:
    return {
        "audio": str(path),
        "seconds": round(recording.duration_s, 2),
        "engine": listener.recogniser.name,
        "notes": list(recording.notes),
        "heard": [_record(each) for each in heard],
    }


def _record(heard: Heard) -> dict[str, Any]:
    return {
        "end_s": round(heard.end_s, 2),
        "text": heard.text,
        "confidence": round(heard.confidence, 3),
        "command": heard.command,
        "phrase": heard.phrase,
        "refusal": heard.refusal,
        "actions": [action_record(action) for action in heard.actions],
    }
