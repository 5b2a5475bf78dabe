"""The page of a tournament or a battle, for a big screen: one HTML file without a script."""

from collections import Counter
from pathlib import Path
from typing import Any

import jinja2

from models.battle.bracket_layout import lay_out
from models.battle.contract import BrokenRule
from models.battle.match import Match, Turn
from models.battle.real_images import RealImages
from models.battle.results import champion, reason
from models.battle.round_robin import standings
from models.battle.tournament import Tournament
from models.pictures import image_uri

MATCHES_WITH_IMAGES = 64
"""Of more matches, only the last ones are shown with their images."""

_WHILE_PLAYING = 4  # so many, as the page is written after each match, and loaded often

_FOLDER = Path(__file__).parent


def render_page(tournament: Tournament, real: RealImages) -> str:
    """Returns the page; as long as matches are to be played, it loads itself again.

    Args:
        tournament: as far as it is played.
        real: where its real images come from.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([_FOLDER, _FOLDER.parent]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    rounds = zip(_titles(tournament), tournament.rounds, strict=True)
    played = [(title, one.match) for title, some in rounds for one in some if one.match]
    count = MATCHES_WITH_IMAGES if tournament.is_over else _WHILE_PLAYING
    newest = list(enumerate(played, 1))[: -count - 1 : -1]
    turns = [turn for _, (_, match) in newest for pair in match.rounds for turn in pair]
    round_robin = tournament.format == "round robin"
    return environment.get_template("page.html.jinja").render(
        tournament=tournament,
        champion=champion(tournament),
        titles=_titles(tournament),
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


def _strip(turn: Turn, image_shape: tuple[int, int, int]) -> str:
    """Returns a turn's images below each other, as one PNG."""
    _, width, channels = image_shape
    return image_uri(turn.images.reshape(-1, width, channels))


def _tiles(turn: Turn) -> list[dict[str, Any]]:
    """Returns what to say of each image of a turn."""
    rights = [None] * len(turn.real) if turn.answers is None else turn.right.tolist()
    answers = [None] * len(turn.real) if turn.answers is None else turn.answers.tolist()
    return [
        {
            "at": round(100 * index / (len(rights) - 1), 3),  # as background-position counts
            "kind": "real" if real else "fake",
            "right": right,
            "answer": answer,
        }
        for index, (real, right, answer) in enumerate(
            zip(turn.real.tolist(), rights, answers, strict=True)
        )
    ]


def _broken_rules(tournament: Tournament) -> Counter[tuple[str, BrokenRule]]:
    """Returns in how many matches each team broke each rule."""
    return Counter(
        (team, broken)
        for match in tournament.matches
        for team, forfeit in zip(match.teams, match.forfeits, strict=True)
        for broken in forfeit
    )


def _titles(tournament: Tournament) -> list[str]:
    """Returns a title for each round."""
    titles = [f"Round {number}" for number in range(1, len(tournament.rounds) + 1)]
    if tournament.format == "single elimination":
        last = ["Quarter-finals", "Semi-finals", "Final"][-len(titles) :]
        titles[-len(last) :] = last
    return titles


def _cross(tournament: Tournament) -> dict[tuple[str, str], tuple[int, Match, int]]:
    """Returns the number of the match of each pair of teams, the match, and the first's place."""
    return {
        (match.teams[place], match.teams[1 - place]): (number, match, place)
        for number, match in enumerate(tournament.matches, 1)
        for place in (0, 1)
    }
