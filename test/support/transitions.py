"""Lifecycle transitions of a bench's seem_node, asked for as a manager does."""

from __future__ import annotations

from collections.abc import Iterable

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState

from support.node_bench import Bench

UP = (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE)
DOWN = (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP)


def change(bench: Bench, transitions: Iterable[int]) -> None:
    """Make transitions one after the other; each must succeed."""
    for transition in transitions:
        request = {"transition": Transition(id=transition)}
        assert bench.call("/seem_node/change_state", ChangeState, **request).success
