"""How much private memory loading an official file takes, in a process of its own.

``python -m support.loading_watch FILE fp32|bf16`` prints MiB of the weights, and by how much the
process's private memory was larger at most. What is mapped from a file is not private: the system
can drop it at any time.
"""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import torch

from seem_ros.model.checkpoints import assemble
from seem_ros.model.config import SeemConfig
from seem_ros.model.footprint import weight_bytes
from seem_ros.model.state_files import read_state
from support.tiny_official import TINY, tiny_official

MIB = 1 << 20
PAUSE_S = 0.001


def wide() -> SeemConfig:
    """Return a configuration of 37 million weights."""
    pixel = replace(TINY.pixel_decoder, mask_dim=512, conv_dim=512)
    decoder = replace(TINY.decoder, hidden_dim=512, ffn_dim=2048, layers=6)
    return replace(TINY, pixel_decoder=pixel, decoder=decoder)


def private_mib() -> float:
    """Return the private memory of this process, on Linux."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon"))


class Watch(threading.Thread):
    """Notes the most private memory while it runs."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most = 0.0
        self._done = threading.Event()

    def run(self) -> None:
        """Look every millisecond."""
        while not self._done.is_set():
            self.most = max(self.most, private_mib())
            time.sleep(PAUSE_S)

    def end(self) -> float:
        """Stop, and return the most."""
        self._done.set()
        self.join()
        return max(self.most, private_mib())


def main(path: Path, precision: str) -> None:
    """Load, read all weights, and print."""
    small = tiny_official()
    assemble(small.config, small.state_dict())  # imports and tables that every model needs
    before, watch = private_mib(), Watch()
    watch.start()
    half = torch.bfloat16 if precision == "bf16" else None
    model = assemble(wide(), read_state(path), half)
    if not all(torch.isfinite(x.sum()) for x in model.parameters()):
        raise SystemExit("the weights are no numbers")
    print(weight_bytes(model) / MIB, watch.end() - before)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
