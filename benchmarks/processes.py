"""What processes cost, as Linux counts it."""

from __future__ import annotations

import os
from pathlib import Path


def memory_mib(pids: list[int]) -> tuple[float, float]:
    """Return the proportional and the resident memory of processes; shared pages count once."""
    proportional = resident = 0
    for pid in pids:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
        proportional, resident = proportional + sizes["Pss"], resident + sizes["Rss"]
    return proportional / 1024, resident / 1024


def cpu_s(pids: list[int]) -> float:
    """Return the seconds of a core that processes have used."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
