"""The tf.Transform graph: how a raw record becomes an image, with the statistics of the data.

Training and serving use this one graph, so they cannot differ. It runs over batches of Arrow
records; a bounded sample by default, since the mean of 20,000 drawings is known well enough.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.io.filesystems import FileSystems

from preprocessing.beam import make_folder, remove_files, run_pipeline, runs_elsewhere
from preprocessing.decode import ImageDecoder, decode_images, give_each_image_one_thread
from preprocessing.folders import local_folder, upload_folder
from preprocessing.plan import Plan

SAMPLE_EXAMPLES = 20_000
"""Training examples whose pixels are analyzed, of images that are pixels already."""

SAMPLE_ENCODED = 2_000
"""The same of JPEG and PNG images, which take a hundred times as long."""

_BATCH_PIXELS = 2_048 * 784
_WRITTEN_LAST = "transform_fn/saved_model.pb"  # nothing reads a graph without it


@dataclass(frozen=True)
class Statistics:
    """What the analysis found.

    Attributes:
        pixel_mean: mean of each channel, 0 to 255.
        pixel_variance: variance of each channel.
        class_names: the label vocabulary, in label order.
    """

    pixel_mean: list[float]
    pixel_variance: list[float]
    class_names: list[str]


def analyze(
    plan: Plan,
    folder: str,
    full_pass: bool = False,
    beam_args: Sequence[str] = (),
) -> Statistics:
    """Analyzes the training split and writes the transform graph.

    Args:
        plan: where the training rows are.
        folder: gets `transform_fn/` and `transformed_metadata/`, as `tft.TFTransformOutput`
            reads them. The raw features are `image` (see `preprocessing.decode`), `label`
            (class name) and `label_rank`; the transformed ones `image` (int64 [H, W, C], 0 to 255),
            `label` (int64), `pixel_mean` and `pixel_variance` (float32 [C]). Local or `gs://`; a
            pass that runs here is written to local disk first and then uploaded.
        full_pass: over every training row, not over a sample.
        beam_args: Beam's own options.

    Returns:
        The statistics, read back from the graph that was written.
    """
    if "://" in folder and not (full_pass and runs_elsewhere(beam_args)):
        with TemporaryDirectory(prefix="transform-") as local:
            statistics = analyze(plan, local, full_pass, beam_args)
            upload_folder(local, folder, last=_WRITTEN_LAST)
        return statistics

    import tensorflow as tf
    import tensorflow_transform as tft
    import tensorflow_transform.beam as tft_beam
    from tensorflow_metadata.proto.v0 import schema_pb2
    from tfx_bsl.tfxio import tensor_adapter

    if plan.source.encoded:
        give_each_image_one_thread()
    counts = _analyzed_counts(plan, full_pass)

    def preprocessing_fn(inputs: dict[str, Any]) -> dict[str, Any]:
        # tf.Transform has no uint8 features.
        image = tf.cast(decode_images(inputs["image"], plan.image_shape, plan.crop), tf.int64)
        channels = image.shape[-1]
        pixels = tf.reshape(image, [-1, channels])
        # Sums of whole numbers are the same in whatever order the batches come.
        count, total, squares = (
            tf.cast(analyzer(values, reduce_instance_dims=False), tf.float64)
            for analyzer, values in (
                (tft.size, pixels),
                (tft.sum, pixels),
                (tft.sum, pixels * pixels),
            )
        )
        mean = total / count

        def of_every_example(statistic: Any) -> Any:
            row = tf.cast(tf.reshape(statistic, [1, channels]), tf.float32)
            return tf.tile(row, [tf.shape(image)[0], 1])

        return {
            "image": image,
            "label": tft.compute_and_apply_vocabulary(
                inputs["label"], weights=inputs["label_rank"], vocab_filename="labels"
            ),
            "pixel_mean": of_every_example(mean),
            "pixel_variance": of_every_example(squares / count - mean * mean),
        }

    config = tensor_adapter.TensorAdapterConfig(
        _ARROW_SCHEMA,
        {
            name: schema_pb2.TensorRepresentation(
                dense_tensor=schema_pb2.TensorRepresentation.DenseTensor(
                    column_name=name, shape=schema_pb2.FixedShape()
                )
            )
            for name in _ARROW_SCHEMA.names
        },
    )

    def build(pipeline: beam.Pipeline) -> None:
        raw = (
            pipeline
            | "Chunks" >> beam.Create(_chunks(counts, plan.image_bytes), reshuffle=full_pass)
            | "Read" >> beam.ParDo(_ReadChunk(plan, counts))
        )
        transform_fn = (raw, config) | tft_beam.AnalyzeDataset(preprocessing_fn)
        transform_fn | tft_beam.WriteTransformFn(folder)

    _remove(folder)  # of an earlier attempt
    make_folder(folder)
    scratch = FileSystems.join(folder, ".analysis")
    with tft_beam.Context(temp_dir=scratch):
        run_pipeline(build, beam_args if full_pass else ())
    _remove(scratch)
    return _read_back(tft.TFTransformOutput(folder), plan)


def _remove(folder: str) -> None:
    """Removes a folder with all that is in it, if it is there."""
    if "://" in folder:
        remove_files(f"{escape(folder)}/**")
    elif Path(folder).is_dir():
        shutil.rmtree(folder)


_ARROW_SCHEMA = pa.schema(
    {
        "image": pa.list_(pa.binary()),
        "label": pa.list_(pa.binary()),
        "label_rank": pa.list_(pa.float32()),
    }
)


def _analyzed_counts(plan: Plan, full_pass: bool) -> list[int]:
    """Returns how many training rows of each class are analyzed."""
    counts = plan.counts("train")
    if full_pass:
        return counts
    sample = SAMPLE_ENCODED if plan.source.encoded else SAMPLE_EXAMPLES
    return [min(count, -(-sample // len(counts))) for count in counts]


def _chunks(counts: list[int], image_bytes: int) -> list[tuple[int, int, int]]:
    """Lists (label, start, stop) of the training rows to analyze, at most a batch each."""
    batch = max(16, _BATCH_PIXELS // image_bytes)
    return [
        (label, start, min(start + batch, count))
        for label, count in enumerate(counts)
        for start in range(0, count, batch)
    ]


class _ReadChunk(beam.DoFn):  # type: ignore[misc]
    def __init__(self, plan: Plan, counts: list[int]) -> None:
        self._plan = plan
        self._counts = counts
        self._decode: ImageDecoder | None = None

    def setup(self) -> None:
        if self._plan.source.encoded:
            plan = self._plan
            self._decode = ImageDecoder(
                lambda images: decode_images(images, plan.image_shape, plan.crop), plan.image_bytes
            )

    def process(self, chunk: tuple[int, int, int]) -> Iterator[pa.RecordBatch]:
        label, start, stop = chunk
        pool = self._plan.pool("train")
        rows = pool.numbers(label, self._plan.rows(label, "train", start, stop))
        images = pool.read(np.sort(rows))
        if isinstance(images, list):
            # Decoded here, to leave out the bad ones, which are told when examples are written.
            assert self._decode is not None
            images, bad = self._decode(images)
            images = np.delete(images, list(bad), axis=0)
        pixels = pa.binary(self._plan.image_bytes)
        column = pa.FixedSizeBinaryArray.from_buffers(
            pixels, len(images), [None, pa.py_buffer(images)]
        ).cast(pa.binary())
        # The vocabulary is sorted by the sum of these weights: 1 for the last class, and 1 more
        # for each before it. So its order is that of the labels.
        classes = len(self._plan.class_names)
        rank = (classes - label) / self._counts[label] * len(rows) / max(1, len(images))
        columns = [
            column,
            pa.array([self._plan.class_names[label].encode()] * len(images), pa.binary()),
            pa.array(np.full(len(images), rank, np.float32)),
        ]
        one_each = pa.array(np.arange(len(images) + 1, dtype=np.int32))
        yield pa.RecordBatch.from_arrays(
            [pa.ListArray.from_arrays(one_each, column) for column in columns],
            schema=_ARROW_SCHEMA,
        )


def graph_decoder(folder: str, image_bytes: int) -> ImageDecoder:
    """Returns what decodes images as the transform graph in `folder` does, and so as serving does.

    Args:
        folder: what `analyze` wrote.
        image_bytes: height * width * channels.
    """
    import tensorflow as tf
    import tensorflow_transform as tft

    give_each_image_one_thread()
    with local_folder(folder) as path:
        transform = tft.TFTransformOutput(path).transform_features_layer()
    return ImageDecoder(
        lambda images: tf.cast(transform({"image": images})["image"], tf.uint8), image_bytes
    )


def _read_back(output: Any, plan: Plan) -> Statistics:
    """Applies the written graph to a blank image and returns the statistics that it holds."""
    import tensorflow as tf

    transformed = output.transform_features_layer()(
        {
            "image": tf.constant([bytes(plan.image_bytes)]),
            "label": tf.constant(plan.class_names[:1]),
            "label_rank": tf.constant([0.0]),
        }
    )
    return Statistics(
        transformed["pixel_mean"].numpy()[0].tolist(),
        transformed["pixel_variance"].numpy()[0].tolist(),
        [name.decode() for name in output.vocabulary_by_name("labels")],
    )
