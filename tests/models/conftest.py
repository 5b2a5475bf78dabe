"""Tiny examples, a transform graph for them, and processes that train on them."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from preprocessing.compression import compressed
from preprocessing.examples import SPLITS, Examples, ExamplesInfo, Split, shard_name
from preprocessing.records import RecordLayout

PROJECT = Path(__file__).parents[2]
IMAGE_SHAPE = (12, 12, 1)
CLASS_NAMES = ["bar", "cross", "dot"]

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")


def write_examples(
    folder: Path,
    shards: dict[str, list[int]],
    image_shape: tuple[int, int, int] = IMAGE_SHAPE,
    compression: str = "none",
) -> Examples:
    """Writes noise with a mark that tells the class; `shards` has the examples of each shard."""
    rng = np.random.default_rng(0)
    height, width, channels = image_shape
    layout = RecordLayout(height * width * channels)
    for split, sizes in shards.items():
        (folder / split).mkdir(parents=True)
        for index, size in enumerate(sizes):
            labels = rng.integers(0, len(CLASS_NAMES), size)
            images = rng.integers(0, 120, (size, *image_shape)).astype(np.uint8)
            for image, label in zip(images, labels, strict=True):
                if label == 0:
                    image[height // 2] = 255
                elif label == 1:
                    image[height // 2] = 255
                    image[:, width // 2] = 255
                else:
                    image[3:6, 3:6] = 255
            records = layout.allocate(size)
            layout.images(records)[:] = images.reshape(size, layout.image_bytes)
            layout.set_labels(records, labels)
            layout.seal(records)
            path = folder / split / shard_name(index, len(sizes), compression)
            path.write_bytes(compressed(records.data, compression))
    info = ExamplesInfo(
        challenge="quickdraw",
        image_shape=image_shape,
        class_names=CLASS_NAMES,
        seed=0,
        source="noise",
        source_fingerprint="0",
        pixel_mean=[70.0] * channels,
        pixel_variance=[4000.0] * channels,
        splits={split: Split(sum(sizes), len(sizes), 0) for split, sizes in shards.items()},
        compression=compression,
    )
    (folder / "examples.json").write_text(info.to_json())
    return Examples(folder)


def pixels_and_labels(
    examples: Examples, split: str
) -> tuple[
    np.ndarray[tuple[int, ...], np.dtype[np.uint8]], np.ndarray[tuple[int, ...], np.dtype[np.int32]]
]:
    """Returns a split in the order of its shards."""
    records = np.concatenate(examples.open(split))
    layout = examples.info.layout(split)
    images = layout.images(records).reshape(-1, *examples.info.image_shape)
    return images, layout.labels(records)


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    folder = tmp_path_factory.mktemp("data") / "examples"
    return write_examples(folder, dict(zip(SPLITS, ([100, 130], [60], [40]), strict=True)))


@pytest.fixture(scope="session")
def transform_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What preprocessing writes: raw bytes to int64 images, and the label vocabulary."""
    import apache_beam as beam
    import tensorflow as tf
    import tensorflow_transform as tft
    import tensorflow_transform.beam as tft_beam
    from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

    def preprocessing_fn(inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        image = tf.reshape(tf.io.decode_raw(inputs["image"], tf.uint8), [-1, *IMAGE_SHAPE])
        label = tft.compute_and_apply_vocabulary(inputs["label"], vocab_filename="labels")
        return {"image": tf.cast(image, tf.int64), "label": label}

    string = tf.io.FixedLenFeature([], tf.string)
    schema = schema_utils.schema_from_feature_spec({"image": string, "label": string})
    raw = [{"image": bytes(int(np.prod(IMAGE_SHAPE))), "label": b"bar"}]
    folder = tmp_path_factory.mktemp("transform") / "graph"
    scratch = str(tmp_path_factory.mktemp("scratch"))
    with tft_beam.Context(temp_dir=scratch), beam.Pipeline() as pipeline:
        data = pipeline | beam.Create(raw)
        transform_fn = (
            data,
            dataset_metadata.DatasetMetadata(schema),
        ) | tft_beam.AnalyzeDataset(preprocessing_fn)
        transform_fn | tft_beam.WriteTransformFn(str(folder))
    return folder


@pytest.fixture
def start() -> Callable[..., subprocess.Popen[str]]:
    """Starts a Python program in a process of its own, with the project on its path."""

    def run(program: str, *arguments: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", program, *map(str, arguments)],
            env=os.environ | {"PYTHONPATH": str(PROJECT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return run
