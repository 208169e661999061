"""`make bench`: run the benchmarks that need nothing but the bundled model, one after another."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

OUT = Path("bench_out")
NAMES = ("latency", "nano", "tracking", "outputs", "control", "cameras", "taught", "voice")


def main() -> None:
    """Print every table, and leave each as JSON in bench_out/; exit with 1 if one failed."""
    OUT.mkdir(exist_ok=True)
    failed = []
    for name in NAMES:
        print(f"\n== {name}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", "--json", str(OUT / f"{name}.json")]
        if subprocess.call(command):
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
