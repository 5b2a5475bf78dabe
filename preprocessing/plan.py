"""Decides which row goes where, from the number of rows alone.

A shard is a pure function of (source, seed, index): whoever writes it, how often and where, the
bytes are the same. Rows are drawn by a seeded permutation of small blocks of neighbours, so that
a shard reads a class in a few runs and not in thousands of single rows; a shard's rows are then
shuffled once more among the classes.
"""

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from preprocessing.challenge import find_challenge
from preprocessing.decode import check_crop
from preprocessing.errors import InputError
from preprocessing.examples import SPLITS, Split
from preprocessing.sources.open import open_source
from preprocessing.sources.source import Pool, Rows, Source, TestSet
from preprocessing.split_sizes import SplitSizes

_LARGEST_BLOCK = 128
_BLOCKS = 1024  # a class is cut into at least this many blocks, where it has the rows
_LEAST_ID_DIGITS = 7
_LARGEST_SHARD_BYTES = 2**28  # shards are made in memory


def plan_examples(
    source: str,
    challenge: str,
    sizes: SplitSizes,
    seed: int,
    shard_size: int,
    image_size: int = 0,
    crop: float | None = None,
) -> "Plan":
    """Returns the plan for a source.

    Args:
        source: folder, glob or `gs://` URI of the raw data.
        challenge: name of the challenge.
        sizes: examples a class.
        seed: draws the rows.
        shard_size: examples a file at most; fewer where that would be more than 256 MB.
        image_size: pixels a side; 0 for the challenge's own.
        crop: side of the centred square that is kept of JPEG and PNG images, unless they have their
            size already, as a share of the shorter side; None to stretch the whole image.

    Raises:
        InputError: something in the source or a parameter is wrong.
    """
    facts = find_challenge(challenge)
    shape = facts.shape(image_size)
    largest = max(1, _LARGEST_SHARD_BYTES // math.prod(shape))
    shard_size = min(shard_size, largest)
    opened = open_source(source, facts, shape)
    return Plan(opened, shape, sizes, seed, shard_size, crop, facts.labelled)


@dataclass(frozen=True)
class Shard:
    """One output file: `index` of `count` of its split."""

    split: str
    index: int
    count: int


@dataclass(frozen=True)
class Plan:
    """Which row of the source becomes which record.

    Attributes:
        source: the raw data.
        image_shape: (height, width, channels) of the examples.
        sizes: examples a class that were asked for.
        seed: draws the rows.
        shard_size: examples a shard at most, but one of each class may always be in.
        crop: share of the shorter side that is kept of images to decode; None for all.
        labelled: whether the classes are labels, not all one.
    """

    source: Source
    image_shape: tuple[int, int, int]
    sizes: SplitSizes
    seed: int
    shard_size: int
    crop: float | None = None
    labelled: bool = True

    def __post_init__(self) -> None:
        if self.shard_size < 1:
            raise InputError(f"shard_size: expected at least 1, got {self.shard_size}")
        if self.seed < 0:
            raise InputError(f"seed: expected 0 or more, got {self.seed}")
        if self.crop is not None:
            check_crop(self.crop)
        for name, rows in zip(self.class_names, self.source.train.counts, strict=True):
            if rows < len(self._drawn_from_train):
                raise InputError(
                    f"class {name!r} has {rows} images; expected at least"
                    f" {len(self._drawn_from_train)}, one for each of"
                    f" {', '.join(self._drawn_from_train)}"
                )

    @property
    def class_names(self) -> list[str]:
        """Names in label order."""
        return self.source.class_names

    @property
    def image_bytes(self) -> int:
        """Pixels of an image."""
        return math.prod(self.image_shape)

    def counts(self, split: str) -> list[int]:
        """Returns the examples of each class in `split`, in label order.

        Of a test set that comes with the data, the classes do not count: it is one list.
        """
        source = self.source
        if split == "test" and source.test:
            return source.test.counts
        if split == "validation" and source.validation:
            return [min(rows, self.sizes.validation) for rows in source.validation.counts]
        return [sizes[split] for sizes in self._fitted]

    def split(self, split: str) -> Split:
        """Returns what `split` will hold."""
        counts = self.counts(split)
        total = sum(counts)
        by_class = dict(zip(self.class_names, counts, strict=False))
        id_bytes = 0
        if split == "test":
            id_bytes = max(_LEAST_ID_DIGITS, len(str(total - 1)))
            if test := self.source.test:
                id_bytes = max(len(name.encode()) for name in test.ids)
                by_class = self._by_class(test)
        return Split(total, self._shard_count(counts), id_bytes, by_class)

    def shards(self) -> Iterator[Shard]:
        """Yields every shard of every split."""
        for split in SPLITS:
            count = self.split(split).shards
            yield from (Shard(split, index, count) for index in range(count))

    def rows(self, label: int, split: str, start: int, stop: int) -> Rows:
        """Returns the row numbers, within the class, of its examples `start` to `stop`."""
        if split == "test" and self.source.test:
            return np.arange(start, stop)
        if split == "validation" and self.source.validation:
            return self._permuted(self.source.validation.counts[label], label, start, stop)
        first = 0
        for before in SPLITS[: SPLITS.index(split)]:
            if before in self._drawn_from_train:
                first += self.counts(before)[label]
        return self._permuted(self.source.train.counts[label], label, first + start, first + stop)

    def shard_rows(self, shard: Shard) -> list[Rows]:
        """Returns, for each class in label order, the rows that `shard` holds, within the class."""
        return [
            self.rows(
                label,
                shard.split,
                count * shard.index // shard.count,
                count * (shard.index + 1) // shard.count,
            )
            for label, count in enumerate(self.counts(shard.split))
        ]

    def pool(self, split: str) -> Pool:
        """Returns what the rows of a split are read from."""
        given = {"validation": self.source.validation, "test": self.source.test}.get(split)
        return given or self.source.train

    def shard_order(self, shard: Shard, examples: int) -> Rows:
        """Returns the record number of each of a shard's examples, counted class by class."""
        if shard.split == "test" and self.source.test:
            return np.arange(examples)
        split = SPLITS.index(shard.split)
        return self._generator(split, shard.index).permutation(examples)

    def shard_labels(self, shard: Shard) -> npt.NDArray[np.int64] | None:
        """Returns the label of every record of `shard`, in the order of the file, where known."""
        lengths = [len(rows) for rows in self.shard_rows(shard)]
        if shard.split == "test" and (test := self.source.test):
            first = self.first_id(shard)
            return None if test.labels is None else test.labels[first : first + sum(lengths)]
        labels = np.empty(sum(lengths), np.int64)
        labels[self.shard_order(shard, len(labels))] = np.repeat(np.arange(len(lengths)), lengths)
        return labels

    def shard_ids(self, shard: Shard) -> list[str]:
        """Returns the id of every record of a shard of the test split."""
        first = self.first_id(shard)
        stop = first + sum(map(len, self.shard_rows(shard)))
        if test := self.source.test:
            return test.ids[first:stop]
        digits = self.split("test").id_bytes
        return [str(number).zfill(digits) for number in range(first, stop)]

    def first_id(self, shard: Shard) -> int:
        """Returns the number of the first record of `shard` within its split."""
        return sum(count * shard.index // shard.count for count in self.counts(shard.split))

    def warnings(self) -> list[str]:
        """Returns a line on the classes that have fewer rows than asked for, if there are."""
        drawn = self._drawn_from_train
        counts = self.source.train.counts
        short = [
            rows
            for rows, sizes in zip(counts, self._fitted, strict=True)
            if any(sizes[split] < getattr(self.sizes, split) for split in drawn)
        ]
        if not short:
            return []
        have = f"{min(short):,} to {max(short):,}" if min(short) < max(short) else f"{short[0]:,}"
        asked = " and ".join(
            f"{getattr(self.sizes, split):,} for {split}"
            for split in drawn
            if getattr(self.sizes, split)
        )
        held_out = " and to ".join(drawn[1:])
        few = f"{len(short)} of {len(counts)} classes have too few images ({have})"
        if not self.labelled:
            few = f"{have} images are too few"
        return [
            f"{few} for the {asked} asked for"
            + (f"; a tenth at most goes to {held_out}" if held_out else "")
        ]

    @cached_property
    def _drawn_from_train(self) -> list[str]:
        """The splits that the data does not come with."""
        given = {"validation": self.source.validation, "test": self.source.test}
        return [split for split in SPLITS if given.get(split) is None]

    @cached_property
    def _fitted(self) -> list[dict[str, int]]:
        """Examples of each class in the splits that are drawn from `train`."""
        return [
            self.sizes.fitted(rows, self._drawn_from_train) for rows in self.source.train.counts
        ]

    def _by_class(self, test: TestSet) -> dict[str, int]:
        if test.labels is None:
            return {}
        counts = np.bincount(test.labels, minlength=len(self.class_names)).tolist()
        return dict(zip(self.class_names, counts, strict=True))

    def _shard_count(self, counts: list[int]) -> int:
        """Returns the least number of shards in which none holds more than `shard_size`."""
        count = -(-sum(counts) // self.shard_size)
        while count < max(counts) and sum(-(-n // count) for n in counts) > self.shard_size:
            count += 1
        return min(count, max(counts))  # of some class a shard has an example, so none is empty

    def _permuted(self, rows: int, label: int, start: int, stop: int) -> Rows:
        """Returns examples `start` to `stop` of the seeded order of all rows of a class."""
        if start == stop:
            return np.empty(0, np.int64)
        block = min(_LARGEST_BLOCK, max(1, rows // _BLOCKS))
        name = zlib.crc32(self.class_names[label].encode())
        order = self._generator(len(SPLITS), name).permutation(-(-rows // block))
        lengths = np.minimum(block, rows - order * block)
        ends = np.cumsum(lengths)
        first, last = np.searchsorted(ends, (start, stop - 1), side="right")
        blocks = order[first : last + 1]
        drawn = (blocks[:, None] * block + np.arange(block)).ravel()
        drawn = drawn[drawn < rows]  # the last block may be short
        skipped = start - (ends[first] - lengths[first])
        return drawn[skipped : skipped + stop - start]

    def _generator(self, *stream: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, *stream])
