"""Holds a battle or a tournament: plays it, and writes what the audience and others look at."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from models.battle.commentary import tell_end, tell_match
from models.battle.match import Match
from models.battle.page import render_page
from models.battle.play import OpenPlayer, play_match
from models.battle.real_images import RealImages
from models.battle.results import bracket_json, results_csv
from models.battle.teams import Team
from models.battle.tournament import Tournament, check_pause, play_tournament
from preprocessing.examples import Examples
from preprocessing.gan import BATTLE_IMAGES
from preprocessing.progress import report_note

BRACKET_FILE, RESULTS_FILE, PAGE_FILE = "bracket.json", "results.csv", "battle.html"


def hold(
    tournament: Tournament,
    teams: Sequence[Team],
    open_player: OpenPlayer,
    examples: Examples,
    output: str | Path,
    pause_seconds: float = 0.0,
) -> None:
    """Plays a tournament, tells how each match went, and writes its files.

    The page is written after each match too, so that it can be watched. Whoever is interrupted
    plays again: the same seed and models give the same matches.

    Args:
        tournament: as it was drawn.
        teams: those of the tournament.
        open_player: loads a SavedModel to play, such as `Sandbox.player`.
        examples: whose test images are the real ones.
        output: folder for `battle.html`, `bracket.json` and `results.csv`; made if not there.
        pause_seconds: to wait between two matches, so that the audience can look.

    Raises:
        InputError: there are fewer than 15 test images, or the pause cannot be.
    """
    check_pause(pause_seconds)
    real = RealImages(examples, "test", BATTLE_IMAGES)
    output = Path(output)
    output.mkdir(parents=True, exist_ok=True)

    def show(interrupted: bool = False) -> None:
        _write_whole(output / PAGE_FILE, render_page(tournament, real, interrupted))

    def tell(title: str, match: Match) -> None:
        show()
        report_note(tell_match(title, match))

    show()
    report_note(f"the page, to be opened now: {output / PAGE_FILE}")
    play = partial(play_match, open_player=open_player, real=real, seed=tournament.seed)
    try:
        play_tournament(tournament, teams, play, tell, pause_seconds)
    except BaseException:
        with suppress(OSError):  # such as the full disk that interrupted it
            show(interrupted=True)
        raise
    _write_whole(output / BRACKET_FILE, bracket_json(tournament, real))
    _write_whole(output / RESULTS_FILE, results_csv(tournament))
    for line in tell_end(tournament):
        report_note(line)


def _write_whole(path: Path, text: str) -> None:
    """Writes under a temporary name, then renames: whoever reads sees a whole file."""
    unfinished = path.with_name(path.name + ".tmp")
    unfinished.write_text(text, encoding="utf-8", newline="")
    unfinished.replace(path)
