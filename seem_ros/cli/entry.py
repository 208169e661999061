"""``seem-ros``: SEEM from a shell, without ROS.

Exit codes: 0 success, 1 bad input (one line on stderr says what), 3 nothing in view fits, 130
Ctrl-C; docs/use/command_line.md has the table.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import seem_ros
from seem_ros import missing
from seem_ros.cli.errors import EXIT_BAD_INPUT, EXIT_NOT_FOUND, NothingFoundError
from seem_ros.exchange.coordinates import CoordinateParser
from seem_ros.missing import EXIT_INTERRUPTED

# Name, module in seem_ros.cli, what it does.
_COMMANDS = (
    ("segment", "segment", "images and prompts in, masks out"),
    ("track", "track", "a video, folder or recording in, a label image a frame out"),
    ("panoptic", "panoptic", "everything in an image, named"),
    ("eval", "evaluate", "measure clicks, text or video on labelled data"),
    ("console", "console", "the operator's page over a photo, a clip, a folder or a camera"),
    ("listen", "listen", "what the voice node would hear and do with a recording"),
    ("library", "library", "the things that were taught: list, export, rename, forget"),
    ("models", "models", "known checkpoints and which are on disk"),
    ("download", "download", "fetch a published checkpoint"),
    ("convert", "convert", "write a checkpoint as safetensors"),
    ("export", "export", "write a model for ONNX Runtime or OpenVINO, and check it"),
    ("completion", "completion", "let the shell complete seem-ros and prompt"),
)


class _OneLineParser(CoordinateParser):
    """A parser whose errors are one line and exit code 1."""

    def error(self, message: str) -> NoReturn:
        """Print the reason and leave."""
        self.exit(EXIT_BAD_INPUT, f"{self.prog}: {message} (see {self.prog} --help)\n")


def _parser(wanted: str | None) -> argparse.ArgumentParser:
    """Return the parser; only the wanted command's module is imported."""
    parser = _OneLineParser(prog="seem-ros", description="Point, draw or say what you mean.")
    version = f"seem-ros {seem_ros.__version__}"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module, purpose in _COMMANDS:
        command = commands.add_parser(name, help=purpose, description=purpose)
        if name == wanted:
            loaded = importlib.import_module(f"seem_ros.cli.{module}")
            loaded.add_arguments(command)
            command.set_defaults(run=loaded.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if "_ARGCOMPLETE" in os.environ:
            _complete()
        wanted = next((item for item in arguments if not item.startswith("-")), None)
        args = _parser(wanted).parse_args(arguments)
        return args.run(args)
    except NothingFoundError as error:
        return _complain(error, EXIT_NOT_FOUND)
    except (ValueError, OSError, RuntimeError, ImportError, MemoryError) as error:
        return _complain(error, EXIT_BAD_INPUT)
    except KeyboardInterrupt:
        return _complain("interrupted", EXIT_INTERRUPTED)
    except SystemExit as leaving:  # argparse leaves this way, also after --help
        return int(leaving.code or 0)


def _complete() -> None:
    """Answer the shell, which asks with the line in COMP_LINE instead of arguments, and leave."""
    import argcomplete

    words = os.environ.get("COMP_LINE", "").split()
    argcomplete.autocomplete(_parser(words[1] if len(words) > 1 else None))


def _complain(error: Exception | str, code: int) -> int:
    said = error if isinstance(error, str) else missing.reason(error)
    message = " ".join(said.split()) or type(error).__name__
    print(f"seem-ros: {message}", file=sys.stderr)
    return code
