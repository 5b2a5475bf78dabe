"""Holds a battle or a tournament: plays it, and writes what the audience and others look at."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from models.battle.page import render_page
from models.battle.play import OpenPlayer, play_match
from models.battle.real_images import RealImages
from models.battle.results import bracket_json, results_csv
from models.battle.teams import Team
from models.battle.tournament import Tournament, play_tournament
from preprocessing.examples import Examples
from preprocessing.gan import BATTLE_IMAGES

BRACKET_FILE, RESULTS_FILE, PAGE_FILE = "bracket.json", "results.csv", "battle.html"


def hold(
    tournament: Tournament,
    teams: Sequence[Team],
    open_player: OpenPlayer,
    examples: Examples,
    output: str | Path,
) -> None:
    """Plays a tournament and writes its files.

    The page is written after each match too, so that it can be watched. Whoever is interrupted
    plays again: the same seed and models give the same matches.

    Args:
        tournament: as it was drawn.
        teams: those of the tournament.
        open_player: loads a SavedModel to play, such as `Sandbox.player`.
        examples: whose test images are the real ones.
        output: folder for `battle.html`, `bracket.json` and `results.csv`; made if not there.

    Raises:
        InputError: there are fewer than 15 test images.
    """
    real = RealImages(examples, "test", BATTLE_IMAGES)
    output = Path(output)
    output.mkdir(parents=True, exist_ok=True)

    def show(tournament: Tournament) -> None:
        _write_whole(output / PAGE_FILE, render_page(tournament, real))

    show(tournament)
    play = partial(play_match, open_player=open_player, real=real, seed=tournament.seed)
    play_tournament(tournament, teams, play, on_match=show)
    _write_whole(output / BRACKET_FILE, bracket_json(tournament, real))
    _write_whole(output / RESULTS_FILE, results_csv(tournament))


def _write_whole(path: Path, text: str) -> None:
    """Writes under a temporary name, then renames: whoever reads sees a whole file."""
    unfinished = path.with_name(path.name + ".tmp")
    unfinished.write_text(text, encoding="utf-8", newline="")
    unfinished.replace(path)
