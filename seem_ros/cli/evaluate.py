"""``seem-ros eval``: measure any kind of answer on labelled data."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from seem_ros.cli.prompt_arguments import add_model_arguments, load_segmenter
from seem_ros.exchange.picture_files import write_picture
from seem_ros.exchange.text_files import write_text

EXAMPLES_EACH = 4  # best, median and worst on a sheet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("what", choices=sorted(_MEASURES), help="what to measure")
    parser.add_argument("dataset", metavar="DATASET_DIR")
    parser.add_argument("--json", metavar="OUT", help="figures and the record of every object")
    parser.add_argument("--kept-back", action="store_true", help="only what training never sees")
    parser.add_argument("--limit", type=int, metavar="N", help="at most N pictures or videos")
    parser.add_argument("--clicks", type=int, default=20, help="most clicks an object (20)")
    parser.add_argument(
        "--start", choices=("mask", "click"), nargs="+", default=["mask"], help="video: from"
    )
    parser.add_argument("--every", type=int, default=1, metavar="N", help="videos: each Nth frame")
    parser.add_argument("--baselines", action="store_true", help="video: also flow and re-prompt")
    parser.add_argument(
        "--corrections",
        type=int,
        default=0,
        metavar="N",
        help="video: once more with at most N corrective clicks a sequence",
    )
    parser.add_argument("--sheets", metavar="DIR", help="video, examples: where contact sheets go")
    add_model_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Measure, print a table and write the JSON."""
    if args.limit is not None and args.limit < 1:
        raise ValueError(f"--limit must be at least 1, got {args.limit}")
    if args.clicks < 1:
        raise ValueError(f"--clicks must be at least 1, got {args.clicks}")
    if not Path(args.dataset).is_dir():
        raise FileNotFoundError(f"no such folder: {args.dataset}")
    result = _MEASURES[args.what](args)
    if args.json:
        write_text(args.json, json.dumps(result, indent=1) + "\n")
    return 0


def _clicks(args: argparse.Namespace) -> dict[str, Any]:
    from seem_ros.evaluation import clicking
    from seem_ros.evaluation.pictures import labelled_pictures

    model = load_segmenter(args)
    pictures = labelled_pictures(args.dataset, args.kept_back, args.limit)
    records = []
    for picture in _counted(pictures):
        records += clicking.measure_picture(model, picture, args.clicks)
    figures = clicking.summarise(records, args.clicks)
    _print_table(f"clicks on {Path(args.dataset).name}", figures)
    return {"figures": figures, "records": [vars(record) for record in records]}


def _text(args: argparse.Namespace) -> dict[str, Any]:
    from seem_ros.evaluation import naming
    from seem_ros.evaluation.pictures import labelled_pictures

    model = load_segmenter(args)
    pictures = list(labelled_pictures(args.dataset, args.kept_back, args.limit))
    names = sorted({name for picture in pictures for name in picture.names.values() if name})
    records = []
    for picture in _counted(pictures):
        records += naming.measure_picture(model, picture, names)
    figures = naming.summarise(records)
    _print_table(f"text on {Path(args.dataset).name}", figures)
    points = naming.curve(records)
    print("  least score   given   right   absent refused")
    for point in points:
        shares = (point.given, point.right, point.refused)
        row = ("  -  " if share is None else f"{share:.3f}" for share in shares)
        print(f"  {point.least_score:11.2f}   " + "   ".join(row))
    return {
        "figures": figures,
        "curve": [vars(point) for point in points],
        "records": [vars(record) for record in records],
    }


def _names(args: argparse.Namespace) -> dict[str, Any]:
    from seem_ros.evaluation import class_names
    from seem_ros.evaluation.pictures import labelled_pictures

    model = load_segmenter(args)
    records = []
    for picture in _counted(labelled_pictures(args.dataset, args.kept_back, args.limit)):
        records += class_names.measure_picture(model, picture, model.vocabulary)
    figures = class_names.summarise(records)
    _print_table(f"class names on {Path(args.dataset).name}", figures)
    return {"figures": figures, "records": [vars(record) for record in records]}


def _examples(args: argparse.Namespace) -> dict[str, Any]:
    from seem_ros.evaluation.examples import Example, best_median_worst, examples
    from seem_ros.evaluation.pictures import labelled_pictures
    from seem_ros.visualize.contact_sheet import contact_sheet

    if not args.sheets:
        raise ValueError("eval examples draws pictures: give --sheets DIR")
    model = load_segmenter(args)
    pictures = labelled_pictures(args.dataset, args.kept_back, args.limit)
    found: dict[str, list[Example]] = {}
    for kind, example in examples(model, _counted(pictures)):
        found.setdefault(kind, []).append(example)
    for kind, all_of_kind in found.items():
        chosen = best_median_worst(all_of_kind, EXAMPLES_EACH)
        sheet = contact_sheet([e.picture for e in chosen], [e.caption for e in chosen])
        write_picture(Path(args.sheets) / f"{Path(args.dataset).name}_{kind}.png", sheet)
    figures = {kind: sum(e.iou for e in every) / len(every) for kind, every in found.items()}
    _print_table(f"examples of {Path(args.dataset).name}", figures)
    return {"figures": figures}


def _panoptic(args: argparse.Namespace) -> dict[str, Any]:
    from seem_ros.evaluation import everything
    from seem_ros.evaluation.pictures import labelled_pictures

    model = load_segmenter(args)
    records = []
    for picture in _counted(labelled_pictures(args.dataset, args.kept_back, args.limit)):
        records += everything.measure_picture(model, picture)
    figures = everything.summarise(records)
    _print_table(f"everything on {Path(args.dataset).name}", figures)
    return {"figures": figures, "records": [vars(record) for record in records]}


def _exemplars(args: argparse.Namespace) -> dict[str, Any]:
    from seem_ros.evaluation import exemplars
    from seem_ros.evaluation.videos import labelled_videos

    videos = labelled_videos(args.dataset, args.limit, args.every)
    records = list(_counted(exemplars.measure_examples(load_segmenter(args), videos)))
    figures = exemplars.summarise(records)
    _print_table(f"first frames of {Path(args.dataset).name} as examples", figures)
    return {"figures": figures, "records": [vars(record) for record in records]}


def _taught(args: argparse.Namespace) -> dict[str, Any]:
    import tempfile

    from seem_ros.evaluation import exemplars
    from seem_ros.evaluation.videos import labelled_videos
    from seem_ros.library import Library

    videos = labelled_videos(args.dataset, args.limit, args.every)
    with tempfile.TemporaryDirectory() as folder:
        args.library = folder
        model = load_segmenter(args)
        library = model.library or Library(folder)
        exemplars.teach_all(library, videos)
        records = list(_counted(exemplars.measure_taught(model, videos)))
        pointed = list(_counted(exemplars.measure_names(model, videos)))
    figures = {**exemplars.summarise(records), **exemplars.named_right(pointed)}
    _print_table(f"a library of {Path(args.dataset).name}'s first frames", figures)
    return {
        "figures": figures,
        "records": [vars(record) for record in records],
        "pointed": [vars(record) for record in pointed],
    }


def _video(args: argparse.Namespace) -> dict[str, Any]:
    from seem_ros.cli.evaluate_video import measure_videos

    return measure_videos(load_segmenter(args), args, _print_table)


def _counted(pictures: Iterable[Any]) -> Iterator[Any]:
    """Yield the pictures and show on a terminal how many are done."""
    for count, picture in enumerate(pictures, start=1):
        yield picture
        if sys.stderr.isatty():
            print(f"{count} pictures", end="\r", file=sys.stderr)


def _print_table(title: str, figures: dict[str, float]) -> None:
    print(title)
    for name, value in figures.items():
        whole = float(value).is_integer() and name in ("objects", "names", "absent", "videos")
        print(f"  {name:18} {int(value) if whole else f'{value:.3f}'}")


_MEASURES = {
    "clicks": _clicks,
    "text": _text,
    "names": _names,
    "panoptic": _panoptic,
    "video": _video,
    "examples": _examples,
    "exemplars": _exemplars,
    "taught": _taught,
}
