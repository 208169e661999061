"""``seem-ros segment``: images and prompts in, masks out."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seem_ros.cli.errors import NothingFoundError
from seem_ros.cli.image_paths import image_paths
from seem_ros.cli.mask_files import MaskFiles
from seem_ros.cli.prompt_arguments import (
    Wanted,
    add_merge_argument,
    add_model_arguments,
    load_segmenter,
    wanted_of,
)
from seem_ros.exchange.formats import summary
from seem_ros.exchange.picture_files import read_rgb, write_picture
from seem_ros.exchange.prompt_options import add_prompt_arguments
from seem_ros.exchange.text_files import write_text
from seem_ros.prompts import Prompt
from seem_ros.segmentation import MOST_READINGS, Segmentation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("images", metavar="IMAGE", nargs="+", help="files, folders or patterns")
    add_prompt_arguments(parser)
    add_merge_argument(parser)
    add_model_arguments(parser)
    parser.add_argument(
        "--out", metavar="MASK.png|DIR", help="masks of 0 and 255 (folder seem_out)"
    )
    parser.add_argument("--overlay", metavar="FILE|DIR", help="the image with the masks on it")
    parser.add_argument("--json", metavar="RESULT.json", help="scores, names, boxes and files")
    parser.add_argument(
        "--next", type=int, default=0, metavar="N",
        help="take the N-th other reading of a click: a part, the thing, a group",
    )  # fmt: skip
    parser.add_argument(
        "--readings", action="store_true", help="write, outline and list the other readings, too"
    )


def run(args: argparse.Namespace) -> int:
    """Segment each image and write its files.

    Raises:
        NothingFoundError: nothing in any image fits; no mask is written.
        ValueError: some images could not be read; the others are done.

    """
    wanted = wanted_of(args)
    if not wanted:
        raise ValueError(
            "empty prompt: give --text, --click, --box, --stroke, --mask or --example"
        )
    images = image_paths(args.images)
    inputs = [*images, *filter(None, (args.mask, args.example, args.example_mask))]
    files = MaskFiles(images, [item.name for item in wanted], args.out, args.overlay, inputs)
    command = _Segmenting(args, wanted, files, len(images) > 1 or len(wanted) > 1)
    failures = []
    for image in images:
        try:
            command.image(image)
        except (ValueError, OSError) as error:
            if len(images) == 1:
                raise
            failures.append(image)
            print(f"seem-ros: {error}", file=sys.stderr)
    if args.json and command.records:
        records = command.records if len(images) > 1 else command.records[0]
        write_text(args.json, json.dumps(records, indent=2) + "\n")
    if failures:
        raise ValueError(f"{len(failures)} of {len(images)} images could not be segmented")
    if not any(record["found"] for record in command.records):
        raise NothingFoundError(_not_found(args.images, wanted))
    return 0


class _Segmenting:
    """One command at work: the model, loaded when first needed, and the records for the JSON."""

    def __init__(
        self, args: argparse.Namespace, wanted: Sequence[Wanted], files: MaskFiles, several: bool
    ) -> None:
        self.records: list[dict[str, Any]] = []
        self._args = args
        self._wanted = wanted
        self._files = files
        self._several = several  # answers, so that each that is missing needs to be told
        self._segmenter: Any = None

    def image(self, path: Path) -> None:
        """Ask for all that is wanted in an image; write its masks and overlay, note its record."""
        rgb = read_rgb(path)
        for item in self._wanted:
            for prompt in item.prompts:
                prompt.validated(*rgb.shape[:2])
        self._segmenter = self._segmenter or load_segmenter(self._args)
        self._segmenter.set_image(rgb)
        results = [
            _joined([self._answer(prompt) for prompt in item.prompts]) for item in self._wanted
        ]
        asked = [self._write_mask(path, index, result) for index, result in enumerate(results)]
        overlay = self._files.overlay(path)
        found = any(result.found for result in results)
        if overlay is not None and found:
            self._write_overlay(overlay, rgb, results)
        flat = asked[0] if len(asked) == 1 else {"results": asked}
        self.records.append({"image": str(path), "found": found, **flat})

    def _answer(self, prompt: Prompt) -> Segmentation:
        """Ask for one prompt; return the reading that is wanted, the others as its alternatives.

        Raises:
            ValueError: there are not so many.

        """
        answer: Segmentation = self._segmenter.predict(prompt)
        number = self._args.next
        if not number or not answer.found:
            return answer
        readings = list(answer.alternatives)
        if not 0 < number < len(readings):
            raise ValueError(f"--next {number}: {len(readings) - 1} other reading(s) are known")
        chosen = readings.pop(number)
        chosen.others = lambda: readings
        return chosen

    def _write_mask(self, image: Path, index: int, result: Segmentation) -> dict[str, Any]:
        """Write the mask of one wanted thing and return its record; without it no mask is left."""
        path, name = self._files.mask(image, index), self._wanted[index].name
        record = {"prompt": name, "mask": str(path) if result.found else None, **_record(result)}
        if result.found:
            write_picture(path, result.mask)
            print(
                f"{path}: {len(result.objects)} object(s), score {result.score:.2f}, "
                f"{result.class_name or 'no name'}"
            )
            if self._args.readings:
                record["readings"] = _write_readings(path, result)
        else:
            path.unlink(missing_ok=True)  # of an earlier run, it would be taken for this one's
            if self._several:
                print(f"{image}: nothing fits {name!r}", file=sys.stderr)
        return record

    def _write_overlay(self, path: Path, rgb: np.ndarray, results: list[Segmentation]) -> None:
        prompts = [prompt for item in self._wanted for prompt in item.prompts]
        caption = ", ".join(prompt.text for prompt in prompts if prompt.text)
        whole = _joined(results)
        drawn = whole.plot(rgb, prompts, caption, alternatives=self._args.readings)
        write_picture(path, np.asarray(drawn))


def _write_readings(path: Path, result: Segmentation) -> list[dict[str, Any]]:
    """Write the masks of the other readings beside the answer's; return records of all."""
    records = [{"mask": str(path), **summary(result)}]
    for number in range(2, MOST_READINGS + 1):
        beside = path.with_name(f"{path.stem}_reading{number}{path.suffix}")
        beside.unlink(missing_ok=True)  # of an earlier run
        if number <= len(result.alternatives):
            other = result.alternatives[number - 1]
            write_picture(beside, other.mask)
            records.append({"mask": str(beside), **summary(other)})
            print(f"{beside}: another reading, score {other.score:.2f}")
    return records


def _joined(results: list[Segmentation]) -> Segmentation:
    """Return several answers as one: all their objects, best first, and the union of the masks."""
    if len(results) == 1:
        return results[0]
    best = max(results, key=lambda result: result.score)
    objects = [item for result in results for item in result.objects]
    joined = Segmentation(
        any(result.found for result in results),
        np.logical_or.reduce([result.mask for result in results]),
        best.score,
        best.class_name,
        best.class_score,
        sorted(objects, key=lambda item: -item.score),
    )
    joined.others = lambda: [other for result in results for other in result.alternatives[1:]]
    return joined


def _record(result: Segmentation) -> dict[str, Any]:
    """Return what is known of a result besides its masks, ready for JSON."""
    objects = [summary(item) for item in result.objects]
    return {**summary(result), "found": result.found, "objects": objects}


def _not_found(sources: Sequence[str], wanted: Sequence[Wanted]) -> str:
    texts = [prompt.text for item in wanted for prompt in item.prompts if prompt.text]
    where = ", ".join(sources)
    if texts:
        return f"nothing in {where} fits {' or '.join(map(repr, texts))}"
    return f"no object found at the prompt in {where}"
