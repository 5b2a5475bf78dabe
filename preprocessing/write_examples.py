"""Writes a plan's shards with Beam: a work item is a shard, never an image."""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence

import apache_beam as beam
import numpy as np
from apache_beam.io.filesystems import FileSystems

from preprocessing.beam import make_folder, run_pipeline, watch_files, write_file
from preprocessing.examples import (
    METADATA_FILE,
    SPLITS,
    TEST_IDS_FILE,
    TEST_LABELS_FILE,
    shard_name,
)
from preprocessing.plan import Plan, Shard
from preprocessing.progress import report_progress
from preprocessing.records import Bytes, RecordLayout


def write_examples(plan: Plan, folder: str, beam_args: Sequence[str] = ()) -> None:
    """Writes every shard of `plan`, the test manifest and the test labels; no `examples.json`.

    Args:
        plan: which row becomes which record.
        folder: local or `gs://`; gets `train/`, `validation/` and `test/`.
        beam_args: Beam's own options.

    Raises:
        InputError: a source file changed or a file cannot be written.
    """
    for split in SPLITS:
        make_folder(FileSystems.join(folder, split))
    metadata = FileSystems.join(folder, METADATA_FILE)
    if FileSystems.exists(metadata):
        FileSystems.delete([metadata])  # of an earlier attempt, whose shards are replaced now
    with watch_files(FileSystems.join(folder, "*", "examples-*.tfrecord"), _progress(plan)):
        run_pipeline(
            lambda pipeline: (
                pipeline
                | "Shards" >> beam.Create(list(plan.shards()), reshuffle=True)
                | "Write" >> beam.ParDo(_WriteShard(plan, folder))
            ),
            beam_args,
        )
    ids, labels = _test_manifest(plan)
    attempt = uuid.uuid4().hex
    write_file(FileSystems.join(folder, TEST_IDS_FILE), ids, attempt)
    write_file(FileSystems.join(folder, TEST_LABELS_FILE), labels, attempt)


def shard_records(plan: Plan, shard: Shard) -> Bytes:
    """Returns the bytes of a shard, `[N, record_bytes]`: a pure function of its arguments."""
    split = plan.split(shard.split)
    layout = RecordLayout(plan.files[0].width, split.id_bytes)
    rows = plan.shard_rows(shard)
    total = sum(map(len, rows))
    order = plan.shard_order(shard, total)
    records = layout.allocate(total)
    images = layout.images(records)
    done = 0
    for file, wanted in zip(plan.files, rows, strict=True):
        if len(wanted):
            ascending = np.argsort(wanted)
            images[order[done : done + len(wanted)][ascending]] = file.read(wanted[ascending])
            done += len(wanted)
    if split.id_bytes:
        first = plan.first_id(shard)
        numbers = np.arange(first, first + total).astype(f"S{split.id_bytes}")
        layout.set_ids(records, np.char.zfill(numbers, split.id_bytes))
    else:
        layout.set_labels(records, plan.shard_labels(shard))
    layout.seal(records)
    return records


class _WriteShard(beam.DoFn):  # type: ignore[misc]
    def __init__(self, plan: Plan, folder: str) -> None:
        self._plan = plan
        self._folder = folder

    def process(self, shard: Shard) -> Iterator[None]:
        path = FileSystems.join(self._folder, shard.split, shard_name(shard.index, shard.count))
        write_file(path, shard_records(self._plan, shard).data, uuid.uuid4().hex)
        yield from ()


def _test_manifest(plan: Plan) -> tuple[bytes, bytes]:
    """Returns the texts of the files with the test ids, and with their labels."""
    digits = plan.split("test").id_bytes
    labels = np.concatenate(
        [plan.shard_labels(shard) for shard in plan.shards() if shard.split == "test"]
    ).tolist()
    ids = [str(number).zfill(digits) for number in range(len(labels))]
    rows = [f"{name},{label}" for name, label in zip(ids, labels, strict=True)]
    return (
        "\n".join(["Id", *ids, ""]).encode(),
        "\n".join(["Id,Category", *rows, ""]).encode(),
    )


def _progress(plan: Plan) -> Callable[[int], None]:
    """Returns what reports the progress when it is told how many shards are in their place."""
    shards = len(list(plan.shards()))
    examples = sum(plan.split(split).examples for split in SPLITS)
    start = time.monotonic()

    def report(written: int) -> None:
        done = written / shards
        rate = done * examples / (time.monotonic() - start)
        report_progress(0.9 * done, f"{done * examples:,.0f} examples, {rate:,.0f} a second")

    return report
