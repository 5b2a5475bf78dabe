"""Writes a plan's shards with Beam: a work item is a shard, never an image."""

import json
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from glob import escape

import apache_beam as beam
import numpy as np
from apache_beam.io.filesystems import FileSystems

from preprocessing.bad_images import BadImage
from preprocessing.beam import (
    make_folder,
    remove_files,
    run_pipeline,
    watch_files,
    write_file,
)
from preprocessing.compression import compressed, ending
from preprocessing.decode import ImageDecoder
from preprocessing.examples import (
    METADATA_FILE,
    SPLITS,
    TEST_IDS_FILE,
    TEST_LABELS_FILE,
    shard_name,
)
from preprocessing.files import open_file
from preprocessing.manifest import write_manifest
from preprocessing.plan import Plan, Shard
from preprocessing.progress import report_progress
from preprocessing.records import Bytes, RecordLayout

_BAD_IMAGES_FILE = ".bad-images.json"
_AT_ONCE = 2  # shards in memory; what holds the interpreter's lock leaves no room for more
_BATCH, _ENCODED_BATCH = 4_096, 256  # images read at once: of pixels, of files of any size
_BATCHES_AT_ONCE = 2  # of files: while one is read, the other keeps the cores busy


def write_examples(
    plan: Plan,
    folder: str,
    transform_folder: str,
    beam_args: Sequence[str] = (),
    compression: str = "none",
) -> list[BadImage]:
    """Writes every shard of `plan`, the test manifest and the test labels; no `examples.json`.

    Args:
        plan: which row becomes which record.
        folder: local or `gs://`; gets `train/`, `validation/` and `test/`.
        transform_folder: the transform graph; it decodes images, and is not read for pixels.
        beam_args: Beam's own options.
        compression: of the shards: `none` or `gzip`.

    Returns:
        The images that could not be decoded.

    Raises:
        InputError: a source file changed or a file cannot be written.
    """
    for split in SPLITS:
        make_folder(FileSystems.join(folder, split))
    # What an earlier attempt left would not belong to the shards that are replaced now.
    for name in (METADATA_FILE, TEST_IDS_FILE, TEST_LABELS_FILE):
        remove_files(escape(FileSystems.join(folder, name)))
    collected = FileSystems.join(folder, _BAD_IMAGES_FILE)

    def build(pipeline: beam.Pipeline) -> None:
        bad = (
            pipeline
            | "Shards" >> beam.Create(list(plan.shards()), reshuffle=True)
            | "Write" >> beam.ParDo(_WriteShard(plan, folder, transform_folder, compression))
        )
        if plan.source.encoded:
            bad | beam.combiners.ToList() | "Bad images" >> beam.Map(_write_json, collected)

    names = f"examples-*.tfrecord{ending(compression)}"
    with watch_files(FileSystems.join(folder, "*", names), _progress(plan)):
        run_pipeline(build, beam_args)
    bad: list[BadImage] = []
    if plan.source.encoded:
        with open_file(collected) as file:
            bad = [BadImage(**values) for values in json.loads(file.read())]
        remove_files(escape(collected))
    write_manifest(plan, folder, bad)
    return sorted(bad, key=lambda image: (SPLITS.index(image.split), image.name))


def shard_records(
    plan: Plan, shard: Shard, decode: ImageDecoder | None = None
) -> tuple[Bytes, list[BadImage]]:
    """Returns the bytes of a shard, `[N, record_bytes]`: a pure function of its arguments.

    Args:
        plan: which row becomes which record.
        shard: which one.
        decode: for images that are no pixels yet.

    Returns:
        The records, and the images that did not decode and are not among them.
    """
    split = plan.split(shard.split)
    layout = RecordLayout(plan.image_bytes, split.id_bytes)
    rows = plan.shard_rows(shard)
    total = sum(map(len, rows))
    order = plan.shard_order(shard, total)
    records = layout.allocate(total)
    images = layout.images(records)
    ids = plan.shard_ids(shard) if split.id_bytes else [""] * total
    labels = plan.shard_labels(shard)
    pool = plan.pool(shard.split)
    numbers = np.concatenate([pool.numbers(label, wanted) for label, wanted in enumerate(rows)])
    ascending = np.argsort(numbers)
    batch = _ENCODED_BATCH if plan.source.encoded else _BATCH

    def fill(start: int) -> dict[int, BadImage]:
        """Reads a batch into its records; returns the images that do not decode, by record."""
        chosen = ascending[start : start + batch]
        places = order[chosen]
        raw = pool.read(numbers[chosen])
        bad: dict[int, BadImage] = {}
        if isinstance(raw, list):
            assert decode is not None
            raw, reasons = decode(raw)
            for place, reason in reasons.items():
                record = int(places[place])
                known = -1 if labels is None else int(labels[record])
                name = pool.name(int(numbers[chosen[place]]))
                bad[record] = BadImage(shard.split, known, ids[record], name, reason)
        images[places] = raw
        return bad

    starts = range(0, total, batch)
    if plan.source.encoded:
        with ThreadPoolExecutor(_BATCHES_AT_ONCE) as threads:
            found = list(threads.map(fill, starts))
    else:  # of pixels, whole shards are made side by side
        found = list(map(fill, starts))
    bad = {record: image for batch_of_bad in found for record, image in batch_of_bad.items()}
    if split.id_bytes:
        layout.set_ids(records, np.array([image_id.encode() for image_id in ids]))
    elif labels is not None:
        layout.set_labels(records, labels)
    records = np.delete(records, list(bad), axis=0) if bad else records
    layout.seal(records)
    return records, list(bad.values())


class _WriteShard(beam.DoFn):  # type: ignore[misc]
    """Writes shards, of pixels two at once: most of their time is spent in the file system."""

    def __init__(self, plan: Plan, folder: str, transform_folder: str, compression: str) -> None:
        self._plan = plan
        self._folder = folder
        self._transform_folder = transform_folder
        self._compression = compression
        self._decode: ImageDecoder | None = None

    def setup(self) -> None:
        self._threads = ThreadPoolExecutor(_AT_ONCE)
        self._begun: deque[Future[list[BadImage]]] = deque()
        if self._plan.source.encoded:
            from preprocessing.transform import graph_decoder

            self._decode = graph_decoder(self._transform_folder, self._plan.image_bytes)

    def process(self, shard: Shard) -> Iterator[BadImage]:
        if self._decode:  # TensorFlow has threads of its own
            yield from self._write(shard)
        else:
            self._begun.append(self._threads.submit(self._write, shard))
            self._finish(_AT_ONCE)

    def finish_bundle(self) -> None:
        self._finish(0)

    def teardown(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    def _finish(self, begun: int) -> None:
        """Waits until no more than so many shards are begun; of pixels, no image is bad."""
        while len(self._begun) > begun:
            self._begun.popleft().result()

    def _write(self, shard: Shard) -> list[BadImage]:
        name = shard_name(shard.index, shard.count, self._compression)
        records, bad = shard_records(self._plan, shard, self._decode)
        path = FileSystems.join(self._folder, shard.split, name)
        write_file(path, compressed(records.data, self._compression), uuid.uuid4().hex)
        return bad


def _write_json(bad: list[BadImage], path: str) -> None:
    write_file(path, json.dumps([asdict(image) for image in bad]).encode(), uuid.uuid4().hex)


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
