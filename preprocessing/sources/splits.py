"""Which split a file belongs to, by the name that it or a folder above it has."""

import re
from pathlib import PurePosixPath

_PREFIXES = {"train": "train", "val": "validation", "eval": "validation", "test": "test"}
_WORD = r"(train|val|eval|test)(ing|id|idation|uation)?[0-9]*"
_FOLDER = re.compile(rf"{_WORD}([_-](set|data|images))?")
_FILE = re.compile(rf"(?<![a-z]){_WORD}(?![a-z])")


def split_of_folder(name: str) -> str | None:
    """Returns `train`, `validation` or `test` for a folder so named, else None.

    `test1`, `testing` and `test_set` are `test` too.
    """
    found = _FOLDER.fullmatch(name.lower())
    return _PREFIXES[found[1]] if found else None


def split_of_file(path: PurePosixPath) -> str | None:
    """Returns the split of a file such as `cats_train-00000-of-00014` or `test/part.tfrecord`.

    Args:
        path: below the source's folder.
    """
    for folder in reversed(path.parent.parts):
        if split := split_of_folder(folder):
            return split
    found = _FILE.search(path.name.lower())
    return _PREFIXES[found[1]] if found else None
