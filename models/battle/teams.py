"""The teams of a battle or a tournament, as folders have them."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from models.battle.sandbox_files import GRAPH_FILE, is_model_file, model_files
from preprocessing.errors import InputError

_PLACES = (".", "saved_model", "train-gan/model/saved_model")
"""Where a SavedModel lies: the folder is it, or is what training writes, or is a whole run."""

_JOINERS = "\u200c\u200d"  # not printable, but Persian and emoji are written with them


@dataclass(frozen=True)
class Team:
    """Who plays.

    Attributes:
        name: of the folder; what cannot be printed is replaced, as it may play with a terminal.
        saved_model: folder of its SavedModel; None for a team that has none, and forfeits.
    """

    name: str
    saved_model: Path | None


def find_teams(folder: str | Path) -> list[Team]:
    """Returns the teams of a tournament, by name: each sub-folder is one.

    A sub-folder without a SavedModel is a team too: its match is lost, and the others play.

    Args:
        folder: holds a folder a team; files and hidden folders in it are ignored.

    Raises:
        InputError: there is no such folder, it has fewer than two teams, or two names look alike.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected one with a folder for each team")
    found = [path for path in folder.iterdir() if path.is_dir() and path.name[0] != "."]
    teams = sorted(
        (Team(_printable(path.name), _own_saved_model(path)) for path in found),
        key=lambda team: team.name,
    )
    if len(teams) < 2:
        raise InputError(
            f"{folder}: found {len(teams)} teams; expected a folder for each of two teams or more"
        )
    name, count = Counter(team.name for team in teams).most_common(1)[0]
    if count > 1:
        raise InputError(f"{folder}: {count} folders look like {name!r}; rename them")
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
    found = _saved_model(Path(path))
    if found is None:
        places = ", ".join(str(Path(path, place, GRAPH_FILE)) for place in _PLACES)
        raise InputError(f"{path}: no SavedModel here; looked for {places}")
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
