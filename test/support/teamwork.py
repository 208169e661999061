"""Work for processes of a training team; it lies here so that they can import it."""

import argparse

import torch

from training.loop.parallel import Team


def average_once(team: Team, args: argparse.Namespace) -> None:
    """Average two gradients, one of them missing, and save what came out."""
    weight, unused = (torch.nn.Parameter(torch.zeros(2)) for _ in range(2))
    (weight * torch.tensor([1.0, 2.0]) * (team.rank + 1)).sum().backward()
    team.stopping = team.rank == args.who_stops
    team.average([weight, unused])
    result = {"weight": weight.grad, "unused": unused.grad, "stopping": team.stopping}
    torch.save(result, f"{args.out}/{team.rank}.pt")


def fail(team: Team, args: argparse.Namespace) -> None:
    """Fail in one process while the other waits for its gradients."""
    if team.rank == 1:
        raise ValueError("this one fails")
    average_once(team, args)
