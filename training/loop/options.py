"""Options of the trainings that add one part to a trained model."""

from __future__ import annotations

import argparse
from pathlib import Path

from training.loop.loop import Records


def stage_parser(description: str, steps: int) -> argparse.ArgumentParser:
    """Command line of such a training.

    Args:
        description: what it trains.
        steps: as many unless the command says otherwise.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--model", type=Path, required=True, help="trained model file")
    parser.add_argument("--data", type=Path, required=True, help="folder of rendered sets")
    parser.add_argument("--photos", type=Path, help="folder of photograph and video sets")
    parser.add_argument("--leave-out", nargs="+", default=(), metavar="SET", help="sets not used")
    parser.add_argument("--out", type=Path, required=True, help="model file to write")
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save-minutes", type=float, default=2.0)
    return parser


def records_of(args: argparse.Namespace) -> Records:
    """Where such a training leaves its state and log: beside its model file."""
    state, log = args.out.with_suffix(".state.pt"), args.out.with_suffix(".csv")
    return Records(state, log, save_minutes=args.save_minutes)
