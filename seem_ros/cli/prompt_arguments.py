"""Which things a command line asks for, and the model that looks for them."""

from __future__ import annotations

import argparse
import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seem_ros.exchange.picture_files import read_labels, read_mask
from seem_ros.exchange.prompt_options import prompt_of
from seem_ros.prompts import Prompt
from seem_ros.threads import use_threads

if TYPE_CHECKING:
    from seem_ros.segmenter import Segmenter

_IGNORED = (0, 65535)  # values of a label image that are no object


@dataclass(frozen=True)
class Wanted:
    """One thing that was asked for: a name for its files, and the prompts that describe it."""

    name: str
    prompts: tuple[Prompt, ...]


def add_merge_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option that makes one object of several boxes or texts."""
    parser.add_argument(
        "--merge", action="store_true",
        help="several --box, --text or values of --mask are one object, not one each",
    )  # fmt: skip


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose the model and where it runs."""
    model = parser.add_argument(
        "--model", default="nano", help="name or path of a checkpoint (nano)"
    )
    model.completer = model_names  # type: ignore[attr-defined]  # argcomplete asks for it
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument(
        "--precision", choices=("auto", "fp32", "bf16", "fp16"), default="auto",
        help="of the model's numbers (auto: half on a GPU, fp32 on the CPU)",
    )  # fmt: skip
    parser.add_argument("--threads", type=int, default=0, metavar="N", help="0: one a core")
    add_input_size(parser)
    add_library(parser)
    add_second_eye(parser)


def model_names(prefix: str, **_: Any) -> list[str]:
    """Return what the tab key offers for a model: the known names, and files."""
    from argcomplete.completers import FilesCompleter

    from seem_ros.model.checkpoints import BUNDLED, CHECKPOINTS

    return [*BUNDLED, *CHECKPOINTS, *FilesCompleter()(prefix)]


def add_second_eye(parser: argparse.ArgumentParser) -> None:
    """Add the option that leaves corrections to the model alone."""
    parser.add_argument(
        "--no-second-eye", action="store_true",
        help="answer boxes and corrections by the model alone, which is faster",
    )  # fmt: skip


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


def wanted_of(args: argparse.Namespace) -> list[Wanted]:
    """Return the things that the options ask for: each text, box or value of the mask is one.

    All other evidence belongs to the one text or box there is, or is a thing of its own. What is
    not meant (negative clicks, strokes and text) goes with each.

    Raises:
        ValueError: it is not clear what belongs to which, or values are wrong.
        FileNotFoundError: a picture is missing.

    """
    rest = argparse.Namespace(**{**vars(args), "text": [], "box": [], "mask": None})
    other = prompt_of(rest)
    if args.merge:
        mask = read_mask(args.mask) if args.mask else None
        whole = dataclasses.replace(other, boxes=args.box, mask=mask)
        prompts = [dataclasses.replace(whole, text=text) for text in args.text] or [whole]
        return [] if prompts[0].is_empty else [Wanted(_name(args.text, args.box), tuple(prompts))]
    return _masked(args.mask) + _each(args, other)


def _each(args: argparse.Namespace, other: Prompt) -> list[Wanted]:
    """Return a thing for each text or box; one for all evidence where there is one at most."""
    texts, boxes = args.text, args.box
    if len(texts) < 2 and len(boxes) < 2:
        one = dataclasses.replace(other, boxes=boxes, text=texts[0] if texts else "")
        return [] if one.is_empty else [Wanted(_name(texts, boxes), (one,))]
    if (texts and boxes) or other.has_positive:
        raise ValueError(
            "several --text or --box are one object each, so it is not clear what else belongs "
            "to which: give them alone, or --merge for one object"
        )
    return [Wanted(text, (dataclasses.replace(other, text=text),)) for text in texts] + [
        Wanted("box", (dataclasses.replace(other, boxes=[box]),)) for box in boxes
    ]


def _masked(path: str | None) -> list[Wanted]:
    """Return a thing for each value of a mask."""
    if not path:
        return []
    labels = read_labels(path)
    values = [int(value) for value in np.unique(labels) if value not in _IGNORED]
    if not values:
        raise ValueError(f"the mask {path} is empty")
    return [Wanted(f"mask {value}", (Prompt(mask=labels == value),)) for value in values]


def _name(texts: list[str], boxes: list[Any]) -> str:
    return " and ".join(texts) or ("box" if boxes else "object")


def load_segmenter(args: argparse.Namespace) -> Segmenter:
    """Return the Segmenter that the options choose; PyTorch is imported here and not before.

    Raises:
        ValueError: unknown model or device, or a library of another model.
        OSError: the checkpoint is missing or broken.

    """
    if args.device != "auto":
        from seem_ros.model.devices import as_device

        as_device(args.device)
    from seem_ros.library import Library
    from seem_ros.segmenter import Segmenter

    use_threads(args.threads)
    library = None if args.library is None else Library(args.library or None)
    eye = not args.no_second_eye
    chosen = {} if args.precision == "auto" else {"precision": args.precision}
    return Segmenter.from_pretrained(
        args.model, args.device, args.input_size, library, eye, **chosen
    )
