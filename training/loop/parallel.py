"""Data-parallel training: processes that take turns at the batches and average gradients.

Two processes of one thread each use two cores better than one process of two threads, which
waits for its slower thread in every layer. No process may stop alone, so the wish to stop is
shared after every step.
"""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, distributed, multiprocessing, nn
from torch.nn.parallel import DistributedDataParallel

_FAILURE_FIRST_S = 10.0
Arguments = TypeVar("Arguments")


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

    def shared(self, module: nn.Module) -> nn.Module:
        """Return the module with gradients that are means over the processes."""
        if self.size == 1:
            return module
        return DistributedDataParallel(module, find_unused_parameters=True)

    def complete(self, parameters: Sequence[Tensor]) -> None:
        """Give zeros to what no process of several had a gradient for, as for one that had none.

        DistributedDataParallel leaves it without; what then happened to a weight would depend on
        what the others' batches were about.
        """
        if self.size > 1:
            for parameter in parameters:
                if parameter.grad is None:
                    parameter.grad = torch.zeros_like(parameter)

    def wants_to_stop(self) -> bool:
        """Whether any process was asked to stop; all of them must ask this at the same time."""
        if self.size > 1:
            wish = torch.tensor([float(self.stopping)])
            distributed.all_reduce(wish)
            self.stopping = bool(wish > 0)
        return self.stopping


def run_team(work: Callable[[Team, Arguments], None], args: Arguments, size: int) -> None:
    """Call ``work(team, args)`` in ``size`` processes and wait for all of them.

    A failure in one ends the others and is raised here.
    """
    if size == 1:
        work(Team(), args)
        return
    with tempfile.TemporaryDirectory() as folder:
        meeting = (Path(folder) / "meeting").as_uri()
        started = multiprocessing.spawn(_member, (work, args, size, meeting), size, join=False)
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {n: signal.signal(n, lambda n, _: _tell(started.pids(), n)) for n in numbers}
        try:
            while not started.join():
                pass
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _tell(processes: Sequence[int], number: int) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)


def _member(rank: int, work: Callable, args: object, size: int, meeting: str) -> None:
    torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // size))
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=size)
    try:
        work(Team(rank, size), args)
    except RuntimeError as error:
        if "gloo" in str(error):  # another process is gone: its error is the one to report
            _let_the_cause_be_told()
        raise
    finally:
        distributed.destroy_process_group()


def _let_the_cause_be_told() -> None:
    """Wait for the process that failed to end first."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # run_team ends this one then
    time.sleep(_FAILURE_FIRST_S)
