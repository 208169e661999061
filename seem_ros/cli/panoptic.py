"""``seem-ros panoptic``: everything in an image, named where the model is sure."""

from __future__ import annotations

import argparse
import json

import numpy as np

from seem_ros.cli.errors import NothingFoundError
from seem_ros.cli.prompt_arguments import add_model_arguments, load_segmenter
from seem_ros.exchange.formats import summary
from seem_ros.exchange.picture_files import check_mask_path, read_rgb, write_picture
from seem_ros.exchange.text_files import write_text
from seem_ros.segmentation import Segmentation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("image", metavar="IMAGE")
    parser.add_argument("--vocabulary", default="", help="names to choose from: a,b,c")
    add_model_arguments(parser)
    parser.add_argument("--out", required=True, metavar="LABELS.png", help="16-bit label image")
    parser.add_argument("--json", required=True, metavar="RESULT.json", help="name of each label")
    parser.add_argument("--overlay", metavar="PICTURE", help="the image with all of it drawn")


def run(args: argparse.Namespace) -> int:
    """Segment everything and write the label image and the names."""
    check_mask_path(args.out)
    rgb = read_rgb(args.image)
    segmenter = load_segmenter(args)
    names = [name.strip() for name in args.vocabulary.split(",") if name.strip()]
    if names:
        segmenter.set_vocabulary(names)
    segmenter.set_image(rgb)
    labels, objects = segmenter.panoptic()
    write_picture(args.out, labels.astype(np.uint16))
    segments = [{"id": n, **summary(item)} for n, item in enumerate(objects, start=1)]
    write_text(args.json, json.dumps(segments, indent=2) + "\n")
    if args.overlay:
        everything = Segmentation(bool(objects), labels > 0, objects=objects)
        write_picture(args.overlay, np.asarray(everything.plot(rgb)))
    named = [item.class_name for item in objects if item.class_name]
    print(f"{args.out}: {len(objects)} segments, named: {', '.join(named) or 'none'}")
    if not objects:
        raise NothingFoundError(f"nothing stands out in {args.image}")
    return 0
