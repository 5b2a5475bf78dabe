"""Opens a source in whatever format it is."""

import math

from preprocessing.challenge import Challenge
from preprocessing.errors import InputError
from preprocessing.files import open_file
from preprocessing.sources.bitmaps import open_bitmaps
from preprocessing.sources.files import SourceFiles
from preprocessing.sources.idx import open_idx
from preprocessing.sources.images import open_images
from preprocessing.sources.source import Source
from preprocessing.sources.tfrecords import open_tfrecords


def open_source(source: str, challenge: Challenge, image_shape: tuple[int, int, int]) -> Source:
    """Opens a source; of bitmaps only the headers are read, of TFRecords all.

    Args:
        source: folder, file or glob; local or `gs://`.
        challenge: says what labels and features mean.
        image_shape: (height, width, channels) that images shall have.

    Raises:
        InputError: something in the source is wrong, or its pixels cannot be had in that shape.
    """
    found = SourceFiles(source)
    width = math.prod(image_shape)
    stored_as_pixels = found.format in ("bitmaps", "idx") or (
        found.format == "tfrecords" and challenge.record_features.pixels
    )
    if stored_as_pixels and image_shape != challenge.image_shape and not challenge.size_choice:
        height, width, _ = challenge.image_shape
        raise InputError(
            f"image_size={image_shape[0]}: {source} holds pixels of {height}x{width}, which are"
            " taken as they are; leave it out"
        )
    if found.format == "bitmaps":
        if not challenge.labelled:
            raise InputError(
                f"{source}: .npy bitmaps are a file a class, but {challenge.name} has no classes;"
                " expected JPEG or PNG images, idx files or TFRecords"
            )
        return open_bitmaps(found, width)
    if found.format == "idx":
        return open_idx(found, challenge, image_shape)
    if found.format == "tfrecords":
        return open_tfrecords(found, challenge, width)
    return open_images(found, challenge)


def count_classes(source: str, challenge: Challenge) -> int | None:
    """Returns how many classes a source has, as far as the names of its files or labels tell.

    Raises:
        InputError: there is no such source, or it holds no images.
    """
    found = SourceFiles(source)
    if not challenge.labelled:
        return 1
    if found.format == "bitmaps":
        return len(found.files)
    if found.labels_file:
        with open_file(found.labels_file.path) as file:
            return sum(bool(line.strip()) for line in file.read().splitlines())
    return len(challenge.label_names) or None
