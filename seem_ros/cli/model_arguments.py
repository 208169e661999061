"""The options that choose a model, shared by the commands that run one."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seem_ros.segmenter import Segmenter


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose the model and where it runs."""
    parser.add_argument("--model", default="nano", help="name or path of a checkpoint (nano)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    add_input_size(parser)
    add_library(parser)


def add_library(parser: argparse.ArgumentParser) -> None:
    """Add the option that makes taught things known."""
    parser.add_argument(
        "--library", metavar="DIR",
        help="know the things taught there; '' is your own library (none is known)",
    )  # fmt: skip


def add_input_size(parser: argparse.ArgumentParser) -> None:
    """Add the option that makes a model faster or slower."""
    parser.add_argument(
        "--input-size", type=int, default=0, metavar="PIXELS",
        help="side at which the model reads pictures (its own); smaller is faster",
    )  # fmt: skip


def load_segmenter(args: argparse.Namespace) -> Segmenter:
    """Return the Segmenter that the options choose; PyTorch is imported here and not before.

    Raises:
        ValueError: unknown model or device, or a library of another model.
        OSError: the checkpoint is missing or broken.

    """
    if args.device != "auto":
        from seem_ros.model.devices import as_device

        as_device(args.device)
    from seem_ros.segmenter import Segmenter

    segmenter = Segmenter.from_pretrained(args.model, args.device, input_size=args.input_size)
    if args.library is not None:
        from seem_ros.library import Library

        segmenter.use_library(Library(args.library or None))
    return segmenter
