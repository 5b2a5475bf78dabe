"""Copies of a SavedModel the files that make it one, so that what runs sees no other path."""

import hashlib
import os
import re
import stat
from pathlib import Path
from typing import NoReturn

from models.battle.contract import BrokenRule, ForfeitError

GRAPH_FILE = "saved_model.pb"
VARIABLES = "variables"
CHECKPOINT = "variables/variables"
"""What the names of the files of variables begin with."""

_VARIABLES_FILE = re.compile(r"variables\.(index|data-[0-9]{5}-of-[0-9]{5})")
_CHUNK = 1 << 20


def copy_submission(source: Path, folder: Path, most_bytes: int) -> None:
    """Copies the graph and the variables, and nothing else that lies beside them.

    Args:
        source: the SavedModel's folder.
        folder: is made.
        most_bytes: of all files together.

    Raises:
        ForfeitError: it is not a SavedModel, has links or special files, or is too large.
    """
    try:
        names = _names(source)
    except OSError as error:
        _refuse(f"cannot be read: {error.strerror}")
    (folder / VARIABLES).mkdir(parents=True)
    left = most_bytes
    for name in names:
        left -= _copy_file(source, name, folder / name, left, most_bytes)


def is_model_file(name: str) -> bool:
    """Returns whether a file is one that makes a SavedModel, by its path in the folder."""
    folder, _, last = name.rpartition("/")
    return name == GRAPH_FILE or (folder == VARIABLES and bool(_VARIABLES_FILE.fullmatch(last)))


def model_files(source: Path) -> list[tuple[str, os.stat_result]]:
    """Returns what the system says of a SavedModel's files; [] of what cannot be read."""
    try:
        return [(name, (source / name).lstat()) for name in _names(source)]
    except (OSError, ForfeitError):
        return []


def model_hash(source: Path, most_bytes: int) -> str:
    """Returns a hash of what is in a SavedModel's files; "" if it may not be copied.

    Args:
        source: the SavedModel's folder.
        most_bytes: of all files together; of more, none is read.
    """
    files = model_files(source)
    regular = all(stat.S_ISREG(state.st_mode) for _, state in files)
    if not regular or sum(state.st_size for _, state in files) > most_bytes:
        return ""
    digest = hashlib.sha256()
    try:
        for name, _ in files:
            with (source / name).open("rb") as file:
                digest.update(f"{name}\0".encode() + hashlib.file_digest(file, "sha256").digest())
    except OSError:
        return ""
    return digest.hexdigest()


def _names(source: Path) -> list[str]:
    if not source.is_dir():
        _refuse("is not a folder; expected a SavedModel")
    if not _there(source / GRAPH_FILE):
        text = _there(source / "saved_model.pbtxt")
        found = "a saved_model.pbtxt, which is not taken" if text else f"no {GRAPH_FILE}"
        _refuse(f"has {found}; expected what tf.saved_model.save or Keras' export writes")
    names = [GRAPH_FILE]
    if _there(source / VARIABLES):
        if not stat.S_ISDIR((source / VARIABLES).lstat().st_mode):
            _refuse(f"{VARIABLES} is a link or a file; expected a folder")
        listed = sorted(f"{VARIABLES}/{path.name}" for path in (source / VARIABLES).iterdir())
        names += filter(is_model_file, listed)
    return names


def _there(path: Path) -> bool:
    return os.path.lexists(path)


def _copy_file(source: Path, name: str, target: Path, left: int, most_bytes: int) -> int:
    # Looked at before it is opened, as a pipe would wait, and again after, as it may have changed.
    opened = None
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        if stat.S_ISREG((source / name).lstat().st_mode):
            opened = os.open(source / name, flags)
    except OSError as error:
        _refuse(f"{name} cannot be read: {error.strerror}")
    if opened is None or not stat.S_ISREG(os.fstat(opened).st_mode):
        _refuse(f"{name} is a link or a special file; expected a file")
    copied = 0
    with os.fdopen(opened, "rb") as read, target.open("xb") as written:
        while chunk := read.read(_CHUNK):
            copied += len(chunk)
            if copied > left:
                _refuse(f"is larger than {most_bytes / 2**20:,.0f} MiB")
            written.write(chunk)
    return copied


def _refuse(told: str) -> NoReturn:
    raise ForfeitError([BrokenRule("files", told)])
