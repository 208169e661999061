"""The node's entries in /diagnostics (diagnostic_msgs/DiagnosticArray)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from seem_ros.ros.health.lifecycle import Lifecycle
from seem_ros.ros.health.monitor import (
    BLANK,
    HEADERS,
    IMAGE,
    INPUT,
    MODEL,
    NAME_TAKEN,
    PUBLISHERS,
    QOS,
    Monitor,
)

_MEBIBYTE = 2**20
_LOADED = (Lifecycle.INACTIVE, Lifecycle.ACTIVE)  # before, PyTorch may be half imported


def diagnostic_array(
    name: str,
    stamp: Time,
    monitor: Monitor,
    counts: Mapping[str, int],
    problems_3d: Mapping[str, str],
) -> DiagnosticArray:
    """Return the entries `NAME: input`, `NAME: model` and `NAME: 3-D`.

    Args:
        name: of the node, and of the camera where it has several.
        stamp: now.
        monitor: the node's health.
        counts: the images_… fields of Status.msg.
        problems_3d: those of the 3-D side by subject.

    """
    in_space = _entry(f"{name}: 3-D", problems_3d, DiagnosticStatus.WARN, problems_3d)
    array = DiagnosticArray(
        status=[_input(name, monitor, counts), _model(name, monitor), in_space]
    )
    array.header.stamp = stamp
    return array


def _input(name: str, monitor: Monitor, counts: Mapping[str, int]) -> DiagnosticStatus:
    values = {
        "rate (Hz)": f"{monitor.input.rate():.2f}",
        "age of the last image (s)": f"{monitor.silence_s:.3f}"
        if monitor.received_s is not None
        else "none",
        **{key.replace("_", " "): str(value) for key, value in counts.items()},
        **{key: str(value) for key, value in monitor.headers.counts.items()},
    }
    broken = _current(monitor, INPUT, QOS, IMAGE)
    level = DiagnosticStatus.ERROR if broken else DiagnosticStatus.WARN
    if INPUT in broken:
        level = DiagnosticStatus.STALE
    wrong = {**broken, **_current(monitor, BLANK, HEADERS, PUBLISHERS)}
    return _entry(f"{name}: input", wrong, level, values)


def _model(name: str, monitor: Monitor) -> DiagnosticStatus:
    values = {
        "state": monitor.message,
        "model": monitor.model,
        "device": monitor.device,
        "inference time (s)": f"{monitor.inference.median():.4f}",
        "latency (s)": f"{monitor.latency.median():.4f}",
        "output rate (Hz)": f"{monitor.latency.rate():.2f}",
        "instances": str(monitor.held),
        "instances waiting": str(monitor.waiting),
        **_memory(),
        **(_gpu_memory() if monitor.lifecycle in _LOADED else {}),
    }
    wrong = _current(monitor, MODEL)
    level = DiagnosticStatus.ERROR if wrong else DiagnosticStatus.WARN
    wrong = {**wrong, **_current(monitor, NAME_TAKEN)}
    entry = _entry(f"{name}: model", wrong, level, values)
    entry.message += monitor.waiting_words
    return entry


def _current(monitor: Monitor, *subjects: str) -> dict[str, str]:
    """Return the present problems whose subject begins with one of these words."""
    problems = monitor.problems.current.items()
    return {subject: text for subject, text in problems if subject.split()[0] in subjects}


def _entry(
    name: str, wrong: Mapping[str, str], level: bytes, values: Mapping[str, str]
) -> DiagnosticStatus:
    return DiagnosticStatus(
        name=name,
        hardware_id="seem_ros",
        level=level if wrong else DiagnosticStatus.OK,
        message="; ".join(wrong.values()) or "OK",
        values=[KeyValue(key=key, value=value) for key, value in values.items()],
    )


def _memory() -> dict[str, str]:
    """Return the memory of this process, MiB."""
    statistics = Path("/proc/self/status")
    if not statistics.exists():
        return {}
    lines = dict(line.split(":", 1) for line in statistics.read_text().splitlines())
    return {"memory (MiB)": f"{int(lines['VmRSS'].split()[0]) / 1024:.0f}"}


def _gpu_memory() -> dict[str, str]:
    """Return the memory of PyTorch on the GPU where it is in use, MiB."""
    torch = sys.modules.get("torch")  # not imported here: the node may run another model
    if torch is None or not torch.cuda.is_available():
        return {}
    return {
        "GPU memory (MiB)": f"{torch.cuda.memory_allocated() / _MEBIBYTE:.0f}",
        "GPU memory peak (MiB)": f"{torch.cuda.max_memory_allocated() / _MEBIBYTE:.0f}",
    }
