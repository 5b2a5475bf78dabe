"""Files of a registry, in a folder or a bucket: whole or not there, and no two of one name."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from models.promotion.bucket_store import BucketStore
from models.promotion.local_store import LocalStore


class Store(Protocol):
    """Where a registry's files are. Names are relative to it, such as `quickdraw/a.json`."""

    def names(self, folder: str) -> list[str]:
        """Returns the names of the files that lie in a folder, in no order."""

    def folders(self, folder: str) -> list[str]:
        """Returns the names of the folders that lie in a folder, "" for the top, in no order."""

    def read(self, name: str) -> bytes:
        """Returns what a file holds."""

    def create(self, name: str, data: bytes) -> bool:
        """Writes a file that nobody has written before; False if somebody has.

        Of several who try at once, exactly one succeeds.
        """

    def put_folder(self, source: Path, name: str) -> None:
        """Copies a folder; to copy the same folder to the same name again changes nothing."""

    def folder(self, name: str) -> AbstractContextManager[Path]:
        """Gives a folder as a local one while the body runs."""

    def place(self, name: str) -> str:
        """Returns the path or URI of a file or folder."""


def open_store(place: str) -> Store:
    """Returns the files of a folder or a `gs://` URI."""
    return BucketStore(place) if place.startswith("gs://") else LocalStore(place)
