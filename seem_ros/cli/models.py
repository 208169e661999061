"""``seem-ros models``: known checkpoints, where they come from, which are on disk."""

from __future__ import annotations

import argparse

_MEGABYTE = 1_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options: none."""


def run(args: argparse.Namespace) -> int:
    """Print one line a checkpoint."""
    from seem_ros.model.checkpoints import BUNDLED, CHECKPOINTS, model_folder
    from seem_ros.resources import weights_path

    print(f"{'name':14} {'size':>8}  {'on disk':8} from")
    for name in BUNDLED:
        print(_line(name, weights_path(name).stat().st_size, True, "in this package"))
    for checkpoint in CHECKPOINTS.values():
        there = checkpoint.path.is_file()
        print(_line(checkpoint.name, checkpoint.tensor_bytes, there, checkpoint.url))
    print(f"downloads lie in {model_folder()}")
    return 0


def _line(name: str, size: int, there: bool, origin: str) -> str:
    return f"{name:14} {size / _MEGABYTE:5.0f} MB  {'yes' if there else 'no':8} {origin}"
