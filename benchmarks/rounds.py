"""Measures ways of doing the same in turns, so that a slow minute of the machine hits all."""

from collections.abc import Callable, Mapping
from typing import TypeVar

ROUNDS = 5

Measurement = TypeVar("Measurement")


def in_turns(
    ways: Mapping[str, Callable[[], Measurement]], rounds: int = ROUNDS
) -> dict[str, list[Measurement]]:
    """Measures each way once a round; every other round goes through them backwards.

    Args:
        ways: by name; each does its work once and returns what it took. What has to be warm is
            warmed up before.
        rounds: how often.

    Returns:
        By name, a measurement a round.
    """
    measured: dict[str, list[Measurement]] = {name: [] for name in ways}
    names = list(ways)
    for number in range(rounds):
        for name in names if number % 2 == 0 else reversed(names):
            measured[name].append(ways[name]())
    return measured
