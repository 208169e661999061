"""``seem-ros completion``: what a shell needs to complete seem-ros and prompt with the tab key."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.epilog = 'bash, zsh: eval "$(seem-ros completion bash)"; for good, in ~/.bashrc'
    parser.add_argument("shell", choices=("bash", "zsh", "fish", "tcsh"))


def run(args: argparse.Namespace) -> int:
    """Print the shell's code.

    Raises:
        ImportError: argcomplete is not installed.

    """
    try:
        from argcomplete import shellcode
    except ImportError:
        raise ImportError("completion needs argcomplete: pip install argcomplete") from None
    print(shellcode(["seem-ros", "prompt"], shell=args.shell))
    return 0
