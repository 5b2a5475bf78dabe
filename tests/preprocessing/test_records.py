"""The bytes of an example: right for TensorFlow, right for a memory map, refused when cut."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preprocessing.compression import compressed
from preprocessing.errors import InputError
from preprocessing.records import MAX_LABEL, RecordLayout


@given(
    images=st.integers(0, 5).flatmap(
        lambda n: st.lists(st.binary(min_size=12, max_size=12), min_size=n, max_size=n)
    ),
    label=st.integers(0, MAX_LABEL),
)
def test_what_is_written_is_read(images: list[bytes], label: int) -> None:
    layout = RecordLayout(12)
    records = layout.allocate(len(images))
    pixels = np.frombuffer(b"".join(images), np.uint8).reshape(-1, 12)
    layout.images(records)[:] = pixels
    layout.set_labels(records, np.full(len(images), label))
    layout.seal(records)
    assert (layout.images(records) == pixels).all()
    assert layout.labels(records).tolist() == [label] * len(images)


def test_tensorflow_reads_the_files(tmp_path: Path) -> None:
    import tensorflow as tf

    images = np.arange(3 * 784, dtype=np.uint32).astype(np.uint8).reshape(3, 784)
    layout = RecordLayout(784)
    records = layout.allocate(3)
    layout.images(records)[:] = images
    layout.set_labels(records, np.array([0, 5, MAX_LABEL]))
    layout.seal(records)
    path = tmp_path / "labeled"
    records.tofile(path)
    assert path.stat().st_size == 3 * 839

    raw = next(iter(tf.data.TFRecordDataset(str(path)).batch(3)))  # checks the checksums
    parsed = tf.io.parse_example(
        raw,
        {
            "image": tf.io.FixedLenFeature([], tf.string),
            "label": tf.io.FixedLenFeature([], tf.int64),
        },
    )
    assert parsed["label"].numpy().tolist() == [0, 5, MAX_LABEL]
    assert parsed["image"].numpy().tolist() == [image.tobytes() for image in images]
    assert layout.serialized(records) == raw.numpy().tolist()
    packed = tmp_path / "labeled.gz"
    packed.write_bytes(compressed(records.data, "gzip"))
    unpacked = tf.data.TFRecordDataset(str(packed), compression_type="GZIP")
    assert [record.numpy() for record in unpacked] == raw.numpy().tolist()

    layout = RecordLayout(784, id_bytes=4)
    records = layout.allocate(2)
    layout.set_ids(records, np.array([b"0007", b"0008"]))
    layout.seal(records)
    example = tf.train.Example.FromString(layout.serialized(records)[1])
    assert example.features.feature["image_id"].bytes_list.value == [b"0008"]
    assert "label" not in example.features.feature
    assert layout.ids(records).tolist() == [b"0007", b"0008"]


@pytest.mark.parametrize("side", [8, 10, 75, 96, 104, 106])  # with 3 channels
def test_pixels_lie_where_a_parser_finds_them_whatever_the_size(side: int) -> None:
    from tensorflow.core.example.example_pb2 import Example

    layout = RecordLayout(side * side * 3, id_bytes=2)
    pixels = np.random.default_rng(0).integers(0, 256, layout.image_bytes, dtype=np.uint8)
    records = layout.allocate(1)
    layout.images(records)[0] = pixels
    layout.set_ids(records, np.array([b"07"]))
    (serialized,) = layout.serialized(records)
    features = Example.FromString(serialized).features.feature
    assert features["image"].bytes_list.value == [pixels.tobytes()]
    assert features["image_id"].bytes_list.value == [b"07"]


def test_a_label_too_large_for_its_bytes_is_refused() -> None:
    layout = RecordLayout(4)
    with pytest.raises(ValueError, match="between 0 and 16383"):
        layout.set_labels(layout.allocate(1), np.array([MAX_LABEL + 1]))


@pytest.mark.parametrize("change", ["cut", "other", "missing"])
def test_a_damaged_shard_is_named(tmp_path: Path, change: str) -> None:
    layout = RecordLayout(784)
    path = tmp_path / "examples-00000-of-00001.tfrecord"
    data = layout.allocate(2).tobytes()
    if change != "missing":
        path.write_bytes(data[:-1] if change == "cut" else b"x" * len(data))
    with pytest.raises(InputError, match=f"{path}.*run the preprocessing again"):
        layout.open(path)
