"""Reads idx files, MNIST's own format, compressed with gzip or plain.

Format: two zero bytes, the type (8: uint8), the number of dimensions, each dimension as a
big-endian uint32, the values in row-major order; https://yann.lecun.com/exdb/mnist.
A gzip file cannot be read in places, so each process holds its images in memory (MNIST: 47 MB).
"""

import gzip
import math
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from preprocessing.challenge import Challenge
from preprocessing.errors import InputError
from preprocessing.files import File, open_file
from preprocessing.records import Bytes
from preprocessing.sources.files import SourceFiles
from preprocessing.sources.source import LabelledRows, Rows, Source, TestSet
from preprocessing.sources.splits import split_of_file

_MAGIC = (b"\0\0\x08\x03", b"\0\0\x08\x01")
_OFFICIAL_TEST = "t10k"


@dataclass(frozen=True)
class IdxImages:
    """The images of an idx file.

    Attributes:
        file: where they are.
        width: bytes an image.
    """

    file: File
    width: int

    def read(self, rows: Rows) -> Bytes:
        """Returns the images `[N, width]` of the given row numbers."""
        return np.asarray(_read(self.file)).reshape(-1, self.width)[rows]

    def name(self, row: int) -> str:
        """Returns what a message calls a row."""
        return f"{self.file.path}, image {row}"


def open_idx(found: SourceFiles, challenge: Challenge, image_shape: Sequence[int]) -> Source:
    """Opens pairs of `...-images-idx3-ubyte` and `...-labels-idx1-ubyte`, `.gz` or not.

    Files that begin with `train` are drawn from; `validation...` and `test...` or `t10k...` are
    the other splits, where they are there. The ids of the test set are its row numbers; its
    labels may be missing. Where images have no labels, none are read.

    Args:
        found: the files.
        challenge: says what labels mean; those without names are numbered, as far as the training
            labels go.
        image_shape: (height, width, channels) that the images must have.

    Raises:
        InputError: a file is damaged or missing, or holds something else.
    """
    splits: dict[str, tuple[IdxImages, npt.NDArray[np.int64] | None]] = {}
    by_name = {file.path: file for file in found.files}
    for file in found.files:
        name = found.below(file.path).name
        if "idx1" in name:
            continue
        path = found.below(file.path)
        split = "test" if name.startswith(_OFFICIAL_TEST) else split_of_file(path)
        if split is None or split in splits:
            raise InputError(
                f"{file.path}: expected one file of images for each of train, validation and test"
                " (or t10k), its name beginning with that word; rename or remove it"
            )
        images = _open_images(file, image_shape, challenge.sizes)
        if not challenge.labelled:
            splits[split] = (images, np.zeros(len(_read(file)), np.int64))
            continue
        head, _, tail = file.path.rpartition(name)
        labels_path = head + name.replace("images", "labels").replace("idx3", "idx1") + tail
        labels_file = by_name.get(labels_path)
        if labels_file is None and split != "test":
            raise InputError(f"{file.path}: its labels are missing; expected {labels_path}")
        labels = _open_labels(labels_file, file) if labels_file else None
        splits[split] = (images, labels)
    if "train" not in splits:
        raise InputError(
            f"{found.source}: no images to train on; expected train-images-idx3-ubyte.gz"
        )

    train_labels = splits["train"][1]
    assert train_labels is not None
    names = list(challenge.label_names)
    names = names or [str(label) for label in range(int(train_labels.max()) + 1)]

    for images, labels in splits.values():
        if labels is not None and (bad := np.flatnonzero(labels >= len(names))).size:
            raise InputError(
                f"{images.name(int(bad[0]))}: its label is {labels[bad[0]]}; expected 0 to"
                f" {len(names) - 1}"
            )

    def pool(split: str) -> LabelledRows | None:
        if split not in splits:
            return None
        images, labels = splits[split]
        assert labels is not None
        return LabelledRows(images, labels, len(names))

    train = pool("train")
    assert train is not None
    test = None
    if "test" in splits:
        images, labels = splits["test"]
        test = TestSet(images, [str(row) for row in range(len(_read(images.file)))], labels)
    return Source(names, train, pool("validation"), test)


def _open_images(file: File, image_shape: Sequence[int], sizes: str) -> IdxImages:
    images = _read(file)
    height, width, channels = image_shape
    if channels != 1 or images.shape[1:] != (height, width) or not len(images):
        raise InputError(
            f"{file.path}: holds grey images, {list(images.shape)}; expected one or more of"
            f" [{height}, {width}]{sizes}"
            + (" in colour, as JPEG or PNG images or TFRecords" if channels > 1 else "")
        )
    return IdxImages(file, height * width)


def _open_labels(file: File, images: File) -> npt.NDArray[np.int64]:
    labels, count = _read(file), len(_read(images))
    if labels.shape != (count,):
        raise InputError(
            f"{file.path}: holds {list(labels.shape)} labels, but {images.path} has {count} images;"
            " fetch both again"
        )
    return labels.astype(np.int64)


@lru_cache(maxsize=8)
def _read(file: File) -> Bytes:
    """Returns the values of an idx file of uint8, in its shape."""
    with open_file(file.path) as opened:
        data = opened.read()
    try:
        if file.path.endswith(".gz"):
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{file.path}: not a whole gzip file ({error}); fetch it again") from None
    if data[:4] not in _MAGIC:
        raise InputError(
            f"{file.path}: begins with the bytes {data[:4].hex(' ') or '(none)'}; expected"
            " 00 00 08 03 (images of uint8) or 00 00 08 01 (labels); fetch it again"
        )
    dimensions = data[3]
    start = 4 + 4 * dimensions
    shape = struct.unpack_from(f">{dimensions}I", data.ljust(start, b"\0"), 4)
    promised = start + math.prod(shape)
    if len(data) != promised:
        raise InputError(
            f"{file.path}: its header promises {promised} bytes, it has {len(data)}; fetch it again"
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)
