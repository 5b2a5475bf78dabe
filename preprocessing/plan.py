"""Decides which row goes where, from the number of rows alone.

A shard is a pure function of (source, seed, index): whoever writes it, how often and where, the
bytes are the same. Rows are drawn by a seeded permutation of small blocks of neighbours, so that
a shard reads a class in a few runs and not in thousands of single rows; a shard's rows are then
shuffled once more among the classes.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from preprocessing.bitmaps import BitmapFile, find_bitmaps
from preprocessing.challenge import find_challenge
from preprocessing.errors import InputError
from preprocessing.examples import SPLITS, Split

Rows = npt.NDArray[np.int64]

_LARGEST_BLOCK = 128
_BLOCKS = 1024  # a class is cut into at least this many blocks, where it has the rows
_LEAST_ROWS = 3  # one for each split
_LEAST_ID_DIGITS = 7


@dataclass(frozen=True)
class SplitSizes:
    """Examples a class: what the user asks for, or what a class gets."""

    train: int = 10_000
    validation: int = 2_000
    test: int = 2_000

    def __post_init__(self) -> None:
        for split in SPLITS:
            if getattr(self, split) < 1:
                raise InputError(
                    f"{split}_per_class: expected at least 1, got {getattr(self, split)}"
                )

    @property
    def total(self) -> int:
        """Rows of all three splits."""
        return self.train + self.validation + self.test

    def fitted(self, rows: int) -> "SplitSizes":
        """Returns these sizes, or 80/10/10 of a class that has fewer rows."""
        if rows >= self.total:
            return self
        held_out = max(1, rows // 10)
        return SplitSizes(rows - 2 * held_out, held_out, held_out)


def plan_examples(
    source: str, challenge: str, sizes: SplitSizes, seed: int, shard_size: int
) -> "Plan":
    """Returns the plan for a source, of which it reads the files' headers.

    Args:
        source: folder, glob or `gs://` URI of the raw data.
        challenge: name of the challenge.
        sizes: examples a class; a class with fewer rows is split 80/10/10.
        seed: draws the rows.
        shard_size: examples a file at most.

    Raises:
        InputError: something in the source or a parameter is wrong.
    """
    height, width, channels = find_challenge(challenge).image_shape
    files = find_bitmaps(source, height * width * channels)
    return Plan(tuple(files), sizes, seed, shard_size)


@dataclass(frozen=True)
class Shard:
    """One output file: `index` of `count` of its split."""

    split: str
    index: int
    count: int


@dataclass(frozen=True)
class Plan:
    """Which row of which file becomes which record.

    Attributes:
        files: the classes, in label order.
        sizes: examples a class that were asked for.
        seed: draws the rows.
        shard_size: examples a shard at most, but one of each class may always be in.
    """

    files: tuple[BitmapFile, ...]
    sizes: SplitSizes
    seed: int
    shard_size: int

    def __post_init__(self) -> None:
        if self.shard_size < 1:
            raise InputError(f"shard_size: expected at least 1, got {self.shard_size}")
        if self.seed < 0:
            raise InputError(f"seed: expected 0 or more, got {self.seed}")
        for file in self.files:
            if file.rows < _LEAST_ROWS:
                raise InputError(
                    f"{file.path}: holds {file.rows} drawings; expected at least {_LEAST_ROWS},"
                    " one for each of train, validation and test"
                )

    @property
    def class_names(self) -> list[str]:
        """Names in label order."""
        return [file.class_name for file in self.files]

    def counts(self, split: str) -> list[int]:
        """Returns the examples of each class in `split`, in label order."""
        return [getattr(self.sizes.fitted(file.rows), split) for file in self.files]

    def split(self, split: str) -> Split:
        """Returns what `split` will hold."""
        counts = self.counts(split)
        total = sum(counts)
        digits = max(_LEAST_ID_DIGITS, len(str(total - 1))) if split == "test" else 0
        by_class = dict(zip(self.class_names, counts, strict=True))
        return Split(total, self._shard_count(counts), digits, by_class)

    def shards(self) -> Iterator[Shard]:
        """Yields every shard of every split."""
        for split in SPLITS:
            count = self.split(split).shards
            yield from (Shard(split, index, count) for index in range(count))

    def rows(self, label: int, split: str, start: int, stop: int) -> Rows:
        """Returns the row numbers of examples `start` to `stop` of a class in a split."""
        file = self.files[label]
        sizes = self.sizes.fitted(file.rows)
        offset = {
            "train": 0,
            "validation": sizes.train,
            "test": sizes.train + sizes.validation,
        }[split]
        return self._permuted(file, offset + start, offset + stop)

    def shard_rows(self, shard: Shard) -> list[Rows]:
        """Returns, for each class in label order, the row numbers that `shard` holds."""
        return [
            self.rows(
                label,
                shard.split,
                count * shard.index // shard.count,
                count * (shard.index + 1) // shard.count,
            )
            for label, count in enumerate(self.counts(shard.split))
        ]

    def shard_order(self, shard: Shard, examples: int) -> Rows:
        """Returns the record number of each of a shard's examples, counted class by class."""
        split = SPLITS.index(shard.split)
        return self._generator(split, shard.index).permutation(examples)

    def shard_labels(self, shard: Shard) -> npt.NDArray[np.int64]:
        """Returns the label of every record of `shard`, in the order of the file."""
        lengths = [len(rows) for rows in self.shard_rows(shard)]
        labels = np.empty(sum(lengths), np.int64)
        labels[self.shard_order(shard, len(labels))] = np.repeat(np.arange(len(lengths)), lengths)
        return labels

    def first_id(self, shard: Shard) -> int:
        """Returns the number of the first record of `shard` within its split."""
        return sum(count * shard.index // shard.count for count in self.counts(shard.split))

    def warnings(self) -> list[str]:
        """Returns a line on the classes that have fewer rows than asked for, if there are."""
        short = [file.rows for file in self.files if file.rows < self.sizes.total]
        if not short:
            return []
        have = f"{min(short):,} to {max(short):,}" if min(short) < max(short) else f"{short[0]:,}"
        return [
            f"{len(short)} of {len(self.files)} classes have fewer than the {self.sizes.total:,}"
            f" drawings asked for ({have}); each is split 80/10/10"
        ]

    def _shard_count(self, counts: list[int]) -> int:
        """Returns the least number of shards in which none holds more than `shard_size`."""
        count = -(-sum(counts) // self.shard_size)
        while count < max(counts) and sum(-(-n // count) for n in counts) > self.shard_size:
            count += 1
        return min(count, max(counts))  # of some class a shard has an example, so none is empty

    def _permuted(self, file: BitmapFile, start: int, stop: int) -> Rows:
        """Returns rows `start` to `stop` of the seeded order of all rows of a class."""
        if start == stop:
            return np.empty(0, np.int64)
        block = min(_LARGEST_BLOCK, max(1, file.rows // _BLOCKS))
        order = self._generator(len(SPLITS), zlib.crc32(file.class_name.encode())).permutation(
            -(-file.rows // block)
        )
        lengths = np.minimum(block, file.rows - order * block)
        ends = np.cumsum(lengths)
        first, last = np.searchsorted(ends, (start, stop - 1), side="right")
        blocks = order[first : last + 1]
        rows = (blocks[:, None] * block + np.arange(block)).ravel()
        rows = rows[rows < file.rows]  # the file's last block may be short
        skipped = start - (ends[first] - lengths[first])
        return rows[skipped : skipped + stop - start]

    def _generator(self, *stream: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, *stream])
