"""The loop of all trainings: schedule, averaged weights, log, going on."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from training.loop.loop import Loop, Records, Schedule
from training.loop.parallel import Team


class Line(nn.Module):
    """A line through points: loss is the squared distance; an offset does not train."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.zeros(1))
        self.offset = nn.Parameter(torch.ones(1), requires_grad=False)

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Return the loss and the slope for the log."""
        loss = ((self.slope * x + self.offset - y) ** 2).mean()
        return loss, {"slope": float(self.slope.detach())}


def _loop(steps: int = 60, decay: float = 0.9, team: Team | None = None) -> Loop:
    line = Line()
    groups = [{"params": [line.slope], "lr": 0.2}]
    return Loop(line, line, groups, Schedule(steps, warm_up=5), decay, 0.0, team)


def _points(start: int = 0):
    for step in itertools.count(start):
        x = torch.randn(8, generator=torch.Generator().manual_seed(step))
        yield x, 3 * x + 1


def test_the_rate_warms_up_stays_and_falls() -> None:
    schedule = Schedule(100, warm_up=10, constant=0.5)
    rates = [schedule(step) for step in range(100)]
    assert rates[0] == pytest.approx(0.101)
    assert rates[10] == rates[50] == max(rates)
    assert rates[75] == pytest.approx(0.51)
    assert rates[-1] < 0.02
    assert all(a >= b for a, b in itertools.pairwise(rates[10:]))


def test_it_learns_and_logs_what_it_learnt(tmp_path: Path) -> None:
    loop, saves = _loop(), []
    records = Records(tmp_path / "state.pt", tmp_path / "log.csv", log_every=20)
    loop.run(_points(), records, lambda: saves.append(loop.step))
    assert loop.average.slope.item() == pytest.approx(3, abs=0.1)
    assert saves == [60]
    with (tmp_path / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["20", "40", "60"]
    assert float(rows[-1]["loss"]) < 0.01 < float(rows[0]["loss"])


def test_the_average_follows_behind() -> None:
    loop = _loop(decay=0.99)
    for batch in itertools.islice(_points(), 15):
        loop.update(batch)
    assert 0 < loop.average.slope.item() < loop.module.slope.item()


def test_an_interrupted_run_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    whole, resumed = _loop(), _loop()
    for batch in itertools.islice(_points(), 12):
        whole.update(batch)
    team = Team()
    broken = _loop(team=team)
    records = Records(tmp_path / "state.pt", tmp_path / "log.csv")
    team.stopping = True
    broken.run(_points(), records)
    assert broken.step == 1
    assert not resumed.resume(tmp_path / "absent.pt")
    assert resumed.resume(tmp_path / "state.pt")
    for batch in itertools.islice(_points(resumed.step), 11):
        resumed.update(batch)
    assert resumed.step == whole.step
    for one, other in ((resumed.module, whole.module), (resumed.average, whole.average)):
        assert torch.equal(one.slope, other.slope)


def test_a_gradient_that_is_no_number_changes_nothing() -> None:
    loop = _loop()
    loop.update((torch.tensor([float("nan")]), torch.zeros(1)))
    assert loop.module.slope.item() == 0
    assert loop.step == 1


def test_what_does_not_train_is_not_in_the_state(tmp_path: Path) -> None:
    loop = _loop()
    loop.save(tmp_path / "state.pt")
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    assert set(state["weights"]) == set(state["average"]) == {"slope"}


def test_a_longer_schedule_than_the_interrupted_one_is_kept(tmp_path: Path) -> None:
    short = _loop(steps=10)
    for batch in itertools.islice(_points(), 8):
        short.update(batch)
    short.save(tmp_path / "state.pt")
    longer = _loop(steps=60)
    assert longer.resume(tmp_path / "state.pt")
    assert longer.schedule.steps == 60
    longer.update(next(_points(8)))
    rate = longer.optimizer.param_groups[0]["lr"]
    assert rate == pytest.approx(0.2 * Schedule(60, warm_up=5)(9))
