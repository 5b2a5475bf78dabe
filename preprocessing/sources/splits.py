"""Which split a file belongs to, by the name that it or a folder above it has."""

import re
from pathlib import PurePosixPath

_PREFIXES = {"train": "train", "val": "validation", "eval": "validation", "test": "test"}
_FOLDER = re.compile(r"(train|val|eval|test)(ing|id|idation|uation)?[0-9]*")
_FILE = re.compile(r"(train|val|eval|test)(ing|id|idation|uation)?[0-9]*(?![a-z])")


def split_of_folder(name: str) -> str | None:
    """Returns `train`, `validation` or `test` for a folder so named (`test1` too), else None."""
    found = _FOLDER.fullmatch(name.lower())
    return _PREFIXES[found[1]] if found else None


def split_of_file(path: PurePosixPath) -> str | None:
    """Returns the split of a file such as `train-00000-of-00014` or `test/part.tfrecord`.

    Args:
        path: below the source's folder.
    """
    for folder in reversed(path.parent.parts):
        if split := split_of_folder(folder):
            return split
    found = _FILE.match(path.name.lower())
    return _PREFIXES[found[1]] if found else None
