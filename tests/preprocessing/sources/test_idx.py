"""Reading idx files, as MNIST comes: its own test set whole, its labels where there are some."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from preprocessing.errors import InputError
from preprocessing.examples import SPLITS, TEST_IDS_FILE, TEST_LABELS_FILE
from preprocessing.plan import Plan, plan_examples
from preprocessing.records import RecordLayout
from preprocessing.split_sizes import SplitSizes
from preprocessing.write_examples import shard_records, write_examples
from tests.preprocessing.raw_data import digits, write_idx

IMAGES, LABELS = "images-idx3-ubyte", "labels-idx1-ubyte"
TRAIN = digits(60)
TRAIN_LABELS = (np.arange(60) * 7 % 10).astype(np.uint8)
TEST = digits(25, seed=1)
TEST_LABELS = np.arange(25, dtype=np.uint8) % 10


def write_split(folder: Path, split: str, images: Any, labels: Any, ending: str = ".gz") -> None:
    write_idx(folder / f"{split}-{IMAGES}{ending}", images)
    write_idx(folder / f"{split}-{LABELS}{ending}", labels)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Returns a folder with the four files of MNIST."""
    write_split(tmp_path / "mnist", "train", TRAIN, TRAIN_LABELS)
    write_split(tmp_path / "mnist", "t10k", TEST, TEST_LABELS)
    return tmp_path / "mnist"


def plan_of(source: Path, challenge: str = "mnist", image_size: int = 0) -> Plan:
    return plan_examples(str(source), challenge, SplitSizes(0, 1, 1), 0, 10, image_size)


def images_of(plan: Plan, split: str) -> Any:
    layout = RecordLayout(784, plan.split(split).id_bytes)
    shards = [shard for shard in plan.shards() if shard.split == split]
    return np.concatenate([layout.images(shard_records(plan, shard)[0]) for shard in shards])


def test_the_test_set_is_used_whole_in_its_order(folder: Path, tmp_path: Path) -> None:
    plan = plan_of(folder)
    assert (images_of(plan, "test") == TEST.reshape(25, 784)).all()
    assert plan.class_names == list("0123456789")
    assert plan.split("test").by_class == {str(n): 3 if n < 5 else 2 for n in range(10)}
    write_examples(plan, str(tmp_path / "examples"), "unread")
    ids = (tmp_path / "examples" / TEST_IDS_FILE).read_text().splitlines()
    assert ids == ["Id", *map(str, range(25))]
    labels = (tmp_path / "examples" / TEST_LABELS_FILE).read_text().splitlines()
    assert labels == ["Id,Category", *(f"{n},{n % 10}" for n in range(25))]


def test_no_row_is_in_two_splits_and_each_has_its_label(folder: Path) -> None:
    plan = plan_of(folder)
    label_of = {
        image.tobytes(): label
        for images, labels in ((TRAIN, TRAIN_LABELS), (TEST, TEST_LABELS))
        for image, label in zip(images, labels, strict=True)
    }
    found = [image.tobytes() for split in SPLITS for image in images_of(plan, split)]
    assert len(found) == len(set(found)) == 85
    layout = RecordLayout(784)
    for shard in plan.shards():
        if shard.split != "test":
            records, bad = shard_records(plan, shard)
            assert bad == []
            images = [image.tobytes() for image in layout.images(records)]
            assert [label_of[image] for image in images] == layout.labels(records).tolist()


def test_without_labels_of_the_test_set_there_are_none(folder: Path, tmp_path: Path) -> None:
    (folder / f"t10k-{LABELS}.gz").unlink()
    plan = plan_of(folder)
    assert plan.split("test").by_class == {}
    write_examples(plan, str(tmp_path / "examples"), "unread")
    assert (tmp_path / "examples" / TEST_IDS_FILE).exists()
    assert not (tmp_path / "examples" / TEST_LABELS_FILE).exists()


def test_plain_files_are_read_as_compressed_ones_are(folder: Path, tmp_path: Path) -> None:
    write_split(tmp_path / "plain", "train", TRAIN, TRAIN_LABELS, ending="")
    write_split(tmp_path / "plain", "t10k", TEST, TEST_LABELS, ending="")
    for split in SPLITS:
        same = images_of(plan_of(tmp_path / "plain"), split) == images_of(plan_of(folder), split)
        assert same.all()


def test_a_validation_pair_is_the_validation_split(folder: Path) -> None:
    validation = digits(30, seed=2)
    write_split(folder, "validation", validation, np.arange(30, dtype=np.uint8) % 10)
    plan = plan_examples(str(folder), "mnist", SplitSizes(0, 2, 1), 0, 10)
    assert plan.counts("train") == [6] * 10  # none was taken from it
    drawn = {image.tobytes() for image in images_of(plan, "validation")}
    assert len(drawn) == 20
    assert drawn <= {image.tobytes() for image in validation}


def test_without_a_test_set_one_is_drawn(folder: Path) -> None:
    for path in folder.glob("t10k-*"):
        path.unlink()
    plan = plan_of(folder)
    assert [plan.counts(split) for split in SPLITS] == [[4] * 10, [1] * 10, [1] * 10]


def test_the_names_of_other_data_of_this_format(tmp_path: Path) -> None:
    for split, images, labels in (("train", TRAIN, TRAIN_LABELS), ("test", TEST, TEST_LABELS)):
        write_idx(tmp_path / f"emnist-digits-{split}-{IMAGES}.gz", images)
        write_idx(tmp_path / f"emnist-digits-{split}-{LABELS}.gz", labels)
    assert plan_of(tmp_path).counts("test") == [25]


def spoil(folder: Path, how: str) -> None:
    """Makes MNIST's files bad in the given way."""
    images, labels = folder / f"train-{IMAGES}.gz", folder / f"train-{LABELS}.gz"
    match how:
        case "gzip cut":
            images.write_bytes(images.read_bytes()[:-500])
        case "no gzip":
            images.write_bytes(gzip.decompress(images.read_bytes()))
        case "no bytes":
            labels.write_bytes(b"")
        case "idx cut":
            images.write_bytes(gzip.compress(gzip.decompress(images.read_bytes())[:-1]))
        case "header cut":
            labels.write_bytes(gzip.compress(b"\0\0\x08\x01\0"))
        case "magic":
            images.write_bytes(gzip.compress(b"P5 28 28 255 and so on"))
        case "float":
            write_idx(images, TRAIN.astype(np.float32), kind=0x0D)
        case "labels missing":
            labels.unlink()
        case "fewer labels":
            write_idx(labels, TRAIN_LABELS[:-1])
        case "images for labels":
            write_idx(labels, TRAIN)
        case "label 10":
            write_idx(labels, np.where(np.arange(60) == 41, 10, TRAIN_LABELS).astype(np.uint8))
        case "test label 10":
            write_idx(folder / f"t10k-{LABELS}.gz", TEST_LABELS + 1)
        case "32x32":
            write_split(folder, "train", np.zeros((60, 32, 32), np.uint8), TRAIN_LABELS)
        case "no images":
            write_split(folder, "t10k", TEST[:0], TEST_LABELS[:0])
        case "two train files":
            write_split(folder, "train2", TRAIN, TRAIN_LABELS)
        case "no split":
            images.rename(folder / f"digits-{IMAGES}.gz")
        case "no train":
            images.unlink()


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("gzip cut", r"train-images\S+: not a whole gzip file \(.+\); fetch it again"),
        ("no gzip", r"train-images\S+: not a whole gzip file \(Not a gzipped file"),
        ("no bytes", r"train-labels\S+: begins with the bytes \(none\); expected 00 00 08 03"),
        ("idx cut", r"train-images\S+: its header promises 47056 bytes, it has 47055; fetch"),
        ("header cut", r"train-labels\S+: its header promises 8 bytes, it has 5; fetch"),
        ("magic", r"train-images\S+: begins with the bytes 50 35 20 32; expected 00 00 08 03"),
        ("float", r"train-images\S+: begins with the bytes 00 00 0d 03; .*images of uint8"),
        ("labels missing", r"train-images\S+: its labels are missing; expected \S+train-labels"),
        ("fewer labels", r"train-labels\S+: holds \[59\] labels, but \S+ has 60 images; fetch"),
        ("images for labels", r"train-labels\S+: holds \[60, 28, 28\] labels, but"),
        ("label 10", r"train-images\S+, image 41: its label is 10; expected 0 to 9"),
        ("test label 10", r"t10k-images\S+, image 9: its label is 10; expected 0 to 9"),
        (
            "32x32",
            r"train-images\S+: holds grey images, \[60, 32, 32\];"
            r" expected one or more of \[28, 28\]$",
        ),
        ("no images", r"t10k-images\S+: holds grey images, \[0, 28, 28\]; expected one or more"),
        ("two train files", r"train2-images\S+: expected one file of images for each of train"),
        ("no split", r"digits-images\S+: expected one file of images for each of train"),
        ("no train", r"mnist: no images to train on; expected train-images-idx3-ubyte.gz"),
    ],
)
def test_a_bad_file_is_named(folder: Path, how: str, message: str) -> None:
    spoil(folder, how)
    with pytest.raises(InputError, match=message) as raised:
        plan_of(folder)
    assert "\n" not in str(raised.value)


def test_a_label_that_the_training_labels_lack_is_named(tmp_path: Path) -> None:
    """Where the challenge has no names of its own, the training labels say how many there are."""
    write_split(tmp_path, "train", TRAIN, TRAIN_LABELS % 5)
    write_split(tmp_path, "t10k", TEST, TEST_LABELS)
    with pytest.raises(InputError, match=r"t10k-images\S+, image 5: its label is 5; expected 0 to"):
        plan_of(tmp_path, "renaissance")


def test_pixels_are_not_resized(folder: Path) -> None:
    with pytest.raises(InputError, match=r"image_size=32: .* holds pixels of 28x28.*leave it out"):
        plan_of(folder, image_size=32)
    assert plan_of(folder, image_size=28).image_shape == (28, 28, 1)
