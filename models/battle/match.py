"""The rules of a battle: two teams, each with a generator and a discriminator.

A round has two turns. In the first, A's generator makes 15 images, which are mixed with 15 real
ones, and B's discriminator judges the 30; each right answer is a point for B. In the second they
change roles. Whoever has more points in all rounds wins. A tie goes to the team whose answers took
less time in all, then to a coin. A team that breaks a rule of the contract loses the match.
"""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.battle.contract import (
    REAL_ABOVE,
    Answer,
    BrokenRule,
    Bytes,
    Floats,
    ForfeitError,
    Player,
    as_bytes,
    as_floats,
    draw_noise,
)
from models.battle.real_images import RealImages
from models.battle.teams import Team

IMAGES_OF_EACH = 15
"""Generated images in a turn, and real ones."""

DecidedBy = Literal["points", "time", "coin", "forfeit"]
OpenPlayer = Callable[[Path], AbstractContextManager[Player]]
"""Loads a SavedModel; raises a ForfeitError if it may not or cannot be loaded."""


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


def play_match(
    first: Team,
    second: Team,
    rounds: int,
    *,
    open_player: OpenPlayer,
    real: RealImages,
    seed: int,
) -> Match:
    """Plays a match.

    What is drawn depends on the seed, the names, the round and the turn only, so a match can be
    played again without the others. A team is asked for all that it can be asked even if the other
    is out: it may be out too.

    Args:
        first: generates first.
        second: judges first.
        rounds: how many.
        open_player: see `OpenPlayer`.
        real: where the real images come from.
        seed: 0 or more.
    """
    names = first.name, second.name
    # The hash is of both names, as repr keeps them apart: ("a", "b, c") is not ("a, b", "c").
    key = int.from_bytes(hashlib.sha256(repr(names).encode()).digest()[:8], "big")
    with ExitStack() as stack:
        sides = [_Side(team, open_player, stack) for team in (first, second)]
        played = []
        for number in range(1, rounds + 1):
            turns = [
                _play_turn(sides, generator, real, np.random.default_rng([seed, key, number, turn]))
                for turn, generator in enumerate((0, 1), 1)
            ]
            played.append((turns[0], turns[1]))
            if any(side.forfeit for side in sides):
                break
    return Match(
        teams=names,
        rounds=played,
        seconds=(sides[0].seconds, sides[1].seconds),
        forfeits=(sides[0].forfeit, sides[1].forfeit),
        coin=int(np.random.default_rng([seed, key]).integers(2)),
    )


class _Side:
    """A team in a match: asks its player, counts the time and keeps the rules that it broke."""

    def __init__(self, team: Team, open_player: OpenPlayer, stack: ExitStack) -> None:
        self.seconds = 0.0
        self.forfeit: list[BrokenRule] = []
        if team.saved_model is None:
            self.forfeit = [BrokenRule("files", "no SavedModel here")]
            return
        try:
            self._player = stack.enter_context(open_player(team.saved_model))
        except ForfeitError as error:
            self.forfeit = error.broken

    def generate(self, noise: Floats) -> Floats | None:
        return self._ask(lambda: self._player.generate(noise))

    def discriminate(self, images: Floats) -> Floats | None:
        return self._ask(lambda: self._player.discriminate(images))

    def _ask(self, question: Callable[[], Answer]) -> Floats | None:
        """Returns the answer; None from the first broken rule on, as its process may be gone."""
        if self.forfeit:
            return None
        try:
            answer = question()
        except ForfeitError as error:
            self.forfeit = error.broken
            return None
        self.seconds += answer.seconds
        return answer.values


def _play_turn(
    sides: Sequence[_Side], generator: int, real: RealImages, rng: np.random.Generator
) -> Turn:
    generated = sides[generator].generate(draw_noise(rng, IMAGES_OF_EACH))
    images = real.draw(rng, IMAGES_OF_EACH)
    truth = np.ones(IMAGES_OF_EACH, np.bool_)
    if generated is not None:
        # Rounded to bytes, which the real ones are: or values between two bytes would tell.
        images = np.concatenate([images, as_bytes(generated)])
        truth = np.repeat([True, False], IMAGES_OF_EACH)
    order = rng.permutation(len(images))
    images, truth = images[order], truth[order]
    return Turn(generator, images, truth, sides[1 - generator].discriminate(as_floats(images)))
