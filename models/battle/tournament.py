"""A tournament of any format: who meets whom, and what came of it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from models.battle.match import Match
from models.battle.teams import Team
from preprocessing.errors import InputError
from preprocessing.progress import report_progress

Format = Literal["battle", "single elimination", "round robin"]

_LONGEST_PAUSE = 3600.0


@dataclass(eq=False)
class Pairing:
    """A place in a tournament where two teams meet.

    Attributes:
        teams: names of the two; None for one that is not known yet, and for the second of a bye.
        rounds: of the match.
        bye: the first goes on without a match.
        match: how it went; None as long as it was not played.
        next: where the winner goes, and whether as its first team (0) or its second (1).
    """

    teams: list[str | None]
    rounds: int = 1
    bye: bool = False
    match: Match | None = None
    next: "tuple[Pairing, int] | None" = field(default=None, repr=False)

    @property
    def winner(self) -> str | None:
        """Who goes on; None if that is not known yet."""
        if self.match:
            return self.match.teams[self.match.winner]
        return self.teams[0] if self.bye else None

    def send_winner_on(self) -> None:
        """Writes the winner into the next pairing, if there is one."""
        if self.next:
            pairing, place = self.next
            pairing.teams[place] = self.winner


@dataclass
class Tournament:
    """A tournament, also while it goes on.

    Attributes:
        format: which kind; a battle is one match.
        seed: what all draws come from.
        teams: all names.
        rounds: the pairings of each round.
    """

    format: Format
    seed: int
    teams: list[str]
    rounds: list[list[Pairing]]

    @property
    def titles(self) -> list[str]:
        """A title for each round."""
        titles = [f"Round {number}" for number in range(1, len(self.rounds) + 1)]
        if self.format == "single elimination":
            last = ["Quarter-finals", "Semi-finals", "Final"][-len(titles) :]
            titles[-len(last) :] = last
        return titles

    @property
    def titled_pairings(self) -> list[tuple[str, Pairing]]:
        """The same as `pairings`, each with its title, such as "Semi-final"."""
        return [
            (title.removesuffix("s"), pairing)
            for title, pairings in zip(self.titles, self.rounds, strict=True)
            for pairing in pairings
            if not pairing.bye
        ]

    @property
    def pairings(self) -> list[Pairing]:
        """All pairings that are a match, or will be one, in the order in which they are played."""
        return [pairing for pairings in self.rounds for pairing in pairings if not pairing.bye]

    @property
    def matches(self) -> list[Match]:
        """The matches played so far, in their order."""
        return [pairing.match for pairing in self.pairings if pairing.match]

    @property
    def is_over(self) -> bool:
        """Whether all is played."""
        return len(self.matches) == len(self.pairings)


class PlayMatch(Protocol):
    """Plays a match: `play_match` with all but these given."""

    def __call__(self, first: Team, second: Team, rounds: int) -> Match:
        """Returns how it went."""


def battle(first: Team, second: Team, seed: int) -> Tournament:
    """Returns a tournament of one match, of one round."""
    names = [first.name, second.name]
    return Tournament("battle", seed, names, [[Pairing([*names])]])


def check_pause(pause_seconds: float) -> None:
    """Checks how long to wait after a match.

    Raises:
        InputError: it is less than 0 or more than an hour.
    """
    if not 0 <= pause_seconds <= _LONGEST_PAUSE:
        raise InputError(f"pause_seconds={pause_seconds}: expected 0 to {_LONGEST_PAUSE:g}")


def play_tournament(
    tournament: Tournament,
    teams: Sequence[Team],
    play: PlayMatch,
    on_match: Callable[[str, Match], None] = lambda title, match: None,
    pause_seconds: float = 0.0,
) -> None:
    """Plays all matches and reports progress.

    Args:
        tournament: as it was drawn; it is filled in.
        teams: those of the tournament.
        play: plays one match.
        on_match: called after each, with its title.
        pause_seconds: to wait before the next match, so that people can look at the last one.
    """
    by_name = {team.name: team for team in teams}
    count = len(tournament.pairings)
    for number, (title, pairing) in enumerate(tournament.titled_pairings, 1):
        first, second = (by_name[name] for name in pairing.teams if name)
        pairing.match = play(first, second, pairing.rounds)
        pairing.send_winner_on()
        report_progress(number / count, f"{number} of {count} matches played")
        on_match(title, pairing.match)
        if number < count:
            time.sleep(pause_seconds)  # a signal that raises ends it
