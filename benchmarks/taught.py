"""Cost of a library: a frame when nobody asks, a word, and a click, without and with 50 things.

python -m benchmarks.taught [--model nano] [--things 50] [--rounds 7] [--json OUT]

CPU milliseconds of this process, medians; one thread. The pictures are drawn discs at 640x480.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.tracking import HEIGHT, WIDTH, discs
from seem_ros import Library, Prompt, Segmenter, Tracker
from seem_ros.segmenting.picture import Picture
from seem_ros.segmenting.question import Question

COUNT = 5  # discs
MOST_FRAME_SHARE, MOST_WORD_MS = 0.2, 100.0


def disc(index: int, frame: int = 0) -> np.ndarray:
    """Return the (H, W) bool mask of a disc."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    x, y, radius = discs(COUNT, frame)[1][index]
    return (columns - x) ** 2 + (rows - y) ** 2 <= radius**2


def median_ms(action: Callable[[int], object], rounds: int) -> float:
    """Return the median CPU time of calls with 0, 1, ...; the first one warms up."""
    times = []
    for number in range(rounds + 1):
        start = time.process_time()
        action(number)
        times.append((time.process_time() - start) * 1e3)
    return statistics.median(times[1:])


def _asking(picture: Picture, question: Question) -> Callable[[int], object]:
    return lambda _: picture.answer([question])


def costs(segmenter: Segmenter, words: list[str], rounds: int) -> dict[str, float]:
    """Return milliseconds of a tracked frame, of words about a picture, and of a click."""
    rgb = discs(COUNT, 0)[0]
    tracker = Tracker(segmenter)
    tracker.step(rgb, prompts=[Prompt(mask=disc(0))])
    picture = segmenter.look(rgb)
    x, y, _ = discs(COUNT, 0)[1][0]
    figures = {
        "frame": median_ms(lambda number: tracker.step(discs(COUNT, number + 1)[0]), rounds)
    }
    for word in words:
        question = Question(Prompt(text=word))
        figures[f"word {word!r}"] = median_ms(_asking(picture, question), rounds)
    click = Question(Prompt(points=[(x, y, 1)]))
    figures["click"] = median_ms(lambda _: picture.answer([click]), rounds)
    return figures


def main() -> None:
    """Print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--model", default="nano")
    parser.add_argument("--things", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", metavar="OUT")
    args = parser.parse_args()
    torch.set_num_threads(1)
    plain = costs(Segmenter.from_pretrained(args.model, "cpu"), ["red ball", "mug"], args.rounds)
    with tempfile.TemporaryDirectory() as folder:
        library = Library(folder, args.model)
        segmenter = Segmenter.from_pretrained(args.model, "cpu", library=library)
        for number in range(args.things):
            frame = discs(COUNT, number)[0]
            library.teach(f"thing {number}", frame, disc(number % COUNT, number))
        taught = costs(segmenter, ["red ball", "mug", "thing 0"], args.rounds)
    more = [taught[name] - plain[name] for name in plain if name.startswith("word")]
    word_ms = max(*more, taught["word 'thing 0'"] - plain["word 'mug'"])
    figures: dict[str, Any] = {
        "ms without": plain,
        f"ms with {args.things} things": taught,
        "frame, ratio": taught["frame"] / plain["frame"],
        "click, ratio": taught["click"] / plain["click"],
        "word, ms more": word_ms,
    }
    for name, value in figures.items():
        print(f"{name:20} {value if isinstance(value, dict) else round(value, 3)}")
    met = figures["frame, ratio"] <= 1 + MOST_FRAME_SHARE and word_ms <= MOST_WORD_MS
    print(f"at most {MOST_FRAME_SHARE:.0%} to a frame, {MOST_WORD_MS:g} ms to a word: {met}")
    if args.json:
        Path(args.json).write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
