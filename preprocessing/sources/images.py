"""Reads JPEG and PNG images from folders and zip files; nothing is decoded here.

Labels come from folders (`cats/1.jpg`) or from names (`cat.0.jpg`), where images have labels;
folders or zip files named `train`, `validation` and `test` are splits. Test images may have no
label; their names are ids.
"""

import lzma
import re
import zipfile
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from preprocessing.challenge import Challenge
from preprocessing.errors import InputError
from preprocessing.files import first_line, open_file
from preprocessing.sources.files import FORMATS, SourceFiles
from preprocessing.sources.image_classes import ImageClasses, OneClass
from preprocessing.sources.source import LabelledRows, Rows, Source, TestSet
from preprocessing.sources.splits import split_of_folder

_ZIP = ".zip"
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
)
_THREADS = 16  # files in a bucket are waited for, not worked on


@dataclass(frozen=True)
class ImageFile:
    """An image of a source.

    Attributes:
        file: the file that holds it.
        member: its name within a zip file; "" for a file of its own.
        path: below the source's folder, with the name of a zip file as that of a folder.
    """

    file: str
    member: str
    path: PurePosixPath

    @property
    def name(self) -> str:
        """What a message calls it."""
        return f"{self.file}:{self.member}" if self.member else self.file

    @property
    def split(self) -> str:
        """The split that a folder above it names; `train` where none does."""
        splits = (split_of_folder(folder) for folder in reversed(self.path.parent.parts))
        return next((split for split in splits if split), "train")

    @property
    def test_id(self) -> str:
        """Its path below the folder of the test set."""
        folders = self.path.parent.parts
        below = max(i for i, name in enumerate(folders) if split_of_folder(name)) + 1
        return str(PurePosixPath(*self.path.parts[below:]))


class ImageReader:
    """Reads the images of a list by their place in it."""

    def __init__(self, images: Sequence[ImageFile]) -> None:
        self._images = images

    def read(self, rows: Rows) -> list[bytes]:
        """Returns the encoded images of the given row numbers."""
        wanted = [self._images[row] for row in rows.tolist()]
        if any("://" in image.file and not image.member for image in wanted):
            with ThreadPoolExecutor(_THREADS) as pool:
                return list(pool.map(_read, wanted))
        return list(map(_read, wanted))

    def name(self, row: int) -> str:
        """Returns what a message calls a row."""
        return self._images[row].name


def open_images(found: SourceFiles, challenge: Challenge) -> Source:
    """Opens images; labels are in the order of the class names.

    Args:
        found: the files.
        challenge: says whether images have labels, and which.

    Raises:
        InputError: an image has no class, the classes are not those of the challenge, or a zip
            file is damaged or lies beside what was unpacked from it.
    """
    images = _list_images(found)
    if not images:
        raise InputError(
            f"{found.source}: no JPEG or PNG images in {found.files[0].path}; unpack what it holds"
            " and name the folder"
        )
    splits: dict[str, list[ImageFile]] = {}
    for image in images:
        splits.setdefault(image.split, []).append(image)
    classes = _classes(found.source, splits.get("train", []), challenge)

    def pool(split: str) -> LabelledRows:
        labels = []
        for image in splits[split]:
            label = classes.label(image.path)
            if label is None:
                raise InputError(f"{image.name}: {classes.expected(image.path)}")
            labels.append(label)
        reader = ImageReader(splits[split])
        return LabelledRows(reader, np.array(labels, np.int64), len(classes.names))

    return Source(
        classes.names,
        pool("train"),
        pool("validation") if "validation" in splits else None,
        _test_set(splits["test"], classes) if "test" in splits else None,
        encoded=True,
    )


def _classes(source: str, train: Sequence[ImageFile], challenge: Challenge) -> ImageClasses:
    if challenge.labelled:
        return ImageClasses(source, [image.path for image in train], challenge.label_names)
    if not train:
        raise InputError(f"{source}: no images to train on; add some beside those of other splits")
    return OneClass(challenge.label_names[0])


def _test_set(images: Sequence[ImageFile], classes: ImageClasses) -> TestSet:
    images = sorted(images, key=lambda image: (_natural(image.test_id), image.test_id))
    ids = [image.test_id for image in images]
    for image, after in pairwise(images):
        if image.test_id == after.test_id:
            raise InputError(
                f"{after.name}: a second test image named {after.test_id}, as {image.name}; a name"
                " is an id: rename one"
            )
    for by_folder in (True, False):
        labels = [classes.label(image.path, by_folder) for image in images]
        if None not in labels:
            return TestSet(ImageReader(images), ids, np.array(labels, np.int64))
    return TestSet(ImageReader(images), ids, None)


def _natural(name: str) -> list[tuple[int, str]]:
    """Returns a key that sorts 2.jpg before 10.jpg."""
    return [(int(digits or -1), text) for digits, text in re.findall(r"(\d+)|(\D+)", name)]


def _list_images(found: SourceFiles) -> list[ImageFile]:
    images = []
    paths = {found.below(file.path) for file in found.files}
    folders = {folder for path in paths for folder in path.parents}
    for file in found.files:
        below = found.below(file.path)
        if below.suffix.lower() != _ZIP:
            images.append(ImageFile(file.path, "", below))
            continue
        members = sorted(_zip(file.path).namelist())
        if below.with_suffix("") in folders or any(
            below.parent / name in paths for name in members
        ):
            raise InputError(
                f"{file.path}: both this file and what was unpacked from it are in {found.source};"
                " name one by a glob, or remove one"
            )
        for member in members:
            path = PurePosixPath(member)
            hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
            if FORMATS["images"].search(member) and path.suffix.lower() != _ZIP and not hidden:
                images.append(ImageFile(file.path, member, below.with_suffix("") / path))
    return images


def _read(image: ImageFile) -> bytes:
    if image.member:
        try:
            return bytes(_zip(image.file).read(image.member))
        except _ZIP_ERRORS as error:
            raise InputError(
                f"{image.name}: cannot be unpacked ({first_line(error)}); make the zip file again,"
                " without a password"
            ) from None
    with open_file(image.file) as file:
        return bytes(file.read())


@lru_cache(maxsize=4)
def _zip(path: str) -> Any:
    try:
        return zipfile.ZipFile(open_file(path))
    except _ZIP_ERRORS as error:
        raise InputError(
            f"{path}: not a whole zip file ({first_line(error)}); fetch it again"
        ) from None
