"""Reads TFRecord files of tf.Examples, as the challenges hand out their data.

A pass over the files notes where each record lies and its label, and checks the checksums; images
are read from there when they are wanted. Memory holds some 20 bytes a record.
Formats: see `preprocessing.records`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from preprocessing.challenge import Challenge, RecordFeatures
from preprocessing.errors import InputError
from preprocessing.files import File, open_file
from preprocessing.records import Bytes
from preprocessing.sources.example_features import decode_features, feature_values
from preprocessing.sources.files import SourceFiles
from preprocessing.sources.record_blocks import record_blocks
from preprocessing.sources.source import LabelledRows, Rows, Source, TestSet
from preprocessing.sources.splits import split_of_file

NEARBY_BYTES = {False: 2**15, True: 2**21}
"""What lies between two records that are read in one go: on a disk, and in a bucket."""

_SHARD = re.compile(r"-(\d+)-of-(\d+)[^/]*$")


class RecordReader:
    """Reads images of the records of some files, which count as one list.

    Args:
        paths: the files.
        file_of: the file of each record, by its place in `paths`, `[N]`.
        offsets: where each record's tf.Example begins, in bytes, `[N]`.
        lengths: its bytes, `[N]`.
        features: what its features are called.
        width: pixels an image, where they are stored as such.
        sizes: which sizes there are to choose from, for messages.
    """

    def __init__(
        self,
        paths: Sequence[str],
        file_of: npt.NDArray[np.uint16],
        offsets: npt.NDArray[np.int64],
        lengths: npt.NDArray[np.uint32],
        features: RecordFeatures,
        width: int,
        sizes: str,
    ) -> None:
        self._paths = paths
        self._file_of = file_of
        self._offsets = offsets
        self._lengths = lengths
        self._features = features
        self._width = width
        self._sizes = sizes

    def read(self, rows: Rows) -> Bytes | list[bytes]:
        """Returns the images of the given records, which ascend."""
        name = self._features.image
        wanted = {name: not self._features.pixels}
        batch = decode_features(
            wanted, self._examples(rows), lambda place: self.name(int(rows[place]))
        )
        values = batch[name]
        if self._features.pixels:
            return self._pixels(rows, values)
        lists = values.to_pylist()
        bad = [row for row, images in zip(rows, lists, strict=True) if len(images or []) != 1]
        if bad:
            raise InputError(
                f"{self.name(int(bad[0]))}: expected one image in the feature {name!r}"
            )
        return [image for (image,) in lists]

    def _pixels(self, rows: Rows, values: Any) -> Bytes:
        lengths = np.diff(np.asarray(values.offsets))
        if (bad := np.flatnonzero(lengths != self._width)).size:
            raise InputError(
                f"{self.name(int(rows[bad[0]]))}: {lengths[bad[0]]} pixels in the feature"
                f" {self._features.image!r}; expected {self._width}{self._sizes}"
            )
        pixels = np.asarray(values.flatten()).reshape(-1, self._width)
        if (bad := np.flatnonzero(((pixels < 0) | (pixels > 255)).any(axis=1))).size:
            raise InputError(
                f"{self.name(int(rows[bad[0]]))}: a pixel beyond 0 to 255 in the feature"
                f" {self._features.image!r}"
            )
        return pixels.astype(np.uint8)

    def _examples(self, rows: Rows) -> list[bytes]:
        """Returns the serialized examples; those near each other are read in one go."""
        examples = []
        starts, files = self._offsets[rows], self._file_of[rows]
        ends = starts + self._lengths[rows]
        for file in np.unique(files).tolist():
            here = np.flatnonzero(files == file)
            far = NEARBY_BYTES["://" in self._paths[file]]
            runs = np.split(here, np.flatnonzero(starts[here][1:] - ends[here][:-1] > far) + 1)
            with open_file(self._paths[file], in_places=True) as opened:
                for run in runs:
                    first = int(starts[run[0]])
                    opened.seek(first)
                    data = opened.read(int(ends[run[-1]]) - first)
                    examples += [
                        data[start:end]
                        for start, end in zip(starts[run] - first, ends[run] - first, strict=True)
                    ]
        return examples

    def name(self, row: int) -> str:
        """Returns what a message calls a record."""
        file = self._file_of[row]
        return _record_name(self._paths[file], 0, row - int(np.searchsorted(self._file_of, file)))


def open_tfrecords(found: SourceFiles, challenge: Challenge, width: int) -> Source:
    """Opens TFRecord files, whose names or folders say the split: `train-00000-of-00014`.

    Files that name no split are drawn from as if they were `train`. The class names are those of
    a `labels.txt` beside the files, else the challenge's, else the numbers of the labels; without
    labels, the challenge's one class.

    Args:
        found: the files.
        challenge: says what the features of a record are called and what labels mean.
        width: pixels an image, where they are stored as such.

    Raises:
        InputError: a file is damaged, a shard missing, or a record not what is expected.
    """
    features = challenge.record_features
    splits: dict[str, list[File]] = {}
    for file in found.files:
        splits.setdefault(split_of_file(found.below(file.path)) or "train", []).append(file)
    if "train" not in splits:
        raise InputError(f"{found.source}: no records to train on; expected train*.tfrecord*")
    scanned = {}
    for split, files in splits.items():
        _check_shards(files)
        scanned[split] = _scan_files(files, challenge, width, with_ids=split == "test")
    names = list(challenge.label_names)
    if challenge.labelled:
        names = _label_names(found, names, scanned["train"].labels)

    def pool(split: str) -> LabelledRows | None:
        if split not in scanned:
            return None
        reader, labels = scanned[split].reader, scanned[split].labels
        bad = np.flatnonzero((labels < 0) | (labels >= len(names)))
        if bad.size:
            label = labels[bad[0]]
            had = f"label {label}" if label != _NO_LABEL else "no label"
            most = f"0 to {len(names) - 1}" if names else "a whole number from 0 on"
            raise InputError(
                f"{reader.name(int(bad[0]))}: {had} in the feature {features.label!r}; expected"
                f" {most}"
            )
        return LabelledRows(reader, labels, len(names))

    train = pool("train")
    assert train is not None
    test = _test_set(scanned["test"], len(names)) if "test" in scanned else None
    return Source(names, train, pool("validation"), test, encoded=not features.pixels)


_NO_LABEL = -1


@dataclass(frozen=True)
class _Scanned:
    reader: RecordReader
    labels: npt.NDArray[np.int64]  # _NO_LABEL where a record has none
    ids: list[str]  # of a test set; "" where a record has none


def _test_set(scanned: _Scanned, classes: int) -> TestSet:
    labels, ids = scanned.labels, scanned.ids
    if not any(ids):
        ids = [str(row) for row in range(len(labels))]
    if not all(ids):
        raise InputError(
            f"{scanned.reader.name(ids.index(''))}: no id in it, but in other records of the test"
            " set; give every record one, or none"
        )
    if len(set(ids)) < len(ids):
        seen: set[str] = set()
        row = next(row for row, name in enumerate(ids) if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise InputError(
            f"{scanned.reader.name(row)}: a second record with the id {ids[row]!r}; expected each"
            " id once in the test set"
        )
    if (labels == _NO_LABEL).all():
        return TestSet(scanned.reader, ids, None)
    if (bad := np.flatnonzero((labels < 0) | (labels >= classes))).size:
        label = labels[bad[0]]
        had = f"label {label}" if label != _NO_LABEL else "no label, but others have one"
        raise InputError(
            f"{scanned.reader.name(int(bad[0]))}: {had}; expected 0 to {classes - 1}, or no label"
            " in the whole test set"
        )
    return TestSet(scanned.reader, ids, labels)


def _label_names(
    found: SourceFiles, label_names: Sequence[str], labels: npt.NDArray[np.int64]
) -> list[str]:
    if found.labels_file is None:
        return list(label_names) or [str(label) for label in range(int(labels.max()) + 1)]
    with open_file(found.labels_file.path) as file:
        lines = file.read().decode(errors="replace").splitlines()
    names = [line.strip() for line in lines if line.strip()]
    if len(set(names)) < max(2, len(names)):
        raise InputError(
            f"{found.labels_file.path}: {len(set(names))} different names in {len(names)} lines;"
            " expected the name of each class once, a line each, in label order"
        )
    return names


def _check_shards(files: Sequence[File]) -> None:
    """Raises an InputError if files are named `-00000-of-00014` and one of these is missing."""
    shards: dict[tuple[str, int], set[int]] = {}
    for file in files:
        if shard := _SHARD.search(file.path):
            key = (file.path[: shard.start()], int(shard[2]))
            shards.setdefault(key, set()).add(int(shard[1]))
    for (stem, count), indices in shards.items():
        if missing := sorted(set(range(count)) - indices):
            raise InputError(
                f"{stem}: {len(missing)} of {count} shards are missing, the first is"
                f" {PurePosixPath(stem).name}-{missing[0]:05d}-of-{count:05d}; fetch it"
            )


def _scan_files(
    files: Sequence[File], challenge: Challenge, width: int, with_ids: bool
) -> _Scanned:
    """Reads all records of some files, for where they are and their labels and ids."""
    features = challenge.record_features
    wanted = {features.label: False} if features.label else {}
    if with_ids and features.image_id:
        wanted[features.image_id] = True
    offsets, lengths, labels, counts = [], [], [], []
    ids: list[str] = []
    for file in files:
        count = 0
        for block_offsets, examples in record_blocks(file):
            name = partial(_record_name, file.path, count)
            batch = decode_features(wanted, examples, name) if wanted else None
            offsets.append(np.array(block_offsets, np.int64))
            lengths.append(np.fromiter(map(len, examples), np.uint32, len(examples)))
            if features.label in wanted:
                labels.append(feature_values(batch, features.label, _NO_LABEL, name))
            if features.image_id in wanted:
                found = feature_values(batch, features.image_id, b"", name).tolist()
                ids += [image_id.rstrip(b"\0").decode(errors="replace") for image_id in found]
            count += len(examples)
        counts.append(count)
    if not sum(counts):
        raise InputError(f"{files[0].path}: no records in it; fetch it again")
    file_of = np.repeat(np.arange(len(files), dtype=np.uint16), counts)
    reader = RecordReader(
        [file.path for file in files],
        file_of,
        np.concatenate(offsets),
        np.concatenate(lengths),
        features,
        width,
        challenge.sizes,
    )
    return _Scanned(reader, np.concatenate(labels or [np.zeros(len(file_of), np.int64)]), ids)


def _record_name(path: str, first: int, place: int) -> str:
    return f"{path}, record {first + place}"
