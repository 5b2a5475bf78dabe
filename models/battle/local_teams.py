"""The folder of a tournament's teams, brought here from a bucket."""

import hashlib
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from models.battle.limits import Limits
from models.battle.teams import find_teams, may_be_played, teams_fingerprint
from preprocessing.errors import InputError
from preprocessing.files import File, list_files, open_file
from preprocessing.progress import report_note


@contextmanager
def local_teams(teams: str) -> Iterator[Path]:
    """Yields the folder of teams; one in a bucket is copied, and the copy removed afterwards.

    Only files of SavedModels are. A team whose are too many bytes is left an empty folder, and
    forfeits; one whose name cannot be a folder's is left out.

    Args:
        teams: local, or a `gs://` URI.

    Raises:
        InputError: the bucket cannot be listed, or has no files there.
    """
    if "://" not in teams:
        yield Path(teams)
        return
    with tempfile.TemporaryDirectory(prefix="teams-") as temporary:
        folder = Path(temporary)
        limit = Limits().file_bytes
        for team, files in _listed(teams).items():
            try:
                (folder / team).mkdir()
            except (OSError, ValueError):
                report_note(f"{team!r}: cannot be a folder's name; left out")
                continue
            size = sum(file.size for file in files.values())
            if size > limit:
                report_note(f"{team!r}: {size:,} bytes, more than {limit:,}; not copied")
                continue
            for path, file in files.items():
                target = folder / team / path
                target.parent.mkdir(parents=True, exist_ok=True)
                with open_file(file.path) as source, target.open("wb") as copy:
                    shutil.copyfileobj(source, copy, 1 << 24)
        yield folder


def fingerprint(teams: str) -> str:
    """Returns a hash of the teams' files: names, sizes, times.

    Raises:
        InputError: there is no such folder, or it has no two teams.
    """
    if "://" in teams:
        return hashlib.sha256(repr(_listed(teams)).encode()).hexdigest()[:16]
    return teams_fingerprint(find_teams(teams))


def _listed(teams: str) -> dict[str, dict[PurePosixPath, File]]:
    """Returns each team's files that may be played, by their path below its folder."""
    root = teams.rstrip("/") + "/"
    found: dict[str, dict[PurePosixPath, File]] = defaultdict(dict)
    for file in list_files(f"{root}**"):
        path = PurePosixPath(file.path.removeprefix(root))
        # A bucket's names may be anything: one with .. would be written elsewhere.
        if len(path.parts) > 1 and not path.is_absolute() and ".." not in path.parts:
            files, below = found[path.parts[0]], PurePosixPath(*path.parts[1:])
            if may_be_played(below):
                files[below] = file
    if not found:
        raise InputError(f"{teams}: no folders of teams there; expected one for each team")
    return found
