"""Lists and opens files, local or in a bucket.

Beam's FileSystems do it for buckets; local files must not cost its import, which takes seconds.
"""

import glob
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from preprocessing.errors import InputError

# Beam would print the stack trace of all that it tries again; what fails ends in our one line.
logging.getLogger("apache_beam.utils.retry").setLevel(logging.ERROR)


@dataclass(frozen=True)
class File:
    """A file as a listing shows it.

    Attributes:
        path: where it is.
        size: in bytes.
        modified: when it was last written, in seconds since 1970.
    """

    path: str
    size: int
    modified: float


def list_files(pattern: str) -> list[File]:
    """Returns the files that a glob matches, sorted by path; a path matches itself.

    Args:
        pattern: local or a `gs://` URI; `**` goes through folders.

    Raises:
        InputError: a bucket cannot be listed.
    """
    if "://" in pattern:
        return sorted(_list_bucket(pattern), key=lambda file: file.path)
    found = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 (an absolute pattern is fine)
    return [local_file(path) for path in found if Path(path).is_file()]


def local_file(path: str) -> File:
    """Returns what the disk says of a file."""
    state = Path(path).stat()
    return File(path, state.st_size, state.st_mtime)


def open_file(path: str, in_places: bool = False) -> Any:
    """Opens a local or `gs://` file for reading, seekable, as the bytes that it is.

    Args:
        path: the file.
        in_places: of a file in a bucket, fetch what is read and no more; else what is fetched are
            16 MB at least, which is right for reading on and on.

    Raises:
        InputError: the file is missing or may not be read.
    """
    try:
        return _open_in_bucket(path, in_places) if "://" in path else Path(path).open("rb")
    except Exception as error:
        raise InputError(
            f"{path}: cannot be read ({first_line(error)}); check that it is there and that you may"
            " read it"
        ) from error


def _open_in_bucket(path: str, in_places: bool) -> Any:
    from apache_beam.io.filesystem import CompressionTypes
    from apache_beam.io.filesystems import FileSystems

    if in_places and path.startswith("gs://"):
        # What FileSystems.open does, which has no argument for the size.
        return FileSystems.get_filesystem(path)._gcsIO().open(path, "rb", read_buffer_size=1)
    return FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED)


def first_line(error: Exception) -> str:
    """Returns what an exception says, cut to one line."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _list_bucket(pattern: str) -> list[File]:
    from apache_beam.io.filesystems import FileSystems

    try:
        matches = FileSystems.match([pattern])[0].metadata_list
    except Exception as error:
        raise InputError(f"{pattern}: cannot be listed ({first_line(error)})") from error
    return [
        File(match.path, match.size_in_bytes, match.last_updated_in_seconds)
        for match in matches
        if not match.path.endswith("/")  # an empty object that stands for a folder
    ]
