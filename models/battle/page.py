"""The page of a tournament or a battle, for a big screen: one HTML file without a script."""

from collections import Counter
from typing import Any

import numpy as np

from models.battle.bracket_layout import lay_out
from models.battle.contract import BrokenRule
from models.battle.match import Match, Turn
from models.battle.real_images import RealImages
from models.battle.results import champion, reason
from models.battle.round_robin import standings
from models.battle.tournament import Tournament
from models.page import render_page as render_template
from models.pictures import image_uri

MATCHES_WITH_IMAGES = 64
"""Of more matches, only the last ones are shown with their images."""

_WHILE_PLAYING = 4  # so many, as the page is written after each match, and loaded often
_FACES = 14  # of the winner, at the top of the page: two rows


def render_page(tournament: Tournament, real: RealImages, interrupted: bool = False) -> str:
    """Returns the page; as long as matches are to be played, it loads itself again.

    Args:
        tournament: as far as it is played.
        real: where its real images come from.
        interrupted: no more matches will be played.
    """
    pairings = tournament.titled_pairings
    played = [(title, pairing.match) for title, pairing in pairings if pairing.match]
    waiting = [] if interrupted else pairings[len(played) :]
    count = _WHILE_PLAYING if waiting else MATCHES_WITH_IMAGES
    newest = list(enumerate(played, 1))[: -count - 1 : -1]
    turns = [turn for _, (_, match) in newest for pair in match.rounds for turn in pair]
    round_robin = tournament.format == "round robin"
    return render_template(
        "battle/page.html.jinja",
        tournament=tournament,
        champion=champion(tournament),
        titles=tournament.titles,
        waiting=waiting,
        show=_show(tournament),
        bracket=lay_out(tournament.rounds) if tournament.format == "single elimination" else None,
        table=standings(tournament) if round_robin else None,
        cross=_cross(tournament) if round_robin else None,
        numbers={match: number for number, (_, match) in newest},
        newest=newest,
        strips={
            turn: (f"t{i}", _strip(turn, real.info.image_shape)) for i, turn in enumerate(turns)
        },
        tiles=_tiles,
        broken_rules=_broken_rules(tournament),
        reason=reason,
        real=real,
    )


def _show(tournament: Tournament) -> tuple[Match, int, list[tuple[Turn, dict[str, Any]]]] | None:
    """Returns what the page opens with: a match, who won it, and images of the winner's generator.

    It is the champion's last match, or the last one as long as there is no champion. The images
    are those that the judge took for real most of all.
    """
    best = champion(tournament)
    matches = [match for match in tournament.matches if not best or best in match.teams]
    if not matches:
        return None
    match = matches[-1]
    place = match.teams.index(best) if best else match.winner
    images = [
        (turn, tile)
        for pair in match.rounds
        for turn in pair
        if turn.generator == place
        for tile in _tiles(turn, real=False)
    ]
    images.sort(key=lambda image: -(image[1]["answer"] or 0))
    return match, place, images[:_FACES]


def _strip(turn: Turn, image_shape: tuple[int, int, int]) -> str:
    """Returns a turn's images below each other, as one PNG."""
    _, width, channels = image_shape
    return image_uri(turn.images.reshape(-1, width, channels))


def _tiles(turn: Turn, real: bool) -> list[dict[str, Any]]:
    """Returns the real or the generated images of a turn, those that the judge knew best first."""
    indexes = np.flatnonzero(turn.real == real)
    if turn.answers is not None:
        order = np.argsort(turn.answers[indexes], kind="stable")
        indexes = indexes[order[::-1] if real else order]
    return [
        {
            "at": round(100 * index / (len(turn.real) - 1), 3),  # as background-position counts
            "right": bool(turn.right[index]),
            "answer": None if turn.answers is None else float(turn.answers[index]),
        }
        for index in indexes.tolist()
    ]


def _broken_rules(tournament: Tournament) -> Counter[tuple[str, BrokenRule]]:
    """Returns in how many matches each team broke each rule."""
    return Counter(
        (team, broken)
        for match in tournament.matches
        for team, forfeit in zip(match.teams, match.forfeits, strict=True)
        for broken in forfeit
    )


def _cross(tournament: Tournament) -> dict[tuple[str, str], tuple[int, Match, int]]:
    """Returns the number of the match of each pair of teams, the match, and the first's place."""
    return {
        (match.teams[place], match.teams[1 - place]): (number, match, place)
        for number, match in enumerate(tournament.matches, 1)
        for place in (0, 1)
    }
