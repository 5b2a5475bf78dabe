"""Writes the test manifest: the ids of the test split, and its labels where they are known."""

import csv
import io
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from apache_beam.io.filesystems import FileSystems

from preprocessing.bad_images import BadImage
from preprocessing.beam import new_file
from preprocessing.examples import TEST_IDS_FILE, TEST_LABELS_FILE
from preprocessing.plan import Plan, Shard


def write_manifest(plan: Plan, folder: str, bad: Iterable[BadImage]) -> None:
    """Writes the ids of the test split, and its labels where they are known.

    A shard at a time, as there may be millions of ids.

    Args:
        plan: whose test split it is.
        folder: of the examples, local or `gs://`.
        bad: the images that were left out, of any split.

    Raises:
        InputError: a file cannot be written.
    """
    left_out = {image.image_id for image in bad if image.split == "test"}
    shards = [shard for shard in plan.shards() if shard.split == "test"]

    def write(name: str, header: bytes, rows: Callable[[Shard], Iterable[tuple[Any, ...]]]) -> None:
        with new_file(FileSystems.join(folder, name), uuid.uuid4().hex) as file:
            file.write(header)
            for shard in shards:
                text = io.StringIO()
                kept = (row for row in rows(shard) if row[0] not in left_out)
                csv.writer(text, lineterminator="\n").writerows(kept)
                file.write(text.getvalue().encode())

    def labelled(shard: Shard) -> Iterable[tuple[str, int]]:
        labels = plan.shard_labels(shard)
        assert labels is not None
        return zip(plan.shard_ids(shard), labels.tolist(), strict=True)

    if shards:
        write(TEST_IDS_FILE, b"Id\n", lambda shard: zip(plan.shard_ids(shard)))
    if shards and plan.labelled and plan.shard_labels(shards[0]) is not None:
        write(TEST_LABELS_FILE, b"Id,Category\n", labelled)
