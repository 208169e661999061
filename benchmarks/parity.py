"""Check every golden case of a folder against our SEEM: ``parity.py GOLDEN_DIR [--json OUT]``.

``--precision bf16`` says instead what half precision changes: least IoU of a mask, largest change
of a mask logit (and of all, relative), logits that keep their sign, queries that keep their class.

Prints case, quantity, relative error ||out - reference|| / ||reference|| (of labels: the fraction
that differs), the limit, and how much of the limit is used. Exit 1 if a case exceeds a limit in
every order of summation that is tried (``test/support/golden_orders.py``).
Weights are made from parameter names as the references' were; nothing is downloaded.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

sys.path[:0] = [str(Path(__file__).parents[1] / part) for part in ("", "test")]

from seem_ros.model.precision import half_type  # noqa: E402
from support.golden import Case, Check, load_cases  # noqa: E402
from support.golden_calls import Official  # noqa: E402
from support.golden_halves import Change, change_of, has_masks  # noqa: E402
from support.golden_orders import ORDERS, check_in_orders  # noqa: E402


def _by_model(case: Case) -> tuple[bool, str, str, str]:
    """Order in which every model and image is computed once."""
    model = case.call.get("model", "focalt")
    return (not model.startswith("focalt"), model.split("_")[0], case.call.get("image", ""), model)


def _vocabulary(cases: list[Case]) -> np.ndarray:
    for case in cases:
        if "text_emb" in case.outputs and len(case.outputs["text_emb"]) > 100:
            return case.outputs["text_emb"]
    raise FileNotFoundError("the folder holds no class rows (vocab.npz) for the other cases")


def _print(check: Check) -> None:
    verdict = "ok" if check.passed else "FAIL"
    print(
        f"{check.case:22} {check.quantity:20} {check.error:9.2e}  {check.limit:28} "
        f"{check.worst:7.1%} {verdict} {check.note}"
    )


def run(folder: Path, wanted: list[str]) -> tuple[list[Check], dict[str, float]]:
    """Check the cases of a folder; returns the checks and the CPU seconds of each case."""
    cases = sorted(load_cases(folder), key=_by_model)
    official = Official(_vocabulary(cases))
    checks: list[Check] = []
    seconds: dict[str, float] = {}
    for case in cases:
        if wanted and case.name not in wanted:
            continue
        start = time.process_time()
        order, found = check_in_orders(official, case)
        seconds[case.name] = time.process_time() - start
        for check in found:
            _print(check)
        if order != ORDERS[0]:
            print(f"{case.name:22} with {order}")
        checks += found
        sys.stdout.flush()
    return checks, seconds


def run_half(folder: Path, wanted: list[str], precision: str) -> list[Change]:
    """Print and return what half precision changes in the cases that have masks or classes."""
    cases = sorted(load_cases(folder), key=_by_model)
    official = Official(_vocabulary(cases), half_type(precision, torch.device("cpu")))
    print("| case | mask IoU | logit | relative | signs | classes | query |\n|" + "---|" * 7)
    changes = []
    for case in cases:
        if (wanted and case.name not in wanted) or not has_masks(case):
            continue
        change = change_of(official, case)
        values = (change.iou, change.logit, change.relative, change.signs, change.classes)
        cells = ["-" if value is None else f"{value:.4f}" for value in values]
        query = {None: "-", True: "same", False: "another"}[change.same_query]
        print(f"| {case.name} | {' | '.join(cells)} | {query} |", flush=True)
        changes.append(change)
    return changes


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder of golden cases")
    parser.add_argument("--json", type=Path, help="write all checks there")
    parser.add_argument("--only", nargs="*", default=[], help="names of cases")
    parser.add_argument("--precision", choices=("bf16", "fp16"), help="what this changes instead")
    args = parser.parse_args()
    if args.precision:
        changes = run_half(args.folder, args.only, args.precision)
        if args.json:
            args.json.write_text(json.dumps([asdict(each) for each in changes], indent=1) + "\n")
        return 0 if changes else 1
    checks, seconds = run(args.folder, args.only)
    failed = [check for check in checks if not check.passed]
    print(f"{len(seconds)} cases, {len(checks)} quantities, {len(failed)} exceed their limit")
    if args.json:
        rows = [asdict(check) for check in checks]
        report = {"checks": rows, "failed": len(failed), "cpu_seconds": seconds}
        args.json.write_text(json.dumps(report, indent=1, default=str) + "\n")
    return 1 if failed or not checks else 0


if __name__ == "__main__":
    sys.exit(main())
