"""The files of a registry in a local folder."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from preprocessing.errors import InputError

_NO_LINKS = {errno.ENOTSUP, errno.EPERM, errno.ENOSYS}


class LocalStore:
    """Files in a local folder.

    Args:
        root: the folder; it is made with the first file.
    """

    def __init__(self, root: str) -> None:
        self._root = Path(root)

    def names(self, folder: str) -> list[str]:
        """Returns the names of the files that lie in a folder, in no order."""
        path = self._root / folder
        return [file.name for file in path.iterdir()] if path.is_dir() else []

    def folders(self, folder: str) -> list[str]:
        """Returns the names of the folders that lie in a folder, "" for the top, in no order."""
        path = self._root / folder
        return [one.name for one in path.iterdir() if one.is_dir()] if path.is_dir() else []

    def read(self, name: str) -> bytes:
        """Returns what a file holds."""
        return (self._root / name).read_bytes()

    def create(self, name: str, data: bytes) -> bool:
        """Writes a file that nobody has written before; False if somebody has.

        Raises:
            InputError: the file system has no hard links, which alone make this sure.
        """
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._root / f".unfinished-{uuid4().hex}"
        try:
            with unfinished.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())  # else a power cut may leave the name without the content
            os.link(unfinished, path)  # a rename would replace the file of another
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            raise InputError(
                f"REGISTRY: {self._root}: this file system has no hard links; name a folder on"
                " another, or gs://..."
            ) from None
        finally:
            unfinished.unlink(missing_ok=True)
        return True

    def put_folder(self, source: Path, name: str) -> None:
        """Copies a folder; to copy the same folder to the same name again changes nothing.

        Raises:
            InputError: it cannot be written, such as to a full disk.
        """
        path = self._root / name
        if path.is_dir():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=self._root) as unfinished:
            try:
                copy = shutil.copytree(source, Path(unfinished, path.name))
            except shutil.Error as error:  # has a reason for each file
                raise InputError(
                    f"{path}: cannot be written ({_reason(error)}); free some space, or name"
                    " another REGISTRY"
                ) from None
            try:
                copy.rename(path)
            except OSError as error:
                if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):  # another was first
                    raise

    @contextmanager
    def folder(self, name: str) -> Iterator[Path]:
        """Gives a folder as a local one while the body runs."""
        yield self._root / name

    def place(self, name: str) -> str:
        """Returns the path of a file or folder."""
        return str(self._root / name)


def _reason(error: shutil.Error) -> str:
    """Returns why the first file could not be copied, such as `No space left on device`."""
    told = str(error.args[0][0][2])
    return told.partition("] ")[2].partition(":")[0] or told
