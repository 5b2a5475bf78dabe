import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import dataset
from models import input as model_input
from models.ahead import Ahead
from models.input import ExampleBatches, local_examples
from preprocessing.errors import InputError
from preprocessing.examples import Examples
from tests.models.conftest import pixels_and_labels, write_examples


def collect(batches: ExampleBatches) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    every = [batches[index] for index in range(len(batches))]
    return np.concatenate([b[0] for b in every]), np.concatenate([b[1] for b in every])


def fingerprints(images: np.ndarray, labels: np.ndarray) -> list[bytes]:  # type: ignore[type-arg]
    return [image.tobytes() + bytes([label]) for image, label in zip(images, labels, strict=True)]


@settings(max_examples=40, deadline=None)
@given(
    shards=st.lists(st.integers(0, 200), min_size=1, max_size=4).filter(any),
    batch_size=st.integers(1, 300),
    seed=st.integers(0, 5),
    first=st.integers(0, 10),
)
def test_an_epoch_has_every_record_once(
    shards: list[int], batch_size: int, seed: int, first: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        examples = write_examples(Path(folder), {"train": shards}, (4, 4, 3))
        batches = ExampleBatches(examples, "train", batch_size, (seed, 0))
        images, labels = collect(batches)
        expected = fingerprints(*pixels_and_labels(examples, "train"))
        assert sorted(fingerprints(images, labels)) == sorted(expected)

        if first < len(batches):
            rest = collect(ExampleBatches(examples, "train", batch_size, (seed, 0), first))
            np.testing.assert_array_equal(rest[0], images[first * batch_size :])


def test_order_is_decided_by_seed_and_epoch(examples: Examples) -> None:
    def order(seed: int, epoch: int) -> list[int]:
        return list(collect(ExampleBatches(examples, "train", 32, (seed, epoch)))[1])

    assert order(1, 2) == order(1, 2)
    assert len({tuple(order(*key)) for key in ((1, 2), (1, 3), (2, 2))}) == 3


def test_batches_prepared_by_threads_are_the_same(examples: Examples) -> None:
    batches = ExampleBatches(examples, "train", 7, (1, 2))
    batches.workers = 4
    threads = set(threading.enumerate())
    with Ahead(batches) as ahead:
        assert ahead[0][0].tobytes() == batches[0][0].tobytes()  # Keras looks at the first ones
        for _ in range(2):
            for index in range(len(batches)):
                for prepared, own in zip(ahead[index], batches[index], strict=True):
                    np.testing.assert_array_equal(prepared, own)
    assert set(threading.enumerate()) <= threads  # none of its own is left


def test_a_tensorflow_dataset_has_the_same_batches(
    examples: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = ExampleBatches(examples, "train", 7, (1, 2), first_batch=3)
    image = batches[0][0][0].nbytes
    for size in (1, 7 * image * 4, 7 * image * 1000):  # batches that cross at a time: 1, 4, all
        monkeypatch.setattr(dataset, "_BYTES", size)
        found = list(dataset.as_dataset(batches).as_numpy_iterator())
        assert len(found) == len(batches)
        for index, batch in enumerate(found):
            for part, own in zip(batch, batches[index], strict=True):
                np.testing.assert_array_equal(part, own)


def test_without_order_records_come_as_they_lie(examples: Examples) -> None:
    images, labels = collect(ExampleBatches(examples, "validation", 7))
    expected = pixels_and_labels(examples, "validation")
    np.testing.assert_array_equal(images, expected[0])
    np.testing.assert_array_equal(labels, expected[1])
    assert images.dtype == np.uint8


def test_another_epoch_opens_no_other_files(examples: Examples) -> None:
    batches = [ExampleBatches(examples, "train", 32, (0, epoch)) for epoch in range(2)]
    files = len(list(Path("/dev/fd").iterdir()))
    batches += [ExampleBatches(examples, "train", 32, (0, epoch)) for epoch in range(2, 9)]
    assert len(list(Path("/dev/fd").iterdir())) == files


def test_batches_are_filled_up_for_several_accelerators(examples: Examples) -> None:
    images, labels, weights = ExampleBatches(examples, "validation", 7, multiple=4)[0]
    assert (len(images), len(labels), weights.tolist()) == (8, 8, [1.0] * 7 + [0.0])
    np.testing.assert_array_equal(images[7], images[0])


def test_mounted_buckets_are_copied(examples: Examples, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_input, "MOUNTED_BUCKETS", str(examples.folder.parent))
    with local_examples(examples.folder) as copy:
        assert copy.folder != examples.folder
        assert copy.info == examples.info
        assert len(collect(ExampleBatches(copy, "train", 50))[1]) == 230
    assert not copy.folder.exists()


def test_compressed_shards_of_a_mounted_bucket_are_not_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = write_examples(tmp_path, {"train": [40], "validation": [8]}, compression="gzip")
    monkeypatch.setattr(model_input, "MOUNTED_BUCKETS", str(tmp_path.parent))
    with local_examples(tmp_path) as examples:
        assert examples.folder == written.folder
        assert len(collect(ExampleBatches(examples, "train", 50))[1]) == 40


def test_an_empty_split_is_told(tmp_path: Path) -> None:
    examples = write_examples(tmp_path, {"train": [5], "validation": [0]})
    with pytest.raises(InputError, match="validation: no examples"):
        ExampleBatches(examples, "validation", 4)
