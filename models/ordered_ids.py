"""The test manifest, read side by side with predictions that come in its order.

So a submission takes no more memory for four million ids than for a hundred thousand. It works
where the ids ascend and need no quotes, as preprocessing writes them.
"""

from itertools import chain
from operator import lt
from pathlib import Path
from typing import BinaryIO

from models.csv_files import HEADER, needs_quotes, open_csv


class OtherOrderError(Exception):
    """The predictions are not in the manifest's order, or it cannot be read side by side."""


class OrderedIds:
    """The ids of a test manifest, from the first on.

    Args:
        path: the manifest, local or `gs://`: `Id`, then an id a line.

    Raises:
        OtherOrderError: it cannot be read, or does not begin so.
    """

    def __init__(self, path: str | Path) -> None:
        try:
            self._file: BinaryIO = open_csv(path)
        except OSError:
            raise OtherOrderError from None
        self._last = ""
        try:
            self._take(f"{HEADER[0]}\n")
        except OtherOrderError:
            self._file.close()
            raise

    def __enter__(self) -> "OrderedIds":
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def take(self, ids: list[str]) -> None:
        """Raises OtherOrderError unless the next ids are these, each greater than the one before.

        What ascends names nothing twice.
        """
        if not all(map(lt, chain([self._last], ids), ids)) or needs_quotes("".join(ids)):
            raise OtherOrderError
        self._take("\n".join([*ids, ""]))
        self._last = ids[-1] if ids else self._last

    def check_end(self) -> None:
        """Raises OtherOrderError where ids are left, or there were none."""
        if not self._last or self._read(1):
            raise OtherOrderError

    def _take(self, text: str) -> None:
        data = text.encode()
        if self._read(len(data)) != data:
            raise OtherOrderError

    def _read(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except OSError:
            raise OtherOrderError from None
