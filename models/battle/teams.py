"""The teams of a battle or a tournament, as folders have them."""

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from models.battle.misplaced import found_instead, is_litter
from models.battle.sandbox_files import GRAPH_FILE, is_model_file, model_files
from preprocessing.errors import InputError

_PLACES = (".", "saved_model", "train-gan/model/saved_model")
"""Where a SavedModel lies: the folder is it, or is what training writes, or is a whole run."""

_RUN_FILE = "run.json"  # each run has one
_JOINERS = "\u200c\u200d"  # not printable, but Persian and emoji are written with them


@dataclass(frozen=True)
class Team:
    """Who plays.

    Attributes:
        name: of the folder; what cannot be printed is replaced, as it may play with a terminal.
        saved_model: folder of its SavedModel; None for a team that has none, and forfeits.
        missing: what is told of a team that has none.
    """

    name: str
    saved_model: Path | None
    missing: str = "no SavedModel here"


def find_teams(folder: str | Path) -> list[Team]:
    """Returns the teams of a tournament, by name: each sub-folder is one.

    A sub-folder without a SavedModel is a team too: its match is lost, and the others play.

    Args:
        folder: holds a folder a team; files and hidden folders in it are ignored.

    Raises:
        InputError: there is no such folder, it is a run, fewer than two teams have a SavedModel, or
            two names look alike.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected one with a folder for each team")
    if (folder / _RUN_FILE).is_file():
        raise InputError(
            f"{folder}: this is a run, which is one team; name a folder that has one for each team"
        )
    found = [path for path in folder.iterdir() if path.is_dir() and not is_litter(path.name)]
    teams = sorted(map(_team, found), key=lambda team: team.name)
    if len(teams) < 2:
        told = "1 team" if teams else "no teams"
        raise InputError(f"{folder}: found {told}; expected a folder for each of two teams or more")
    name, count = Counter(team.name for team in teams).most_common(1)[0]
    if count > 1:
        raise InputError(f"{folder}: {count} folders look like {name!r}; rename them")
    without = [team for team in teams if not team.saved_model]
    if len(teams) - len(without) < 2:
        example = max(without, key=lambda team: len(team.missing))  # the one with most to tell
        raise InputError(
            f"{folder}: {len(teams) - len(without)} of {len(teams)} teams have a SavedModel,"
            f" expected two or more; {example.name}: {example.missing}"
        )
    return teams


def find_pair(first: str | Path, second: str | Path) -> tuple[Team, Team]:
    """Returns the two teams of a battle, named by their folders.

    Raises:
        InputError: one of them has no SavedModel.
    """
    paths = Path(first), Path(second)
    names = [_printable(path.resolve().name) for path in paths]
    if names[0] == names[1]:
        names = [f"{names[0]} (A)", f"{names[1]} (B)"]
    return Team(names[0], find_saved_model(first)), Team(names[1], find_saved_model(second))


def find_saved_model(path: str | Path) -> Path:
    """Returns the folder of the SavedModel that a user means.

    Args:
        path: the SavedModel, the folder that training wrote, or a run's.

    Raises:
        InputError: there is none.
    """
    path = Path(path)
    found = _saved_model(path)
    if found is None:
        if not os.path.exists(path):  # noqa: PTH110 (raises no error)
            raise InputError(f"{path}: no such folder; expected one with a SavedModel")
        places = ", ".join(str(path / place / GRAPH_FILE) for place in _PLACES)
        instead = found_instead(path) or f"looked for {places}"
        raise InputError(f"{path}: {Team.missing}; {instead}")
    return found


def teams_fingerprint(teams: Sequence[Team]) -> str:
    """Returns a hash of the teams' names and of their models' files: names, sizes and times."""
    digest = hashlib.sha256()
    for team in teams:
        digest.update(f"{team.name!a}\n".encode())
        for name, state in model_files(team.saved_model) if team.saved_model else []:
            digest.update(f"{name}\t{state.st_size}\t{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def may_be_played(path: PurePosixPath) -> bool:
    """Returns whether a file, by its path in a team's folder, may be one of its SavedModel."""
    return any(
        path.is_relative_to(place) and is_model_file(str(path.relative_to(place)))
        for place in _PLACES
    )


def _team(path: Path) -> Team:
    """Returns the team whose folder it is."""
    name, saved_model = _printable(path.name), _own_saved_model(path)
    instead = "" if saved_model else found_instead(path)
    return Team(name, saved_model, "; ".join(filter(None, (Team.missing, instead))))


def _own_saved_model(path: Path) -> Path | None:
    """Returns a team's SavedModel, unless a link leads to another team's."""
    found = _saved_model(path)
    teams = path.parent.resolve()
    if found and found.resolve().is_relative_to(teams):
        return found if found.resolve().is_relative_to(path.resolve()) else None
    return found


def _saved_model(path: Path) -> Path | None:
    for place in _PLACES:
        with suppress(OSError):  # where nobody may look, there is none
            if (path / place / GRAPH_FILE).is_file():
                return path / place
    return None


def _printable(name: str) -> str:
    return "".join(
        letter if letter.isprintable() or letter in _JOINERS else "\ufffd" for letter in name
    )
