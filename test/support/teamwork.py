"""Work for processes of a training team; it lies here so that they can import it."""

import argparse

import torch
from torch import Tensor, nn

from training.loop.parallel import Team


class Scaled(nn.Module):
    """A learner with a weight whose gradient its factor scales, and one without a gradient."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.unused = (nn.Parameter(torch.zeros(2)) for _ in range(2))

    def forward(self, factor: float) -> Tensor:
        """Return the loss."""
        return (self.weight * torch.tensor([1.0, 2.0]) * factor).sum()


def average_once(team: Team, args: argparse.Namespace) -> None:
    """Average two gradients, one of them missing, and save what came out."""
    module = Scaled()
    shared = team.shared(module)
    shared(team.rank + 1).backward()
    team.stopping = team.rank == args.who_stops
    team.complete([module.weight, module.unused])
    result = {
        "weight": module.weight.grad,
        "unused": module.unused.grad,
        "stopping": team.wants_to_stop(),
    }
    torch.save(result, f"{args.out}/{team.rank}.pt")


def fail(team: Team, args: argparse.Namespace) -> None:
    """Fail in one process while the other waits for its gradients."""
    module = team.shared(Scaled())
    if team.rank == 1:
        raise ValueError("this one fails")
    module(1.0).backward()
