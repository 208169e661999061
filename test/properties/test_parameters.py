"""A parameter set to anything, or to several things at once, is right afterwards."""

from __future__ import annotations

import dataclasses
import math

import pytest

pytest.importorskip("hypothesis", reason="needs hypothesis")
pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

from hypothesis import given
from hypothesis import strategies as st
from rclpy.parameter import Parameter

from seem_ros.ros.node.loaded_model import tracker_config
from seem_ros.ros.node.parameters import NodeParameters
from seem_ros.ros.node.seem_node import SeemNode
from seem_ros.ros.parameter_fields import facts_of, read
from seem_ros.ros.space.parameters import SpatialParameters

GROUPS = (NodeParameters, SpatialParameters)
NAMES = [item.name for group in GROUPS for item in dataclasses.fields(group)]
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.integers(-2, 70)
VALUES = st.one_of(
    st.booleans(), NUMBERS, st.floats(), st.floats(0, 2), st.text(max_size=20),
    st.sampled_from(["raw", "compressed", "mono8", "new", "auto", ""]),
    st.lists(st.integers(0, 3), max_size=2), st.binary(max_size=3).map(lambda b: list(b)),
)  # fmt: skip


@pytest.fixture(scope="module")
def node():
    import rclpy

    context = rclpy.Context()
    context.init(args=[])
    made = SeemNode(context=context)
    yield made
    made.destroy_node()
    context.try_shutdown()


@given(changes=st.lists(st.tuples(st.sampled_from(NAMES), VALUES), min_size=1, max_size=3))
def test_whatever_is_set_the_values_are_of_their_kind_and_within_their_limits(node, changes):
    wanted = [Parameter(name, value=value) for name, value in changes if value != []]
    before = [getattr(node._store.of(group), f.name) for group in GROUPS
              for f in dataclasses.fields(group)]  # fmt: skip
    results = node.set_parameters(wanted)
    for result in results:
        assert result.successful or result.reason
    if not any(result.successful for result in results):
        after = [getattr(node._store.of(group), f.name) for group in GROUPS
                 for f in dataclasses.fields(group)]  # fmt: skip
        assert after == before
    for group in GROUPS:
        values, facts = node._store.of(group), facts_of(group)
        assert values == read(node, group)
        for item in dataclasses.fields(group):
            value = getattr(values, item.name)
            assert type(value) is type(item.default)
            _check_limits(value, facts[item.name])
    tracker_config(node.parameters)


def _check_limits(value, facts) -> None:
    if facts.options:
        assert value in facts.options
    if facts.low is not None:
        assert not math.isnan(value)
        assert facts.low <= value <= facts.high
