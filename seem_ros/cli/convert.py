"""``seem-ros convert``: an official checkpoint as safetensors, smaller and faster to load."""

from __future__ import annotations

import argparse
from pathlib import Path

_TYPES = ("float32", "float16", "bfloat16")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("checkpoint", metavar="FILE_OR_NAME", help="a .pt file, or a model's name")
    parser.add_argument("--out", required=True, type=Path, metavar="FILE.safetensors")
    parser.add_argument("--dtype", choices=_TYPES, default="float32", help="of the stored numbers")


def run(args: argparse.Namespace) -> int:
    """Load strictly and write.

    Raises:
        ValueError: the output is no .safetensors name, or the input no checkpoint.
        FileNotFoundError: the input is not on disk.

    """
    import torch

    from seem_ros.model.loading import load_model
    from seem_ros.model.weights_file import save_model

    if args.out.suffix != ".safetensors":
        raise ValueError(f"--out is {args.out}; its name must end in .safetensors")
    loaded = load_model(args.checkpoint)
    dtype = getattr(torch, args.dtype)
    save_model(loaded.model, args.out, dtype, loaded.helpers.refiner)
    print(args.out)
    return 0
