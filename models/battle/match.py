"""The rules of a battle: two teams, each with a generator and a discriminator.

A round has two turns. In the first, A's generator makes 15 images, which are mixed with 15 real
ones, and B's discriminator judges the 30; each right answer is a point for B. In the second they
change roles. Whoever has more points in all rounds wins. A tie goes to the team whose answers took
less time in all, then to a coin. A team that breaks a rule of the contract loses the match.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.battle.contract import REAL_ABOVE, BrokenRule, Bytes, Floats

DecidedBy = Literal["points", "time", "coin", "forfeit"]


@dataclass(frozen=True, eq=False)
class Turn:
    """One team's generator before the other's discriminator.

    Attributes:
        generator: whose images they are, 0 for the match's first team and 1 for its second.
        images: uint8 `[N, pixels]`, as the judge saw them; real ones only, if it generated none.
        real: bool `[N]`, the truth.
        answers: the judge's probabilities `[N]` that an image is real; None if it gave none.
    """

    generator: int
    images: Bytes
    real: npt.NDArray[np.bool_]
    answers: Floats | None

    @property
    def judge(self) -> int:
        """Whose discriminator judges."""
        return 1 - self.generator

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """Which answers are right, bool `[N]`; none are, if there are none."""
        if self.answers is None:
            return np.zeros(len(self.real), np.bool_)
        return np.asarray((self.answers > REAL_ABOVE) == self.real)

    @property
    def points(self) -> int:
        """What the judge gets."""
        return int(self.right.sum())


@dataclass(frozen=True, eq=False)
class Match:
    """How a match went; what comes in pairs is of the first team and of the second.

    Attributes:
        teams: their names.
        rounds: the turns of each round.
        seconds: what their answers took in all.
        forfeits: the rules that they broke; none, if they may go on.
        coin: 0 or 1, for when nothing else decides.
    """

    teams: tuple[str, str]
    rounds: list[tuple[Turn, Turn]]
    seconds: tuple[float, float]
    forfeits: tuple[list[BrokenRule], list[BrokenRule]]
    coin: int

    @property
    def points_by_round(self) -> list[tuple[int, int]]:
        """Points of both in each round."""
        return [(second.points, first.points) for first, second in self.rounds]

    @property
    def points(self) -> tuple[int, int]:
        """Points of both in all rounds."""
        rounds = self.points_by_round
        return sum(points for points, _ in rounds), sum(points for _, points in rounds)

    @property
    def winner(self) -> int:
        """Who wins: 0 or 1."""
        return self._decision[0]

    @property
    def decided_by(self) -> DecidedBy:
        """What decided; the coin too if both broke a rule."""
        return self._decision[1]

    @property
    def _decision(self) -> tuple[int, DecidedBy]:
        if any(self.forfeits):
            if all(self.forfeits):
                return self.coin, "coin"
            return int(bool(self.forfeits[0])), "forfeit"
        if self.points[0] != self.points[1]:
            return int(self.points[1] > self.points[0]), "points"
        if self.seconds[0] != self.seconds[1]:
            return int(self.seconds[1] < self.seconds[0]), "time"
        return self.coin, "coin"
