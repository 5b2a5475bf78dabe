"""Reads `.npy` bitmaps, one file a class.

Only headers are read to plan; rows are read in runs, in place. Nothing is ever unpickled.
Format: numpy/lib/format.py. Layout: the `full/numpy_bitmap` files of the Quick, Draw! dataset.
"""

import io
import tokenize
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

import numpy as np

from preprocessing.errors import InputError
from preprocessing.files import first_line, open_file
from preprocessing.records import Bytes
from preprocessing.sources.files import SourceFiles
from preprocessing.sources.source import Rows, Source

_HEADER_BYTES = 4096  # a uint8 matrix needs 128; the rest is room for odd writers
_THREADS = 16  # headers in a bucket are waited for, not worked on


@dataclass(frozen=True)
class BitmapFile:
    """One class: a `.npy` file of uint8 `[rows, width]` in row-major order.

    Attributes:
        path: where it is; local or `gs://`.
        class_name: its file name without ending.
        rows: number of drawings.
        width: bytes a drawing.
        offset: where the first drawing begins in the file, in bytes.
    """

    path: str
    class_name: str
    rows: int
    width: int
    offset: int

    def read(self, rows: Rows) -> Bytes:
        """Returns the drawings `[N, width]` of the given row numbers, which ascend.

        Rows near each other are read in one go: in a bucket a request costs as much as
        megabytes, on a disk as much as a few kilobytes.
        """
        nearby = (2**21 if "://" in self.path else 2**15) // self.width + 1
        drawings = np.empty((len(rows), self.width), np.uint8)
        done = 0
        with open_file(self.path, in_places=True) as file:
            for run in np.split(rows, np.flatnonzero(np.diff(rows) > nearby) + 1):
                first, last = int(run[0]), int(run[-1])
                file.seek(self.offset + first * self.width)
                data = file.read((last - first + 1) * self.width)
                if len(data) < (last - first + 1) * self.width:
                    raise InputError(
                        f"{self.path}: ends before row {last}; the file changed while it was"
                        " read: run again"
                    )
                block = np.frombuffer(data, np.uint8).reshape(-1, self.width)
                drawings[done : done + len(run)] = block[run - first]
                done += len(run)
        return drawings


@dataclass(frozen=True)
class Bitmaps:
    """A pool of bitmap files, a class a file.

    Attributes:
        files: the classes, in label order.
    """

    files: tuple[BitmapFile, ...]

    @property
    def counts(self) -> list[int]:
        """Rows of each class, in label order."""
        return [file.rows for file in self.files]

    @cached_property
    def _first(self) -> Rows:
        """The number of each file's first row, and of one after the last."""
        return np.cumsum([0, *self.counts])

    def numbers(self, label: int, rows: Rows) -> Rows:
        """Returns the row numbers, over all files, of rows of a class."""
        numbers: Rows = rows + self._first[label]
        return numbers

    def read(self, rows: Rows) -> Bytes:
        """Returns the drawings `[N, width]` of the given row numbers, which ascend."""
        ends = np.searchsorted(rows, self._first)
        return np.concatenate(
            [
                file.read(rows[start:stop] - first)
                for file, start, stop, first in zip(
                    self.files, ends[:-1], ends[1:], self._first, strict=False
                )
                if start < stop
            ]
        )

    def name(self, row: int) -> str:
        """Returns what a message calls a row."""
        label = int(np.searchsorted(self._first, row, side="right")) - 1
        return f"{self.files[label].path}, row {row - self._first[label]}"


def open_bitmaps(found: SourceFiles, width: int) -> Source:
    """Opens `.npy` files, whose names are the classes; labels are in the order of the names.

    Args:
        found: the files.
        width: the bytes that each drawing must have.

    Raises:
        InputError: there are fewer than two classes, or a file is no bitmap file of that width.
    """
    names = [PurePosixPath(file.path).stem for file in found.files]
    if len(names) < 2:
        raise InputError(
            f"{found.source}: expected a .npy file for each of at least two classes, found only"
            f" {found.files[0].path}; name a folder, glob or gs:// URI that holds them"
        )
    doubled = {name for name in names if names.count(name) > 1}
    if doubled:
        raise InputError(
            f"{found.source}: two files are named {min(doubled)!r}; a class is one file"
        )
    with ThreadPoolExecutor(_THREADS) as pool:
        heads = list(pool.map(lambda file: _read_head(file.path), found.files))
    # Parsed one after the other: NumPy's parser is not safe in threads on Python 3.11.
    files = [
        _parse_header(file.path, head, file.size, width)
        for file, head in zip(found.files, heads, strict=True)
    ]
    files.sort(key=lambda file: file.class_name)
    return Source([file.class_name for file in files], Bitmaps(tuple(files)))


def _read_head(path: str) -> bytes:
    with open_file(path, in_places=True) as file:
        return bytes(file.read(_HEADER_BYTES))


def _parse_header(path: str, start: bytes, size: int, width: int) -> BitmapFile:
    head = io.BytesIO(start)
    try:
        version = np.lib.format.read_magic(head)
        if version > (3, 0):
            raise ValueError(f"format version {version[0]}.{version[1]} is not known")
        read = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, fortran_order, dtype = read(head)
    except (ValueError, SyntaxError, tokenize.TokenError) as error:
        raise InputError(
            f"{path}: not a .npy file ({first_line(error)}); expected uint8 [N, {width}]"
        ) from None
    expected = f"expected uint8 [N, {width}], one drawing a row; write it with numpy.save"
    if dtype.hasobject:
        raise InputError(f"{path}: holds pickled objects, which are never loaded; {expected}")
    if dtype != np.uint8 or len(shape) != 2 or shape[1] != width or fortran_order:
        order = " in column order" if fortran_order else ""
        raise InputError(f"{path}: holds {dtype} {_shape(shape)}{order}; {expected}")
    if shape[0] == 0:
        raise InputError(f"{path}: holds no drawings; remove the file or fill it")
    promised = head.tell() + shape[0] * width
    if size != promised:
        raise InputError(
            f"{path}: truncated or overlong: its header promises {promised} bytes, the file has"
            f" {size}; copy it again"
        )
    name = PurePosixPath(path).stem
    return BitmapFile(path, name, int(shape[0]), width, head.tell())


def _shape(shape: Sequence[int]) -> str:
    return "[" + ", ".join(map(str, shape)) + "]"
