"""Processes that train one model: averaged gradients, a wish to stop that reaches all."""

import argparse
import signal

import pytest
import torch

from support.teamwork import average_once, fail
from training.loop.parallel import Team, run_team


def _run(work, out, size):
    run_team(work, argparse.Namespace(out=out, who_stops=1), size)
    return [torch.load(out / f"{rank}.pt", weights_only=True) for rank in range(size)]


def test_two_processes_share_gradients_and_the_wish_to_stop(tmp_path):
    for result in _run(average_once, tmp_path, 2):
        assert result["weight"].tolist() == [1.5, 3.0]
        assert result["unused"].tolist() == [0.0, 0.0], "a missing gradient counts as zero"
        assert result["stopping"] is True, "process 1 asked for it"


def test_a_failure_ends_all_and_is_raised(tmp_path):
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(Exception, match="this one fails"):
        _run(fail, tmp_path, 2)
    after = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    assert after == before, "signals are answered as before once it is over"


def test_one_process_keeps_its_gradients(tmp_path):
    (result,) = _run(average_once, tmp_path, 1)
    assert result["weight"].tolist() == [1.0, 2.0]
    assert result["unused"] is None


def test_an_interrupt_is_a_wish_to_stop():
    kept = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
    team = Team()
    try:
        team.listen()
        signal.raise_signal(signal.SIGTERM)
        assert team.stopping
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
