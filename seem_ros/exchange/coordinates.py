"""Coordinates on a command line: ``--click 320,240`` and ``--click 320 240`` are the same."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)
_ANY = 1_000_000  # a line drawn by hand has as many numbers as follow
_NUMBERS_OF = {
    "--click": 2,
    "--negative": 2,
    "--box": 4,
    "--stroke": _ANY,
    "--negative-stroke": _ANY,
}


class CoordinateParser(argparse.ArgumentParser):
    """A parser that takes coordinates both ways."""

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        """Parse as argparse does, after :func:`joined_coordinates`."""
        arguments = sys.argv[1:] if args is None else args
        return super().parse_known_args(joined_coordinates(arguments), namespace)


def joined_coordinates(arguments: Sequence[str]) -> list[str]:
    """Join the numbers that follow an option with commas: ``--click=320,240``.

    Joined to the option they may also be negative, which argparse would take for an option.
    """
    joined: list[str] = []
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        values: list[str] = []
        wanted = _NUMBERS_OF.get(word, 0)
        while rest and len(values) < wanted and _NUMBER.fullmatch(rest[0]):
            values.append(rest.pop(0))
        if wanted and not values and rest and _are_numbers(rest[0]):
            values.append(rest.pop(0))
        joined.append(f"{word}={','.join(values)}" if values else word)
    return joined


def _are_numbers(text: str) -> bool:
    return all(_NUMBER.fullmatch(part) for part in text.split(","))


def numbers(count: int | None, names: str) -> Callable[[str], tuple[float, ...]]:
    """Return an argparse type: comma separated numbers, `count` of them or any even number."""

    def parse(text: str) -> tuple[float, ...]:
        try:
            values = tuple(float(part) for part in text.split(","))
        except ValueError:
            values = ()
        wrong = len(values) != count if count else len(values) < 2 or len(values) % 2
        if wrong:
            raise argparse.ArgumentTypeError(f"{text!r} must be {names}, in pixels")
        return values

    return parse
