"""The file of weights that a network starts from: given by the user, never downloaded elsewhere."""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from preprocessing.errors import InputError
from preprocessing.files import list_files, open_file


@contextmanager
def local_weights(weights: str) -> Iterator[str]:
    """Yields the path of a local file for a file or URI of weights; "" for none.

    A file in a bucket is copied to a temporary one of the same name, which Keras goes by, and the
    copy is removed afterwards.

    Raises:
        InputError: the file is missing, or may not be read.
    """
    if "://" not in weights:
        check_weights(weights)
        yield weights
        return
    with tempfile.TemporaryDirectory(prefix="weights-") as folder:
        copy = Path(folder, weights.rpartition("/")[2])
        with open_file(weights) as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 24)
        yield str(copy)


def check_weights(weights: str) -> None:
    """Checks that a file or URI of weights, if one is given, is there.

    Raises:
        InputError: it is not.
    """
    if not weights:
        return
    found = list_files(weights) if "://" in weights else Path(weights).is_file()
    if not found:
        raise InputError(f"weights={weights}: no such file; check the path, or leave it out")


def weights_fingerprint(weights: str) -> str:
    """Returns a hash of the bytes of a local file, of name, size and time of one in a bucket.

    Raises:
        InputError: the file cannot be listed.
    """
    if not weights:
        return ""
    if "://" in weights:
        listed = list_files(weights)
        return hashlib.sha256(repr(listed).encode()).hexdigest()
    with Path(weights).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
