"""Prompts as options of a command line, the same for all commands that take them."""

from __future__ import annotations

import argparse
import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from seem_ros.picture_files import read_labels, read_mask, read_rgb
from seem_ros.prompts.coordinates import numbers
from seem_ros.prompts.prompt import Prompt, Stroke

_IGNORED = (0, 65535)  # values of a label image that are no object


@dataclass(frozen=True)
class Wanted:
    """One thing that was asked for: a name for its files, and the prompts that describe it."""

    name: str
    prompts: tuple[Prompt, ...]


def add_prompt_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options for clicks, boxes, strokes, masks, text and example."""
    point, box = numbers(2, "X,Y"), numbers(4, "X0,Y0,X1,Y1")
    stroke = numbers(None, "X,Y,X,Y,...")
    repeat: dict[str, Any] = {"action": "append", "default": []}
    line = "X,Y,X,Y,..."
    parser.add_argument("--click", type=point, metavar="X,Y", help="on the object", **repeat)
    parser.add_argument("--negative", type=point, metavar="X,Y", help="not this", **repeat)
    parser.add_argument("--box", type=box, metavar="X0,Y0,X1,Y1", help="around it", **repeat)
    parser.add_argument("--stroke", type=stroke, metavar=line, help="drawn on it", **repeat)
    parser.add_argument(
        "--negative-stroke", type=stroke, metavar=line, help="drawn beside it", **repeat
    )
    parser.add_argument("--mask", metavar="PNG", help="where the objects are, by value")
    parser.add_argument("--text", metavar="WORDS", help="words that name it", **repeat)
    parser.add_argument("--negative-text", default="", help="words that name what is not meant")
    parser.add_argument("--example", metavar="IMG", help="a picture that shows such an object")
    parser.add_argument("--example-mask", metavar="PNG", help="where it is in the example")


def add_merge_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option that makes one object of several boxes or texts."""
    parser.add_argument(
        "--merge", action="store_true",
        help="several --box, --text or values of --mask are one object, not one each",
    )  # fmt: skip


def prompt_of(args: argparse.Namespace, **others: Any) -> Prompt:
    """Return the one prompt that the options describe, all of them together.

    Raises:
        ValueError: an example without its mask, or the other way round, or wrong values.
        FileNotFoundError: a picture is missing.

    """
    if bool(args.example) != bool(args.example_mask):
        raise ValueError("--example and --example-mask belong together: give both")
    example = (read_rgb(args.example), read_mask(args.example_mask)) if args.example else None
    drawn = [(line, True) for line in args.stroke]
    drawn += [(line, False) for line in args.negative_stroke]
    return Prompt(
        points=[(*xy, 1) for xy in args.click] + [(*xy, 0) for xy in args.negative],
        boxes=args.box,
        strokes=[Stroke(_pairs(line), positive=on) for line, on in drawn],
        mask=read_mask(args.mask) if args.mask else None,
        text="; ".join(args.text),
        negative_text=args.negative_text,
        example=example,
        **others,
    )


def _pairs(line: tuple[float, ...]) -> list[tuple[float, float]]:
    return list(zip(line[::2], line[1::2], strict=True))


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
