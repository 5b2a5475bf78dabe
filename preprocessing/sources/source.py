"""What a plan has to know of raw data, whatever its format: rows by class, read in batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from preprocessing.records import Bytes

Rows = npt.NDArray[np.int64]
RawImages = Bytes | list[bytes]
"""Pixels, uint8 `[N, height * width * channels]`, or N encoded images (JPEG, PNG)."""


class Reader(Protocol):
    """Reads rows of a source by their numbers."""

    def read(self, rows: Rows) -> RawImages:
        """Returns the images of the given row numbers, which ascend."""

    def name(self, row: int) -> str:
        """Returns what a message calls a row."""


class Pool(Reader, Protocol):
    """Rows by class, of which the examples of a split are drawn."""

    @property
    def counts(self) -> Sequence[int]:
        """Rows of each class, in label order."""

    def numbers(self, label: int, rows: Rows) -> Rows:
        """Returns the row numbers of rows of a class that are counted within it."""


@dataclass(frozen=True)
class TestSet:
    """A test set that comes with the data: used whole, in its own order, under its own ids.

    Attributes:
        reader: of its rows.
        ids: of each row.
        labels: int64 `[N]`, or None where they are not known.
    """

    __test__ = False  # it is no pytest class

    reader: Reader
    ids: list[str]
    labels: npt.NDArray[np.int64] | None

    @property
    def counts(self) -> list[int]:
        """Its rows, as if they were of one class."""
        return [len(self.ids)]

    def numbers(self, label: int, rows: Rows) -> Rows:
        """Returns the rows themselves."""
        return rows

    def read(self, rows: Rows) -> RawImages:
        """Returns the images of the given row numbers, which ascend."""
        return self.reader.read(rows)

    def name(self, row: int) -> str:
        """Returns what a message calls a row."""
        return self.reader.name(row)


@dataclass(frozen=True)
class Source:
    """Raw data, opened.

    Attributes:
        class_names: in label order.
        train: what the training examples are drawn from.
        validation: what the validation examples are drawn from; None to draw them from `train`.
        test: the test set; None to draw it from `train`.
        encoded: the images are JPEG or PNG, which the transform graph has to decode.
    """

    class_names: list[str]
    train: Pool
    validation: Pool | None = None
    test: TestSet | None = None
    encoded: bool = False


class LabelledRows:
    """A pool over rows that lie in any order of their labels.

    Args:
        reader: of the rows.
        labels: of each row, `[N]`.
        classes: how many classes there are.
    """

    def __init__(self, reader: Reader, labels: npt.NDArray[np.int64], classes: int) -> None:
        self._order = np.argsort(labels, kind="stable").astype(np.uint32)
        self.counts: list[int] = np.bincount(labels, minlength=classes).tolist()
        self._first = np.cumsum([0, *self.counts])
        self.read = reader.read
        self.name = reader.name

    def numbers(self, label: int, rows: Rows) -> Rows:
        """Returns the row numbers of rows of a class that are counted within it."""
        numbers: Rows = self._order[self._first[label] + rows].astype(np.int64)
        return numbers
