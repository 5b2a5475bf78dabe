"""What a tournament leaves: `bracket.json` with everything, `results.csv` with a row a match.

bracket.json
    format              "battle", "single elimination" or "round robin"
    seed                with it and the same models, all is played again the same, but for times
    teams               names
    real_images         {"source", "fingerprint", "split", "images"}: where they were drawn from
    champion            name
    rounds              of the tournament; each a list of
        teams           the two names; the second is null if the first has a bye
        bye             whether the first goes on without a match
        match           null for a bye, or
            points      of both: the right answers of their discriminators; where a rule was
                        broken they decide nothing, as who broke it was asked no more
            seconds     that the answers of both took
            winner      name
            decided_by  "points", "time", "coin" or "forfeit"
            reason      what else to say of that; "" for nothing
            forfeits    for both, a list of {"rule", "told"}: what they broke
            rounds      of the match; each a list of two turns
                generator   name of the team that made the images; the other one judges
                truth       a digit for each of the 30 images, in order: 1 real, 0 generated
                answers     what the judge said, likewise; null if it did not answer
    standings           of a round robin, best first: {"team", "won", "lost", "forfeits",
                        "points_for", "points_against", "rating"}; null for the others

In results.csv ScoreA and ScoreB are these points; where a rule was broken they are empty.
"""

import csv
import io
import json
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from models.battle.contract import REAL_ABOVE
from models.battle.match import Match, Turn
from models.battle.real_images import RealImages
from models.battle.round_robin import standings
from models.battle.tournament import Pairing, Tournament

RESULTS_HEADER = [
    *("Round", "Match", "TeamA", "TeamB", "ScoreA", "ScoreB", "SecondsA", "SecondsB"),
    *("Winner", "DecidedBy", "Reason"),
]


def champion(tournament: Tournament) -> str | None:
    """Returns who won it all; None as long as that is open."""
    if not tournament.is_over:
        return None
    if tournament.format == "round robin":
        return standings(tournament)[0].team
    return tournament.rounds[-1][0].winner


def reason(match: Match) -> str:
    """Returns what else to say of how a match was decided, such as broken rules; "" for nothing."""
    if match.decided_by == "time":
        return "a tie of points; as times vary, it may fall otherwise when played again"
    return "; ".join(
        f"{name}: {broken.told}"
        for name, forfeit in zip(match.teams, match.forfeits, strict=True)
        for broken in forfeit
    )


def bracket_json(tournament: Tournament, real: RealImages) -> str:
    """Returns the text of `bracket.json`."""
    round_robin = tournament.format == "round robin"
    values = {
        "format": tournament.format,
        "seed": tournament.seed,
        "teams": tournament.teams,
        "real_images": {
            "source": real.info.source,
            "fingerprint": real.info.source_fingerprint,
            "split": real.split,
            "images": len(real),
        },
        "champion": champion(tournament),
        "rounds": [[_pairing(one) for one in pairings] for pairings in tournament.rounds],
        "standings": [asdict(row) for row in standings(tournament)] if round_robin else None,
    }
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def results_csv(tournament: Tournament) -> str:
    """Returns the text of `results.csv`."""
    text = io.StringIO()
    # All texts are quoted, as Python 3.11 leaves a lone carriage return bare otherwise.
    rows = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    rows.writerow(RESULTS_HEADER)
    count = 0
    for number, pairings in enumerate(tournament.rounds, 1):
        for match in filter(None, (pairing.match for pairing in pairings)):
            count += 1
            rows.writerow(
                [
                    number,
                    count,
                    *map(_cell, match.teams),
                    *(("", "") if any(match.forfeits) else match.points),
                    *(round(seconds, 6) for seconds in match.seconds),
                    _cell(match.teams[match.winner]),
                    match.decided_by,
                    _cell(reason(match)),
                ]
            )
    return text.getvalue()


def _cell(text: str) -> str:
    """Returns a text that no spreadsheet takes for a formula (OWASP, "CSV Injection")."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _pairing(pairing: Pairing) -> dict[str, Any]:
    match = pairing.match
    return {"teams": pairing.teams, "bye": pairing.bye, "match": _match(match) if match else None}


def _match(match: Match) -> dict[str, Any]:
    return {
        "points": match.points,
        "seconds": [round(seconds, 6) for seconds in match.seconds],
        "winner": match.teams[match.winner],
        "decided_by": match.decided_by,
        "reason": reason(match),
        "forfeits": [[asdict(broken) for broken in forfeit] for forfeit in match.forfeits],
        "rounds": [[_turn(match, turn) for turn in turns] for turns in match.rounds],
    }


def _turn(match: Match, turn: Turn) -> dict[str, Any]:
    return {
        "generator": match.teams[turn.generator],
        "truth": _digits(turn.real),
        "answers": None if turn.answers is None else _digits(turn.answers > REAL_ABOVE),
    }


def _digits(values: npt.NDArray[np.bool_]) -> str:
    return "".join("01"[int(value)] for value in values)
