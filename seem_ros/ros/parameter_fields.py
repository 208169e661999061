"""ROS parameters as a dataclass: a field each, with description, limits, and when it applies.

A part of the node that needs parameters writes a frozen dataclass whose fields come from
`number`, `switch`, `choice`, `text` and `names`, and gives it to `declare`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.exceptions import InvalidParameterTypeException
from rclpy.node import Node
from rclpy.parameter import Parameter

START = "when the program starts"
LIVE = "at once"
ACTIVATE = "at the next activation"
CONFIGURE = "at the next configuration"

Fields = TypeVar("Fields")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*_?")  # no __: topics forbid it


@dataclass(frozen=True)
class Facts:
    """What is known of one parameter.

    Attributes:
        description: one line for an operator, with the unit.
        when: LIVE, ACTIVATE, CONFIGURE or START: the moment a change takes effect; START is read
            once and cannot be changed.
        low: smallest number allowed; None where it is no number.
        high: largest number allowed.
        options: the strings allowed; empty where any is.
        are_names: it is a tuple of names, each a part of topics' names.

    """

    description: str
    when: str
    low: float | None = None
    high: float | None = None
    options: tuple[str, ...] = ()
    are_names: bool = False


def number(default: float, low: float, high: float, description: str, when: str = LIVE) -> Any:
    """Make a field for an int or float parameter within low..high."""
    return field(default=default, metadata={"facts": Facts(description, when, low, high)})


def switch(default: bool, description: str, when: str = LIVE) -> Any:
    """Make a field for a bool parameter."""
    return field(default=default, metadata={"facts": Facts(description, when)})


def choice(default: str, options: Sequence[str], description: str, when: str = LIVE) -> Any:
    """Make a field for a string parameter with a few allowed values."""
    facts = Facts(description, when, options=tuple(options))
    return field(default=default, metadata={"facts": facts})


def text(default: str, description: str, when: str = LIVE) -> Any:
    """Make a field for a free string parameter."""
    return field(default=default, metadata={"facts": Facts(description, when)})


def names(description: str, when: str = LIVE) -> Any:
    """Make a field for a string array of names that topics can have as a part; none by default.

    Its value is a tuple. ROS knows no empty array of strings: one of empty strings is none.
    """
    return field(default=(), metadata={"facts": Facts(description, when, are_names=True)})


def facts_of(fields: type[Any]) -> dict[str, Facts]:
    """Return the facts of every parameter of a dataclass by name."""
    return {item.name: item.metadata["facts"] for item in dataclasses.fields(fields)}


def declare(node: Node, fields: type[Fields]) -> Fields:
    """Declare every field as a parameter of the node; return the values given at start.

    Raises:
        rclpy.exceptions.InvalidParameterValueException: a given value is out of range.
        rclpy.exceptions.InvalidParameterTypeException: a given value has another type.
        ValueError: a given string is none of the allowed ones, or no name.

    """
    for item in dataclasses.fields(fields):  # type: ignore[arg-type]
        _declare(node, item.name, item.default, _descriptor(item.metadata["facts"]))
    node.add_pre_set_parameters_callback(lambda changes: _with_floats(fields, changes))
    values = read(node, fields)
    for name, facts in facts_of(fields).items():
        if reason := refusal(facts, getattr(values, name)):
            raise ValueError(f"parameter {name}: {reason}")
    return values


def _declare(node: Node, name: str, default: Any, descriptor: ParameterDescriptor) -> None:
    """Declare a parameter; a whole number given at start does for a float."""
    if isinstance(default, tuple):
        first: Parameter = node.declare_parameter(name, [""])
        node.undeclare_parameter(name)
        is_empty = first.value is None  # [] comes without a type, so with no value
        node.declare_parameter(name, [""], descriptor, ignore_override=is_empty)
        return
    try:
        node.declare_parameter(name, default, descriptor)
    except InvalidParameterTypeException:
        if not isinstance(default, float):
            raise
        given: Parameter = node.declare_parameter(
            name, default, ParameterDescriptor(dynamic_typing=True)
        )
        if given.type_ != Parameter.Type.INTEGER:
            raise
        node.undeclare_parameter(name)
        node.declare_parameter(name, float(given.value), descriptor, ignore_override=True)


def _with_floats(fields: type[Any], changes: Sequence[Parameter]) -> list[Parameter]:
    """Return changes in which whole numbers given to float parameters are floats."""
    floats = {item.name for item in dataclasses.fields(fields) if isinstance(item.default, float)}
    return [
        Parameter(change.name, value=float(change.value))
        if change.name in floats and change.type_ == Parameter.Type.INTEGER
        else change
        for change in changes
    ]


def read(node: Node, fields: type[Fields]) -> Fields:
    """Return the present values of the declared parameters."""
    return fields(**{name: _value(node.get_parameter(name)) for name in facts_of(fields)})


def updated(values: Fields, changes: Sequence[Parameter]) -> Fields:
    """Return the values with the changes that belong to them."""
    own = facts_of(type(values))
    news = {item.name: _value(item) for item in changes if item.name in own}
    return dataclasses.replace(values, **news)  # type: ignore[type-var]


def _value(parameter: Parameter) -> Any:
    """Return the value as a field has it: arrays of strings are tuples without empty ones."""
    value = parameter.value
    return tuple(filter(None, value)) if isinstance(value, list) else value


def refusal(facts: Facts, value: Any) -> str:
    """Return why a value is not allowed, empty if it is. Ranges are checked by rclpy itself."""
    if facts.options and value not in facts.options:
        return f"{value!r} is not one of {', '.join(facts.options)}"
    return _refusal_of_names(value) if facts.are_names else ""


def _refusal_of_names(given: Sequence[str]) -> str:
    for name in given:
        if not _NAME.fullmatch(name):
            return f"{name!r} is no name: it begins with a letter, then letters, digits and _"
    twice = [name for name in given if given.count(name) > 1]
    return f"{twice[0]!r} is named twice" if twice else ""


def items_of(text: str) -> list[str]:
    """Return what ';' separates in a text, without empty parts."""
    return [part.strip() for part in text.split(";") if part.strip()]


def _descriptor(facts: Facts) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(
        description=f"{facts.description} Takes effect {facts.when}.",
        read_only=facts.when == START,
    )
    if facts.options:
        descriptor.additional_constraints = f"one of: {', '.join(facts.options)}"
    if isinstance(facts.low, int) and isinstance(facts.high, int):
        limits = IntegerRange(from_value=facts.low, to_value=facts.high, step=0)
        descriptor.integer_range = [limits]
    elif facts.low is not None and facts.high is not None:
        floats = FloatingPointRange(from_value=facts.low, to_value=facts.high, step=0.0)
        descriptor.floating_point_range = [floats]
    return descriptor
