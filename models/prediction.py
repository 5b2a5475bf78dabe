"""Predicts a test set with a trained model: Apache Beam, the SavedModel and shards of examples.

    model/saved_model                                    predictions/
    examples/test/examples-00000-of-00008.tfrecord  ->       prediction.results-00000-of-00008

A shard is the unit of work: it is read, predicted and written by one worker, under another name
until it is whole. A record that the model cannot take costs its own prediction and no other.
"""

import time
from collections.abc import Iterator, Sequence
from glob import escape
from pathlib import Path
from uuid import uuid4

import apache_beam as beam
import numpy as np
from apache_beam.metrics import Metrics
from apache_beam.utils.shared import Shared

from models.prediction_files import RESULTS, results_name
from models.serving import SAVED_MODEL, ServedModel, json_line
from preprocessing.beam import (
    counters,
    make_folder,
    remove_files,
    run_pipeline,
    watch_files,
    write_file,
)
from preprocessing.compression import DAMAGED, open_shard
from preprocessing.errors import InputError
from preprocessing.examples import METADATA_FILE, ExamplesInfo
from preprocessing.files import first_line, list_files, open_file
from preprocessing.progress import report_progress
from preprocessing.records import Bytes, RecordLayout


def batch_predict(
    model_folder: str | Path,
    examples_folder: str | Path,
    output_folder: str | Path,
    beam_args: Sequence[str] = (),
    batch_size: int = 1024,
) -> dict[str, int]:
    """Predicts the test split of a folder of examples.

    Each shard becomes a file `prediction.results-00000-of-000NN` of JSON lines, as Vertex AI batch
    prediction writes them: `{"instance": {"image_id": ...}, "prediction": {"image_id": ...,
    "class_indexes": [...], "predictions": [...]}}`, or `error` (`code` and `message`) in
    `prediction`'s place for a record that the model fails on. Predictions that an earlier run left
    in the folder are removed.

    Args:
        model_folder: holds `saved_model`, whose `serving_default` takes `example_bytes`
            string[None] and returns `image_id` string[None], `class_indexes` int32[None, k] by
            falling score and `predictions` float32[None, k].
        examples_folder: what the preprocessing wrote. This and the other folders are local or
            `gs://`.
        output_folder: where the predictions go.
        beam_args: options for Apache Beam, such as `--runner=DataflowRunner`. By default the
            pipeline runs in this process.
        batch_size: how many records the model is given at once.

    Returns:
        `predicted` and `failed`: how many records.

    Raises:
        InputError: the model or the examples cannot be used, or the predictions not be written.
    """
    folders = (model_folder, examples_folder, output_folder)
    model, examples, output = (str(folder).rstrip("/") for folder in folders)
    info = _read_info(examples)
    test = info.splits.get("test")
    if test is None or not test.examples or not test.id_bytes:
        raise InputError(
            f"{examples}: no test split whose records hold an image_id; run the preprocessing"
            " with test examples"
        )
    if not _exists(f"{model}/{SAVED_MODEL}/saved_model.pb"):
        raise InputError(f"{model}: no {SAVED_MODEL} in it; expected what the training wrote")
    make_folder(output)
    _remove_predictions(output)
    files = [
        (f"{examples}/test/{shard}", f"{output}/{results_name(index, test.shards)}")
        for index, shard in enumerate(info.shard_names("test"))
    ]
    predict = _PredictShard(f"{model}/{SAVED_MODEL}", info.layout("test"), batch_size)

    def report(written: int) -> None:
        report_progress(written / test.shards, f"{written} of {test.shards} shards predicted")

    report_progress(0, f"predicting {test.examples:,} images in {test.shards} shards")
    start = time.monotonic()
    with watch_files(f"{escape(output)}/{RESULTS}*", report):
        result = run_pipeline(
            lambda pipeline: (
                pipeline
                | "Shards" >> beam.Create(files, reshuffle=True)
                | "Predict" >> beam.ParDo(predict)
            ),
            beam_args,
        )
    counts = {"predicted": 0, "failed": 0} | counters(result, __name__)
    found = sum(counts.values())
    if found != test.examples:
        _remove_predictions(output)
        raise InputError(
            f"{examples}: {found} test examples in the shards, but {METADATA_FILE} says"
            f" {test.examples}; run the preprocessing again"
        )
    rate = found / (time.monotonic() - start)
    report_progress(1, f"{found:,} images, {counts['failed']:,} failed, {rate:,.0f} images/s")
    return counts


class _PredictShard(beam.DoFn):  # type: ignore[misc]
    """Predicts shards, given as the path of the examples and that of the predictions.

    Args:
        saved_model: folder of the SavedModel.
        layout: of the records.
        batch_size: records that the model is given at once.
    """

    def __init__(self, saved_model: str, layout: RecordLayout, batch_size: int) -> None:
        self._saved_model = saved_model
        self._layout = layout
        self._batch_size = batch_size
        self._shared = Shared()

    def setup(self) -> None:
        """Loads the model, once for all threads of a worker."""
        self._model = self._shared.acquire(lambda: ServedModel(self._saved_model))

    def process(self, shard: tuple[str, str]) -> None:
        """Writes the predictions of one shard; doing it again writes the same file again."""
        examples, predictions = shard
        lines: list[bytes] = []
        failed = 0
        for records in _batches(examples, self._layout, self._batch_size):
            answers = self._model.predict(self._layout.serialized(records))
            lines += map(json_line, self._layout.ids(records).tolist(), answers)
            failed += sum(isinstance(answer, str) for answer in answers)
        write_file(predictions, b"".join(lines), uuid4().hex)
        Metrics.counter(__name__, "predicted").inc(len(lines) - failed)
        Metrics.counter(__name__, "failed").inc(failed)


def _batches(path: str, layout: RecordLayout, size: int) -> Iterator[Bytes]:
    """Yields the records of a shard as `[n, record_bytes]`, n up to `size`."""
    frame = layout.allocate(1)[:, :12]  # the length and its checksum, the same in every record
    try:
        with open_shard(path) as file:
            while data := file.read(size * layout.record_bytes):
                if len(data) % layout.record_bytes == 0:
                    records = np.frombuffer(data, np.uint8).reshape(-1, layout.record_bytes)
                    if (records[:, :12] == frame).all():
                        yield records
                        continue
                raise InputError(
                    f"{path}: expected whole records of {layout.record_bytes} bytes; the file is"
                    " cut or was written by something else: run the preprocessing again"
                )
    except DAMAGED as error:
        raise InputError(
            f"{path}: cannot be read ({first_line(error)}); run the preprocessing again"
        ) from None


def _read_info(examples: str) -> ExamplesInfo:
    path = f"{examples}/{METADATA_FILE}"
    if not _exists(path):
        raise InputError(
            f"{path}: not found, so {examples} is no complete folder of examples; run the"
            " preprocessing again"
        )
    with open_file(path) as file:
        return ExamplesInfo.from_json(file.read(), path)


def _exists(path: str) -> bool:
    return bool(list_files(escape(path)))


def _remove_predictions(folder: str) -> None:
    """Removes what an earlier run left, so that the folder never holds a mix of two."""
    remove_files(f"{escape(folder)}/{RESULTS}*")
    remove_files(f"{escape(folder)}/.{RESULTS}*")  # write_file's, of a worker that was killed
