"""The options that describe a prompt, the same for `seem-ros` and `prompt`."""

from __future__ import annotations

import argparse
from typing import Any

from seem_ros.exchange.coordinates import numbers
from seem_ros.exchange.picture_files import read_mask, read_rgb
from seem_ros.prompts import Prompt, Stroke


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


def _pairs(line: tuple[float, ...]) -> tuple[tuple[float, float], ...]:
    return tuple(zip(line[::2], line[1::2], strict=True))
