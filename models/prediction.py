"""Predicts a test set with a trained model: Apache Beam, the SavedModel and shards of examples.

    model/saved_model                                    predictions/
    examples/test/examples-00000-of-00008.tfrecord  ->       prediction.results-00000-of-00008

A shard is the unit of work: it is read, predicted and written by one worker, under another name
until it is whole. A record that the model cannot take costs its own prediction and no other.
"""

import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import apache_beam as beam
import numpy as np
import orjson
from apache_beam.io.filesystems import FileSystems
from apache_beam.metrics import Metrics, MetricsFilter
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.utils.shared import Shared

from models.submission import RESULTS
from preprocessing.errors import InputError
from preprocessing.examples import METADATA_FILE, Examples, ExamplesInfo, shard_name
from preprocessing.progress import report_progress
from preprocessing.records import Bytes, RecordLayout

SAVED_MODEL = "saved_model"
OUTPUTS = ("image_id", "class_indexes", "predictions")

_INCOMPLETE = "incomplete-"
_REASON_CHARACTERS = 200
_REPORT_SECONDS = 10.0
_INVALID_ARGUMENT = 3  # of google.rpc.Code


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
    with _input_errors():
        return _predict(
            str(model_folder), str(examples_folder), str(output_folder), beam_args, batch_size
        )


def _predict(
    model: str, examples: str, output: str, beam_args: Sequence[str], batch_size: int
) -> dict[str, int]:
    info = _read_info(examples)
    test = info.splits.get("test")
    if test is None or not test.examples or not test.id_bytes:
        raise InputError(
            f"{examples}: no test split whose records hold an image_id; run the preprocessing"
            " with test examples"
        )
    if not _exists(FileSystems.join(model, SAVED_MODEL, "saved_model.pb")):
        raise InputError(f"{model}: no {SAVED_MODEL} in it; expected what the training wrote")
    shards = [
        (
            FileSystems.join(examples, "test", shard_name(index, test.shards)),
            results_name(index, test.shards),
        )
        for index in range(test.shards)
    ]
    _empty(output)
    report_progress(0, f"predicting {test.examples:,} images in {test.shards} shards")
    start = time.monotonic()
    # DirectRunner would fetch the Prism runner from the network; with this flag, which asks
    # nothing of a pipeline without triggers, it runs the pipeline itself.
    pipeline = beam.Pipeline(options=PipelineOptions(["--allow_unsafe_triggers", *beam_args]))
    _ = (
        pipeline
        | "Shards" >> beam.Create(shards)
        | "Spread" >> beam.Reshuffle()
        | "Predict" >> beam.ParDo(_PredictShard(model, output, info.layout("test"), batch_size))
    )
    with _reported(output, test.shards):
        result = pipeline.run()
        result.wait_until_finish()
    counts = {"predicted": 0, "failed": 0}
    for counter in result.metrics().query(MetricsFilter().with_namespace(__name__))["counters"]:
        counts[counter.key.metric.name] = counter.result
    found = sum(counts.values())
    if found != test.examples:
        _empty(output)
        raise InputError(
            f"{examples}: {found} test examples in the shards, but {METADATA_FILE} says"
            f" {test.examples}; run the preprocessing again"
        )
    rate = found / (time.monotonic() - start)
    report_progress(1, f"{found:,} images, {counts['failed']:,} failed, {rate:,.0f} images/s")
    return counts


def results_name(index: int, count: int) -> str:
    """Returns the name of the file of predictions of shard `index` of `count`."""
    return f"{RESULTS}{index:05d}-of-{count:05d}"


class _Model:
    """A SavedModel, copied here from wherever it is and loaded.

    Args:
        folder: the folder of the SavedModel.
    """

    def __init__(self, folder: str) -> None:
        import tensorflow as tf  # takes seconds, which the process that starts a run need not wait

        with TemporaryDirectory() as copy:
            _copy(folder, Path(copy))
            self._loaded = tf.saved_model.load(copy)
        signature = self._loaded.signatures.get("serving_default")
        inputs = signature and signature.structured_input_signature[1]
        outputs = signature and signature.structured_outputs
        if not signature or set(inputs) != {"example_bytes"} or not set(outputs) >= set(OUTPUTS):
            raise InputError(
                f"{folder}: expected a signature serving_default(example_bytes) ->"
                f" {', '.join(OUTPUTS)}; export the model again"
            )
        self._signature = signature
        self._constant = tf.constant
        self._error = tf.errors.OpError

    def predict(self, examples: list[bytes]) -> list[bytes | str]:
        """Returns for each serialized tf.Example its prediction as JSON, or why it failed."""
        try:
            outputs = self._signature(example_bytes=self._constant(examples))
        except (self._error, UnicodeDecodeError) as error:
            if len(examples) == 1:
                return [_reason(error)]
            half = (
                len(examples) // 2
            )  # halves single out the bad ones in fewer runs than one by one
            return self.predict(examples[:half]) + self.predict(examples[half:])
        ids, classes, scores = (outputs[name].numpy() for name in OUTPUTS)
        if not len(ids) == len(classes) == len(scores) == len(examples):
            raise InputError(
                f"the model answers {len(scores)} predictions for {len(examples)} examples;"
                " expected one for each: export the model again"
            )
        rows = zip(_json_ids(ids), _json_rows(classes), _json_rows(scores), strict=True)
        return [
            b'{"image_id":%b,"class_indexes":[%b],"predictions":[%b]}' % row
            if finite
            else "the model's predictions are not finite"
            for row, finite in zip(rows, np.isfinite(scores).all(axis=1), strict=True)
        ]


class _PredictShard(beam.DoFn):
    """Predicts shards, given as the path of the examples and the name of the file to write.

    Args:
        model_folder: holds the SavedModel.
        output_folder: where the files go.
        layout: of the records.
        batch_size: records that the model is given at once.
    """

    def __init__(
        self, model_folder: str, output_folder: str, layout: RecordLayout, batch_size: int
    ) -> None:
        self._saved_model = FileSystems.join(model_folder, SAVED_MODEL)
        self._output_folder = output_folder
        self._layout = layout
        self._batch_size = batch_size
        self._shared = Shared()

    def setup(self) -> None:
        """Loads the model, once for all threads of a worker."""
        self._model = self._shared.acquire(lambda: _Model(self._saved_model))

    def process(self, shard: tuple[str, str]) -> None:
        """Writes the predictions of one shard; doing it again writes the same file again."""
        examples, name = shard
        predictions = FileSystems.join(self._output_folder, name)
        incomplete = FileSystems.join(self._output_folder, f"{_INCOMPLETE}{name}-{uuid4().hex}")
        counts = {"predicted": 0, "failed": 0}
        try:
            with FileSystems.create(incomplete, "application/octet-stream") as file:
                for records in _batches(examples, self._layout, self._batch_size):
                    ids = _json_ids(self._layout.ids(records))
                    answers = self._model.predict(self._layout.serialized(records))
                    file.write(b"".join(map(_line, ids, answers)))
                    failed = sum(isinstance(answer, str) for answer in answers)
                    counts["failed"] += failed
                    counts["predicted"] += len(answers) - failed
            FileSystems.rename([incomplete], [predictions])
        except OSError as error:
            raise InputError(
                f"{predictions}: cannot be written ({_one_line(error)}); make room or choose"
                " another folder"
            ) from None
        finally:
            if _exists(incomplete):
                FileSystems.delete([incomplete])
        for count, number in counts.items():
            Metrics.counter(__name__, count).inc(number)


def _batches(path: str, layout: RecordLayout, size: int) -> Iterator[Bytes]:
    """Yields the records of a shard as `[n, record_bytes]`, n up to `size`."""
    frame = layout.allocate(1)[:, :12]  # the length and its checksum, the same in every record
    try:
        with FileSystems.open(path, "application/octet-stream") as file:
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
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({_one_line(error)}); run the preprocessing again"
        ) from None


def _reason(error: Exception) -> str:
    """Returns TensorFlow's own words, without what it tells of its graph and of the whole record.

    Where it quotes bytes that are no UTF-8, Python cannot even raise its message.
    """
    if isinstance(error, UnicodeDecodeError):
        return "not a record that the model can parse"
    words = str(error).split("<stack traces unavailable>\n")[-1].splitlines()
    return words[0][:_REASON_CHARACTERS]


def _line(image_id: bytes, answer: bytes | str) -> bytes:
    if isinstance(answer, bytes):
        return b'{"instance":{"image_id":%b},"prediction":%b}\n' % (image_id, answer)
    error = orjson.dumps({"code": _INVALID_ARGUMENT, "message": answer})
    return b'{"instance":{"image_id":%b},"error":%b}\n' % (image_id, error)


def _json_ids(ids: np.ndarray[Any, Any]) -> list[bytes]:
    """Returns each id as a JSON string, without the zeros that pad it."""
    return [orjson.dumps(i.rstrip(b"\0").decode(errors="replace")) for i in ids.tolist()]


def _json_rows(values: np.ndarray[Any, Any]) -> list[bytes]:
    """Returns the numbers of each row `[n, k]`, each the shortest text that reads back as it."""
    return orjson.dumps(values, option=orjson.OPT_SERIALIZE_NUMPY)[2:-2].split(b"],[")


def _read_info(examples_folder: str) -> ExamplesInfo:
    with TemporaryDirectory() as copy:
        try:
            _copy(examples_folder, Path(copy), METADATA_FILE)
            return Examples(copy).info
        except InputError as error:
            raise InputError(str(error).replace(copy, examples_folder)) from None


def _copy(folder: str, to: Path, pattern: str = "**") -> None:
    """Copies the files in `folder` that match, with the folders that they are in."""
    (match,) = FileSystems.match([FileSystems.join(folder, pattern)])
    for found in match.metadata_list:
        copy = to / found.path[len(folder) :].lstrip("/\\")
        copy.parent.mkdir(parents=True, exist_ok=True)
        with FileSystems.open(found.path, "application/octet-stream") as file:
            copy.write_bytes(file.read())


def _exists(path: str) -> bool:
    return bool(FileSystems.exists(path))


def _results(folder: str, beginning: str = RESULTS) -> list[str]:
    (match,) = FileSystems.match([FileSystems.join(folder, beginning + "*")])
    return [found.path for found in match.metadata_list]


def _empty(folder: str) -> None:
    """Removes what an earlier run left, so that the folder never holds a mix of two."""
    left = _results(folder) + _results(folder, _INCOMPLETE)
    if left:
        FileSystems.delete(left)


@contextmanager
def _reported(folder: str, shards: int) -> Iterator[None]:
    """Reports the progress now and then, by the files that are there, whatever runs elsewhere."""
    done = threading.Event()

    def report() -> None:
        while not done.wait(_REPORT_SECONDS):
            written = len(_results(folder))
            report_progress(written / shards, f"{written} of {shards} shards predicted")

    reporter = threading.Thread(target=report, daemon=True)
    reporter.start()
    try:
        yield
    finally:
        done.set()
        reporter.join()


@contextmanager
def _input_errors() -> Iterator[None]:
    """Raises as InputErrors what Beam says of files and options, and what a worker raised.

    A runner hands an InputError of a worker on as the text of its trace.
    """
    try:
        yield
    except (OSError, ValueError) as error:
        raise InputError(_one_line(error)) from error
    except Exception as error:
        found = re.findall(r"InputError: (.*?)(?: \[while running .*)?$", str(error), re.M)
        if not found:
            raise
        raise InputError(found[-1]) from None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
