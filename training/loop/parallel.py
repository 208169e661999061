"""Data-parallel training: processes that take turns at the batches and average gradients.

Two processes of one thread each use two cores better than one process of two threads, which
waits for its slower thread in every layer. No process may stop alone, so the wish to stop is
averaged along with the gradients.
"""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor, distributed, multiprocessing

_FAILURE_FIRST_S = 10.0


class LostTeamError(RuntimeError):
    """Another process of the team ended before the gradients were averaged."""


class Team:
    """This process among those that train one model.

    Attributes:
        rank: number of this process; 0 logs and saves.
        size: number of processes.
        stopping: whether this process was asked to stop.
    """

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        self.rank, self.size, self.stopping = rank, size, False

    @property
    def leads(self) -> bool:
        """Whether this is the process that logs and saves."""
        return self.rank == 0

    def listen(self) -> None:
        """Turn SIGINT and SIGTERM into the wish to stop after the current step."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask_to_stop)

    def _ask_to_stop(self, number: int, frame: object) -> None:
        self.stopping = True

    def average(self, parameters: Sequence[Tensor]) -> None:
        """Replace every gradient by its mean over the processes; one missing counts as zero.

        Afterwards ``stopping`` is true everywhere if it was anywhere.

        Raises:
            LostTeamError: another process is gone.
        """
        if self.size == 1:
            return
        wish = torch.tensor([float(self.stopping)])
        given = [p.grad if p.grad is not None else torch.zeros_like(p) for p in parameters]
        flat = torch.cat([wish, *(g.flatten().cpu() for g in given)])
        try:
            distributed.all_reduce(flat)
        except RuntimeError as error:
            raise LostTeamError("another training process ended") from error
        self.stopping = bool(flat[0] > 0)
        parts = (flat[1:] / self.size).split([p.numel() for p in parameters])
        for parameter, part in zip(parameters, parts, strict=True):
            parameter.grad = part.view_as(parameter).to(parameter.device)


def run_team(work: Callable[[Team, object], None], args: object, size: int) -> None:
    """Call ``work(team, args)`` in ``size`` processes and wait for all of them.

    A failure in one ends the others and is raised here.
    """
    if size == 1:
        work(Team(), args)
        return
    with tempfile.TemporaryDirectory() as folder:
        meeting = (Path(folder) / "meeting").as_uri()
        started = multiprocessing.spawn(_member, (work, args, size, meeting), size, join=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda n, _: [os.kill(p, n) for p in started.pids()])
        while not started.join():
            pass


def _member(rank: int, work: Callable, args: object, size: int, meeting: str) -> None:
    torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // size))
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=size)
    try:
        work(Team(rank, size), args)
    except LostTeamError:
        _let_the_cause_be_told()
        raise
    finally:
        distributed.destroy_process_group()


def _let_the_cause_be_told() -> None:
    """Wait for the process that failed to end first: its error is the one to report."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # run_team ends this one then
    time.sleep(_FAILURE_FIRST_S)
