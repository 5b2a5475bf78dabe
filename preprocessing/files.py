"""Lists and opens the files of a source, local or in a bucket.

Beam's FileSystems do it for buckets and for opening; listing a local folder must not cost its
import, since the command line does it before every run.
"""

import glob
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from preprocessing.errors import InputError


@dataclass(frozen=True)
class SourceFile:
    """A file of a source.

    Attributes:
        path: where it is.
        size: in bytes.
        modified: when it was last written, in seconds since 1970.
    """

    path: str
    size: int
    modified: float


def list_files(source: str, suffix: str) -> list[SourceFile]:
    """Returns what a folder, file or glob stands for, sorted by path.

    Args:
        source: local, or a `gs://` URI.
        suffix: ending of the files that count within a folder, such as `.npy`.

    Raises:
        InputError: there is no such folder, or it cannot be listed.
    """
    is_local_folder = Path(source).is_dir()
    is_folder = is_local_folder or not (
        any(sign in source for sign in "*?[") or source.endswith(suffix)
    )
    folder = glob.escape(source) if is_local_folder else source
    pattern = f"{folder.rstrip('/')}/*{suffix}" if is_folder else source
    if "://" in source:
        return sorted(_list_bucket(source, pattern), key=lambda file: file.path)
    if is_folder and not is_local_folder:
        raise InputError(f"{source}: no such folder; name a folder, glob or gs:// URI")
    files = []
    for path in sorted(glob.glob(pattern)):  # noqa: PTH207 (an absolute pattern is fine)
        state = Path(path).stat()
        files.append(SourceFile(path, state.st_size, state.st_mtime))
    return files


def open_file(path: str) -> Any:
    """Opens a local or `gs://` file for reading, seekable, as the bytes that it is.

    Raises:
        InputError: the file is missing or may not be read.
    """
    from apache_beam.io.filesystem import CompressionTypes
    from apache_beam.io.filesystems import FileSystems

    try:
        return FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED)
    except Exception as error:
        raise InputError(
            f"{path}: cannot be read ({first_line(error)}); check that it is there and that you may"
            " read it"
        ) from error


def first_line(error: Exception) -> str:
    """Returns what an exception says, cut to one line."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _list_bucket(source: str, pattern: str) -> list[SourceFile]:
    from apache_beam.io.filesystems import FileSystems

    try:
        matches = FileSystems.match([pattern])[0].metadata_list
    except Exception as error:
        raise InputError(f"{source}: cannot be listed ({first_line(error)})") from error
    return [
        SourceFile(match.path, match.size_in_bytes, match.last_updated_in_seconds)
        for match in matches
    ]
