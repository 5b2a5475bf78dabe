"""Players of known behaviour, written in Python."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from models.battle.contract import Answer, BrokenRule, Floats, ForfeitError
from models.battle.match import Match
from models.battle.play import OpenPlayer
from models.battle.teams import Team

PIXELS = 144
Judge = Callable[[Floats], Floats]


def perfect(images: Floats) -> Floats:
    """Tells all: generated images are of one grey, real ones are not."""
    return np.asarray(np.ptp(images, axis=1) > 0, np.float32)


def wrong(images: Floats) -> Floats:
    return 1 - perfect(images)


def always_real(images: Floats) -> Floats:
    return np.ones(len(images), np.float32)


@dataclass
class Scripted:
    """Generates images of one grey, judges as it is told, and takes the time that it is told."""

    judge: Judge = perfect
    seconds: float = 0.0
    breaks: str = ""
    asked: list[str] = field(default_factory=list)
    judged: list[Floats] = field(default_factory=list)

    def generate(self, noise: Floats) -> Answer:
        self._ask("generate")
        grey = (noise.mean(axis=1, keepdims=True) + 1) / 2
        return Answer(np.repeat(grey, PIXELS, axis=1).astype(np.float32), self.seconds)

    def discriminate(self, images: Floats) -> Answer:
        self._ask("discriminate")
        self.judged.append(images)
        return Answer(self.judge(images), self.seconds)

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.breaks == what:
            raise ForfeitError([BrokenRule("nan", f"{what} answers nan")])


def opens(**players: Scripted) -> OpenPlayer:
    """Returns what opens these players by the name of the folder."""

    @contextmanager
    def open_player(saved_model: Path) -> Iterator[Scripted]:
        player = players[saved_model.name]
        if player.breaks == "open":
            raise ForfeitError([BrokenRule("operation", "WriteFile is forbidden")])
        yield player

    return open_player


def team(name: str) -> Team:
    return Team(name, Path(name))


def last_name_wins(first: Team, second: Team, rounds: int) -> Match:
    """Plays a match in which nothing is asked: whose name comes later wins."""
    coin = int(second.name > first.name)
    return Match((first.name, second.name), [], (0.0, 0.0), ([], []), coin)
