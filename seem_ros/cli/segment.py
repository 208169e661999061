"""``seem-ros segment``: one image and a prompt in, a mask out."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from seem_ros.cli.errors import NothingFoundError
from seem_ros.cli.pictures import read_rgb, write_picture
from seem_ros.cli.prompt_arguments import (
    add_model_arguments,
    add_prompt_arguments,
    load_segmenter,
    prompt_of,
)
from seem_ros.instances import Instance, Segmentation, SegmentedObject
from seem_ros.prompts import Prompt
from seem_ros.visualize.overlay import draw_overlay


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("image", metavar="IMAGE")
    add_prompt_arguments(parser)
    add_model_arguments(parser)
    parser.add_argument("--out", required=True, metavar="MASK.png", help="0 and 255")
    parser.add_argument("--overlay", metavar="OVERLAY.png", help="the image with the masks on it")
    parser.add_argument("--json", metavar="RESULT.json", help="scores, names and boxes")


def run(args: argparse.Namespace) -> int:
    """Segment and write the files.

    Raises:
        NothingFoundError: nothing in view fits the prompt; no file is written.

    """
    rgb = read_rgb(args.image)
    prompt = prompt_of(args).validated(*rgb.shape[:2])
    segmenter = load_segmenter(args)
    segmenter.set_image(rgb)
    result = segmenter.predict(prompt)
    if not result.found:
        raise NothingFoundError(
            f"nothing in {args.image} fits {prompt.text!r}"
            if prompt.text
            else f"no object found at the prompt in {args.image}"
        )
    write_picture(args.out, result.mask)
    if args.overlay:
        write_picture(args.overlay, _overlay(rgb, result, prompt))
    if args.json:
        Path(args.json).write_text(json.dumps(summary(result), indent=2) + "\n", encoding="utf-8")
    print(
        f"{args.out}: {len(result.objects)} object(s), score {result.score:.2f}, "
        f"{result.class_name or 'no name'}"
    )
    return 0


def summary(result: Segmentation) -> dict:
    """Return what is known of a segmentation besides its masks, ready for JSON."""
    return {
        "found": result.found,
        "score": round(float(result.score), 4),
        "class_name": result.class_name,
        "class_score": round(float(result.class_score), 4),
        "area": int(np.count_nonzero(result.mask)),
        "objects": [object_summary(item) for item in result.objects],
    }


def object_summary(item: SegmentedObject) -> dict:
    """Return what is known of an object besides its mask, ready for JSON."""
    return {
        "score": round(float(item.score), 4),
        "class_name": item.class_name,
        "class_score": round(float(item.class_score), 4),
        "box": [int(value) for value in item.box],
        "area": int(np.count_nonzero(item.mask)),
    }


def _overlay(rgb: np.ndarray, result: Segmentation, prompt: Prompt) -> np.ndarray:
    instances = [
        Instance(
            number, class_name=item.class_name, score=item.score, mask=item.mask, box=item.box
        )
        for number, item in enumerate(result.objects, start=1)
    ]
    return draw_overlay(rgb, instances, prompts=[prompt], status=prompt.text)
