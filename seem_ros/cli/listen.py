"""``seem-ros listen``: what the voice node would hear and do with a recording."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("audio", metavar="AUDIO.wav")
    parser.add_argument(
        "--vosk-model", metavar="DIR", help="a Vosk model; else the bundled choice"
    )
    parser.add_argument("--lang", default="en", help="en, ko, or a file like config/voice/en.yaml")
    parser.add_argument("--engine", choices=("auto", "vosk", "pocketsphinx"), default="auto")
    parser.add_argument("--wake-word", action="store_true", help="hear only after 'robot'")
    parser.add_argument("--free-form", action="store_true", help="any words, no grammar")
    parser.add_argument("--json", metavar="OUT", help="text, command and prompt")


def run(args: argparse.Namespace) -> int:
    """Recognise the recording; the speech libraries are imported here and not before."""
    from seem_ros.speech.listen import run as listen

    return listen(args)
