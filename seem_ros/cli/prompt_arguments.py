"""The options that describe a prompt, shared by the commands that take one."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from seem_ros.cli.pictures import read_mask, read_rgb
from seem_ros.prompts import Prompt, Stroke

if TYPE_CHECKING:
    from seem_ros.segmenter import Segmenter


def numbers(count: int | None, names: str) -> Callable[[str], tuple[float, ...]]:
    """Return an argparse type: comma separated numbers, `count` of them or any even number."""

    def parse(text: str) -> tuple[float, ...]:
        try:
            values = tuple(float(part) for part in text.split(","))
        except ValueError:
            values = ()
        wrong = len(values) != count if count else len(values) < 2 or len(values) % 2
        if wrong:
            raise argparse.ArgumentTypeError(f"{text!r} must be {names}, in pixels")
        return values

    return parse


def add_prompt_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options for clicks, boxes, strokes, text and example."""
    point, box = numbers(2, "X,Y"), numbers(4, "X0,Y0,X1,Y1")
    stroke = numbers(None, "X,Y,X,Y,...")
    repeat: dict[str, Any] = {"action": "append", "default": []}
    parser.add_argument("--click", type=point, metavar="X,Y", help="on the object", **repeat)
    parser.add_argument("--negative", type=point, metavar="X,Y", help="not this", **repeat)
    parser.add_argument("--box", type=box, metavar="X0,Y0,X1,Y1", help="around it", **repeat)
    parser.add_argument(
        "--stroke", type=stroke, metavar="X,Y,X,Y,...", help="a scribble on the object", **repeat
    )
    parser.add_argument("--text", default="", help="words that name it")
    parser.add_argument("--negative-text", default="", help="words that name what is not meant")
    parser.add_argument("--example", metavar="IMG", help="a picture that shows such an object")
    parser.add_argument("--example-mask", metavar="PNG", help="where it is in the example")


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose the model and where it runs."""
    parser.add_argument("--model", default="nano", help="name or path of a checkpoint (nano)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    add_input_size(parser)


def add_input_size(parser: argparse.ArgumentParser) -> None:
    """Add the option that makes a model faster or slower."""
    parser.add_argument(
        "--input-size", type=int, default=0, metavar="PIXELS",
        help="side at which the model reads pictures (its own); smaller is faster",
    )  # fmt: skip


def prompt_of(args: argparse.Namespace, **others: Any) -> Prompt:
    """Return the prompt that the options describe.

    Raises:
        ValueError: an example without its mask, or the other way round, or wrong values.
        FileNotFoundError: a picture is missing.

    """
    if bool(args.example) != bool(args.example_mask):
        raise ValueError("--example and --example-mask belong together: give both")
    example = (read_rgb(args.example), read_mask(args.example_mask)) if args.example else None
    strokes = [Stroke(tuple(zip(s[::2], s[1::2], strict=True))) for s in args.stroke]
    return Prompt(
        points=[(*xy, 1) for xy in args.click] + [(*xy, 0) for xy in args.negative],
        boxes=args.box,
        strokes=strokes,
        text=args.text,
        negative_text=args.negative_text,
        example=example,
        **others,
    )


def load_segmenter(args: argparse.Namespace) -> Segmenter:
    """Return the Segmenter that the options choose; PyTorch is imported here and not before.

    Raises:
        ValueError: unknown model or device.
        OSError: the checkpoint is missing or broken.

    """
    from seem_ros.segmenter import Segmenter

    return Segmenter.from_pretrained(args.model, args.device, input_size=args.input_size)
