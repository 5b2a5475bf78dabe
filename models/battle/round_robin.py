"""Round robin: everyone meets everyone once, and a table says who is best."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from models.battle.rating import AVERAGE, rate
from models.battle.teams import Team
from models.battle.tournament import Pairing, Tournament


def draw_round_robin(teams: Iterable[Team], seed: int) -> Tournament:
    """Draws a tournament of all pairs, in rounds in which every team plays once at most.

    The rounds are those of the circle method: one team stays in its place, the others move by one.

    Args:
        teams: two or more, in any order.
        seed: 0 or more.
    """
    names = sorted(team.name for team in teams)
    circle: list[str | None] = [
        names[index] for index in np.random.default_rng(seed).permutation(len(names))
    ]
    if len(circle) % 2:
        circle.append(None)  # whoever meets this one rests
    half = len(circle) // 2
    rounds = []
    for _ in range(len(circle) - 1):
        pairs = zip(circle[:half], reversed(circle[half:]), strict=True)
        rounds.append([Pairing([*pair]) for pair in pairs if None not in pair])
        circle = [circle[0], circle[-1], *circle[1:-1]]
    return Tournament("round robin", seed, names, rounds)


@dataclass(frozen=True)
class Standing:
    """A row of the table.

    Attributes:
        team: its name.
        won: matches won.
        lost: matches lost.
        forfeits: matches in which it broke a rule.
        points_for: points that it got in matches in which no rule was broken.
        points_against: points that the others got in these.
        rating: see `models.battle.rating`.
    """

    team: str
    won: int
    lost: int
    forfeits: int
    points_for: int
    points_against: int
    rating: float

    @property
    def played(self) -> int:
        """Matches played."""
        return self.won + self.lost

    @property
    def difference(self) -> int:
        """Points got, less points given."""
        return self.points_for - self.points_against


def standings(tournament: Tournament) -> list[Standing]:
    """Returns the table so far.

    Whoever broke a rule in any match stands below all who never did. Apart from that it is by
    matches won, then by points' difference, points got, and name.
    """
    matches = tournament.matches
    ratings = rate((m.teams[m.winner], m.teams[1 - m.winner]) for m in matches)
    table = []
    for name in tournament.teams:
        own = [(match, match.teams.index(name)) for match in matches if name in match.teams]
        won = sum(match.winner == side for match, side in own)
        fair = [(match.points, side) for match, side in own if not any(match.forfeits)]
        table.append(
            Standing(
                team=name,
                won=won,
                lost=len(own) - won,
                forfeits=sum(bool(match.forfeits[side]) for match, side in own),
                points_for=sum(points[side] for points, side in fair),
                points_against=sum(points[1 - side] for points, side in fair),
                rating=ratings.get(name, AVERAGE),
            )
        )
    return sorted(
        table,
        key=lambda row: (row.forfeits > 0, -row.won, -row.difference, -row.points_for, row.team),
    )
