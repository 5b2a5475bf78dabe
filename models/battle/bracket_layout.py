"""Where the boxes of a bracket and the lines between them stand on a page."""

from dataclasses import dataclass

from models.battle.tournament import Pairing

_GAP = 0.6  # between two boxes of the first round, in rows


@dataclass(frozen=True)
class Box:
    """A pairing; a row is the height of one team's name.

    Attributes:
        pairing: what it shows.
        column: its round, from 0.
        rows: its height; a bye has one row.
        middle: its middle, in rows from the top.
        next_middle: that of the box that its winner goes to; None for the final.
    """

    pairing: Pairing
    column: int
    rows: int
    middle: float
    next_middle: float | None


def lay_out(rounds: list[list[Pairing]]) -> tuple[list[Box], float]:
    """Returns the boxes of a single elimination, each between the two before it, and the height.

    Args:
        rounds: the pairings of each round; half as many in each as in the one before.
    """
    columns: list[list[float]] = [[]]
    height = 0.0
    for pairing in rounds[0]:
        rows = _rows(pairing)
        columns[0].append(height + rows / 2)
        height += rows + _GAP
    while len(columns) < len(rounds):
        before = columns[-1]
        pairs = zip(before[::2], before[1::2], strict=True)
        columns.append([(upper + lower) / 2 for upper, lower in pairs])
    boxes = [
        Box(
            pairing,
            column,
            _rows(pairing),
            columns[column][index],
            columns[column + 1][index // 2] if pairing.next else None,
        )
        for column, pairings in enumerate(rounds)
        for index, pairing in enumerate(pairings)
    ]
    return boxes, height - _GAP


def _rows(pairing: Pairing) -> int:
    return 1 if pairing.bye else 2
