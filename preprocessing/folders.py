"""Whole folders between a bucket and the local disk, for libraries that know no buckets."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from preprocessing.errors import InputError
from preprocessing.files import list_files, open_file


@contextmanager
def local_folder(folder: str) -> Iterator[str]:
    """Yields a folder, or a copy of it while the body runs if it is in a bucket.

    Raises:
        InputError: a file cannot be read, or there are none.
    """
    if "://" not in folder:
        yield folder
        return
    folder = folder.rstrip("/")
    files = list_files(f"{escape(folder)}/**")
    if not files:
        raise InputError(f"{folder}: nothing is there; check the place, or write it again")
    with TemporaryDirectory() as copy:
        for found in files:
            path = Path(copy, found.path.removeprefix(folder + "/"))
            path.parent.mkdir(parents=True, exist_ok=True)
            with open_file(found.path) as source, path.open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 24)
        yield copy


def upload_folder(source: str, folder: str, last: str) -> None:
    """Puts the files of a local folder in the place of those of a folder in a bucket.

    Args:
        source: the local folder.
        folder: a `gs://` URI.
        last: the file, by its path in the folder, that is removed first and written last: without
            it the folder is not whole.

    Raises:
        InputError: a file cannot be removed or written.
    """
    from preprocessing.beam import remove_files, write_file

    folder = folder.rstrip("/")
    remove_files(f"{escape(folder)}/{last}")
    remove_files(f"{escape(folder)}/**")
    files = sorted(path for path in Path(source).rglob("*") if path.is_file())
    for path in sorted(files, key=lambda path: path == Path(source, last)):
        place = f"{folder}/{path.relative_to(source).as_posix()}"
        write_file(place, path.read_bytes(), uuid.uuid4().hex)
