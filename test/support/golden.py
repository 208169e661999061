"""Golden cases of the official SEEM: what was called, with which inputs, and what came out.

A folder holds ``<case>.json`` (the call, texts, noise floor), ``<case>.npz`` (``in.*`` and
``out.*`` arrays) and ``index.json`` (images by rule, or as PNG files beside it).

The noise floor says how much each output moves when every weight changes by 2e-7 of itself:
what another but correct order of float operations may cause. Outputs may move ten times that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from support.drawn_images import drawn_image

NOISE_FACTOR = 10.0
PIXEL_FRACTION = 1e-4  # of a mask or label image that may differ
EXACT_FLOAT = 1e-5  # relative, for float outputs that no network computed
_RULE = re.compile(r"image\('(?P<name>[^']+)', (?P<height>\d+), (?P<width>\d+)\)")


@dataclass
class Draws:
    """The random draws of one case, in the order of the official calls."""

    values: list[tuple[str, int, np.ndarray]]

    def take(self, function: str, count: int) -> np.ndarray:
        """Return the next draw, which must have been ``function`` for ``count`` values.

        Of a permutation only what the official code used of it is stored.
        """
        if not self.values:
            raise ValueError(f"no draw left; wanted {function} of {count}")
        name, drawn, values = self.values.pop(0)
        if (name, drawn) != (function, count):
            raise ValueError(f"next draw is {name} of {drawn}, not {function} of {count}")
        return values


@dataclass
class Case:
    """One golden case."""

    name: str
    call: dict
    inputs: dict[str, np.ndarray]
    outputs: dict[str, np.ndarray]
    folder: Path

    @property
    def noise(self) -> dict[str, dict[str, float]]:
        """Noise floor by output name."""
        return self.call.get("noise_floor", {})

    def draws(self) -> Draws:
        """Return a fresh queue of this case's random draws."""
        names = sorted(name for name in self.inputs if name.startswith("draw"))
        calls = self.call.get("draws", [])
        return Draws(
            [
                (function, int(np.prod(shape)), self.inputs[name])
                for name, (function, shape) in zip(names, calls, strict=True)
            ]
        )

    def mask(self, name: str) -> np.ndarray:
        """Unpack the (H, W) bool prompt mask ``name``."""
        height, width = (int(size) for size in self.inputs[f"{name}_shape"])
        bits = np.unpackbits(self.inputs[name])[: height * width]
        return bits.reshape(height, width).astype(bool)

    def image(self, key: str = "image") -> np.ndarray:
        """Return the (H, W, 3) uint8 image that the call names."""
        name = self.call[key]
        if (self.folder / name).exists():
            return np.array(Image.open(self.folder / name).convert("RGB"))
        index = json.loads((self.folder / "index.json").read_text())
        rule = _RULE.search(index["images"][name]["rule"])
        return drawn_image(rule["name"], int(rule["height"]), int(rule["width"]))


def load_cases(folder: Path) -> Iterator[Case]:
    """Read every case of a folder.

    Raises:
        FileNotFoundError: the index names a case whose files are missing, or there is none.
    """
    index = folder / "index.json"
    listed = json.loads(index.read_text())["cases"] if index.exists() else {}
    names = sorted(set(listed) | {path.stem for path in folder.glob("*.npz")})
    if not names:
        raise FileNotFoundError(f"{folder} holds no golden case (NAME.json and NAME.npz)")
    for name in names:
        yield load_case(folder, name)


def load_case(folder: Path, name: str) -> Case:
    """Read one case of a folder."""
    call = json.loads((folder / f"{name}.json").read_text())
    with np.load(folder / f"{name}.npz") as arrays:
        inputs = {k[3:]: arrays[k] for k in arrays if k.startswith("in.")}
        outputs = {k[4:]: arrays[k] for k in arrays if k.startswith("out.")}
    return Case(name, call, inputs, outputs, folder)


@dataclass
class Check:
    """One compared quantity: ``worst`` is its deviation in units of what is allowed."""

    case: str
    quantity: str
    error: float
    limit: str
    worst: float
    note: str = ""
    passed: bool = field(init=False)

    def __post_init__(self) -> None:
        self.passed = bool(self.worst <= 1.0)


def compare(case: Case, quantity: str, out: np.ndarray) -> Check:
    """Compare one output with its reference within the case's limits."""
    reference, noise = case.outputs[quantity], case.noise.get(quantity, {})
    out = np.asarray(out)
    if out.shape != reference.shape:
        note = f"shape {out.shape}, reference {reference.shape}"
        return Check(case.name, quantity, np.inf, "same shape", np.inf, note)
    if out.dtype.kind == "f":
        return _compare_floats(case.name, quantity, out, reference, noise)
    if quantity == "matched_query":
        return _compare_choice(case, quantity, out)
    return _compare_labels(case.name, quantity, out, reference)


def _compare_floats(
    case: str, quantity: str, out: np.ndarray, reference: np.ndarray, noise: dict[str, float]
) -> Check:
    change = np.abs(out.astype(np.float64) - reference)
    norm = np.linalg.norm(reference.astype(np.float64))
    error = float(np.linalg.norm(change) / norm) if norm else float(np.linalg.norm(change))
    if "max" not in noise:
        return Check(case, quantity, error, f"error {EXACT_FLOAT:.0e}", error / EXACT_FLOAT)
    parts = ((change.max(initial=0.0), noise["max"]), (change.mean(), noise["mean"]))
    worst = max(_ratio(value, NOISE_FACTOR * floor) for value, floor in parts)
    limit = f"max {NOISE_FACTOR * noise['max']:.1e} mean {NOISE_FACTOR * noise['mean']:.1e}"
    return Check(case, quantity, error, limit, worst)


def _ratio(value: float, allowed: float) -> float:
    if allowed == 0.0:
        return 0.0 if value == 0.0 else np.inf
    return float(value / allowed)


def _compare_labels(case: str, quantity: str, out: np.ndarray, reference: np.ndarray) -> Check:
    """Masks packed to bits, label images, and small integer outputs (these exactly)."""
    if quantity.endswith(("final_mask", "mask_bin")):
        out, reference = np.unpackbits(out), np.unpackbits(reference)
    fraction = float((out != reference).mean()) if out.size else 0.0
    allowed = PIXEL_FRACTION if out.size > 10 / PIXEL_FRACTION else 0.0
    limit = f"{allowed:.0e} of pixels" if allowed else "identical"
    return Check(case, quantity, fraction, limit, _ratio(fraction, allowed))


def _compare_choice(case: Case, quantity: str, out: np.ndarray) -> Check:
    """The chosen query must be the same where its lead is larger than the noise."""
    reference = int(case.outputs[quantity])
    scores = case.outputs["match_score"]
    lead = float(scores[reference] - scores[int(out)])
    noise = case.noise.get("match_score", {}).get("max", 0.0)
    same = int(out) == reference or lead <= noise
    note = "" if int(out) == reference else f"query {int(out)}, reference {reference}"
    return Check(case.name, quantity, lead, "same query", 0.0 if same else np.inf, note)
