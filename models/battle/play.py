"""Plays a match: opens both teams' players, asks them, and keeps what they answer or break."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import numpy as np

from models.battle.contract import (
    Answer,
    BrokenRule,
    Floats,
    ForfeitError,
    Player,
    SandboxEndedError,
    as_bytes,
    as_floats,
    draw_noise,
)
from models.battle.limits import Limits
from models.battle.match import Match, Turn
from models.battle.real_images import RealImages
from models.battle.sandbox_files import model_hash
from models.battle.teams import Team
from preprocessing.gan import BATTLE_IMAGES

OpenPlayer = Callable[[Path], AbstractContextManager[Player]]
"""Loads a SavedModel; raises a ForfeitError if it may not or cannot be loaded."""


def play_match(
    first: Team,
    second: Team,
    rounds: int,
    *,
    open_player: OpenPlayer,
    real: RealImages,
    seed: int,
) -> Match:
    """Plays a match; once more, if what runs the players ended.

    What is drawn depends on the seed, the names, the models, the round and the turn only, so a
    match can be played again without the others; and as no team has the other's model before, none
    can know which images will be real. A team is asked for all that it can be asked even if the
    other is out: it may be out too.

    Args:
        first: generates first.
        second: judges first.
        rounds: how many.
        open_player: see `OpenPlayer`.
        real: where the real images come from.
        seed: 0 or more.

    Raises:
        SandboxEndedError: it ended twice.
    """
    try:
        return _play(first, second, rounds, open_player, real, seed)
    except SandboxEndedError:
        return _play(first, second, rounds, open_player, real, seed)


def _play(
    first: Team,
    second: Team,
    rounds: int,
    open_player: OpenPlayer,
    real: RealImages,
    seed: int,
) -> Match:
    key = _key(first, second)
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
        teams=(first.name, second.name),
        rounds=played,
        seconds=(sides[0].seconds, sides[1].seconds),
        forfeits=(sides[0].forfeit, sides[1].forfeit),
        coin=int(np.random.default_rng([seed, key]).integers(2)),
    )


def _key(first: Team, second: Team) -> int:
    """Returns a number that stands for two teams, their models included."""
    limit = Limits().file_bytes
    known = [
        (team.name, team.saved_model and model_hash(team.saved_model, limit))
        for team in (first, second)
    ]
    return int.from_bytes(hashlib.sha256(repr(known).encode()).digest()[:8], "big")


class _Side:
    """A team in a match: asks its player, counts the time and keeps the rules that it broke."""

    def __init__(self, team: Team, open_player: OpenPlayer, stack: ExitStack) -> None:
        self.seconds = 0.0
        self.forfeit: list[BrokenRule] = []
        if team.saved_model is None:
            self.forfeit = [BrokenRule("files", team.missing)]
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
    generated = sides[generator].generate(draw_noise(rng, BATTLE_IMAGES))
    images = real.draw(rng, BATTLE_IMAGES)
    truth = np.ones(BATTLE_IMAGES, np.bool_)
    if generated is not None:
        # Rounded to bytes, which the real ones are: or values between two bytes would tell.
        images = np.concatenate([images, as_bytes(generated)])
        truth = np.repeat([True, False], BATTLE_IMAGES)
    order = rng.permutation(len(images))
    images, truth = images[order], truth[order]
    return Turn(generator, images, truth, sides[1 - generator].discriminate(as_floats(images)))
