"""Says what lies where a SavedModel was expected, such as one that lies deeper, or an archive."""

import os
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path, PurePath

from models.battle.sandbox_files import GRAPH_FILE
from models.battle.sandbox_wire import printable

_LEVELS = 4  # a whole run in a folder of its own has its SavedModel so much deeper
_ENTRIES = 300
_SHOWN = 120  # letters of a path

_CURES = {
    (f"/{GRAPH_FILE}",): "hand in its folder",
    (".zip", ".tar", ".tar.gz", ".tgz", ".7z", ".rar"): "unpack it",
    (".keras", ".h5"): "export a SavedModel, see docs/gan.md",
}
"""What to do about a file, by how its name ends; what helps most comes first."""


def is_litter(name: str) -> bool:
    """Returns whether a file or folder is of the system that packed it, and nothing handed in."""
    return name.startswith(".") or name == "__MACOSX"


def found_instead(path: Path) -> str:
    """Returns what lies at a path without a SavedModel and what to do; "" for nothing.

    Only some hundred entries are looked at, and no link is followed.

    Args:
        path: a folder or a file, which a stranger may have filled and named.
    """
    entries = islice(_entries(path), _ENTRIES)
    files = sorted(filter(None, entries), key=lambda file: (len(file.parts), file))
    for endings, cure in _CURES.items():
        for file in files:
            if f"/{file}".lower().endswith(endings):
                return f"found {_shown(file)}: {cure}"
    if not files:
        return ""
    return f"found {_shown(files[0])}{' and others' if len(files) > 1 else ''}"


def _entries(path: Path) -> Iterator[PurePath | None]:
    """Yields what is at a path, or below it down to some levels: a file's path, or None."""
    if os.path.islink(path):  # noqa: PTH114 (raises no error)
        return
    if os.path.isfile(path):  # noqa: PTH113
        yield PurePath(path.name)
    folders = deque([PurePath()])
    while folders:
        folder = folders.popleft()
        with suppress(OSError), os.scandir(path / folder) as entries:
            for entry in entries:
                below = folder / entry.name
                seen = not is_litter(entry.name)
                yield below if seen and entry.is_file(follow_symlinks=False) else None
                if seen and entry.is_dir(follow_symlinks=False) and len(folder.parts) < _LEVELS:
                    folders.append(below)


def _shown(file: PurePath) -> str:
    text = printable(str(file))
    return text if len(text) <= _SHOWN else f"...{text[-_SHOWN:]}"
