"""Reading the challenges' own TFRecords: splits by name, ids as they are, damage told by record."""

import gzip
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preprocessing.challenge import Challenge, RecordFeatures
from preprocessing.errors import InputError
from preprocessing.examples import TEST_IDS_FILE, TEST_LABELS_FILE
from preprocessing.plan import Plan, plan_examples
from preprocessing.sources import record_blocks, tfrecords
from preprocessing.sources.files import SourceFiles
from preprocessing.sources.tfrecords import open_tfrecords
from preprocessing.split_sizes import SplitSizes
from preprocessing.write_examples import write_examples
from tests.preprocessing.raw_data import digits, encoded, example, record, write_records

Examples = list[bytes]


def mnist(count: int, seed: int = 0) -> Examples:
    """Returns labels 0, 1, ... 9, 0, ... with pixels."""
    return [
        example(image_raw=image.ravel().tolist(), label=[number % 10])
        for number, image in enumerate(digits(count, seed))
    ]


def photos(numbers: Sequence[int], labelled: bool = True) -> Examples:
    """Returns cats and dogs in turn; without labels as in the test set."""
    return [
        example(
            image__encoded=[encoded(number)],
            image__filename=[f"{number}.jpg".encode()],
            **({"image__class__label": [number % 2]} if labelled else {}),
        )
        for number in numbers
    ]


def drawings(count: int, classes: int, test: bool = False) -> Examples:
    return [
        example(
            image=[encoded(number, form="PNG", mode="L")],
            **({"image_id": [f"id{number}".encode()]} if test else {"label": [number % classes]}),
        )
        for number in range(count)
    ]


def plan_of(source: Path | str, challenge: str = "mnist") -> Plan:
    return plan_examples(str(source), challenge, SplitSizes(0, 1, 1), seed=0, shard_size=7)


def images_of(plan: Plan, label: int) -> Any:
    pool = plan.source.train
    return pool.read(pool.numbers(label, np.arange(pool.counts[label])))


def test_mnist(tmp_path: Path) -> None:
    write_records(tmp_path / "train.tfrecords", mnist(40))
    write_records(tmp_path / "validation.tfrecords", mnist(20, seed=1))
    write_records(tmp_path / "test.tfrecords", mnist(11, seed=2))
    plan = plan_of(tmp_path)
    assert plan.class_names == list("0123456789")
    assert not plan.source.encoded
    assert plan.counts("train") == [4] * 10
    assert plan.counts("validation") == [1] * 10
    assert (images_of(plan, 3) == digits(40)[3::10].reshape(4, 784)).all()
    examples = tmp_path / "examples"
    write_examples(plan, str(examples), "unread")
    ids = (examples / TEST_IDS_FILE).read_text().split()
    labels = (examples / TEST_LABELS_FILE).read_text().split()
    assert ids == ["Id", *map(str, range(11))]
    assert labels == ["Id,Category", *(f"{row},{row % 10}" for row in range(11))]
    test = plan.source.test
    assert test is not None
    assert (test.reader.read(np.arange(11)) == digits(11, seed=2).reshape(11, 784)).all()


def test_cats_vs_dogs_in_shards_without_ending(tmp_path: Path) -> None:
    for shard in range(14):
        name = f"train-{shard:05d}-of-00014"
        write_records(tmp_path / name, photos(range(shard * 5, shard * 5 + 5)))
    for shard, numbers in enumerate(([9, 100, 7], [8])):
        write_records(tmp_path / f"test-{shard:05d}-of-00002", photos(numbers, labelled=False))
    plan = plan_of(tmp_path, "cats_vs_dogs")
    assert plan.class_names == ["cat", "dog"]
    assert plan.source.encoded
    assert plan.source.train.counts == [35, 35]
    assert images_of(plan, 1) == [encoded(number) for number in range(1, 70, 2)]
    pool = plan.pool("train")
    (number,) = pool.numbers(1, np.array([3])).tolist()
    assert pool.name(number) == f"{tmp_path}/train-00001-of-00014, record 2"
    test = plan.source.test
    assert test is not None
    assert test.ids == ["9.jpg", "100.jpg", "7.jpg", "8.jpg"]  # the order of the records
    assert test.labels is None
    assert test.reader.read(np.arange(4)) == [encoded(number) for number in (9, 100, 7, 8)]


@pytest.mark.parametrize(("challenge", "classes"), [("quickdraw", 10), ("renaissance", 3)])
def test_drawings_and_their_ids(tmp_path: Path, challenge: str, classes: int) -> None:
    write_records(tmp_path / "train" / "a.tfrecord", drawings(30, classes))
    write_records(tmp_path / "train" / "b.tfrecord", drawings(30, classes))
    write_records(tmp_path / "test" / "a.tfrecord", drawings(5, classes, test=True))
    plan = plan_of(tmp_path, challenge)
    numbers = [str(label) for label in range(classes)]
    assert plan.class_names[:3] == (["ants", "boomerang", "cake"] if classes > 3 else numbers)
    assert plan.source.train.counts == [60 // classes] * classes
    assert images_of(plan, 2)[1] == encoded(2 + classes, form="PNG", mode="L")
    test = plan.source.test
    assert test is not None
    assert test.ids == [f"id{number}" for number in range(5)]


def test_a_file_beside_names_the_classes(tmp_path: Path) -> None:
    write_records(tmp_path / "data-00000-of-00001", drawings(30, 3))
    (tmp_path / "labels.txt").write_text("traffic light\r\nThe Eiffel Tower\n\ncake\n")
    for source in (tmp_path, f"{tmp_path}/data-*"):
        names = plan_of(source, "renaissance").class_names
        assert names == ["traffic light", "The Eiffel Tower", "cake"]


def test_the_split_is_a_word_anywhere_in_the_name(tmp_path: Path) -> None:
    """A test set that is taken for training data would spoil every score without a word."""
    write_records(tmp_path / "mnist_train.tfrecords", mnist(30))
    write_records(tmp_path / "mnist-test.tfrecords", mnist(10, seed=1))
    write_records(tmp_path / "test_set" / "more.tfrecords", mnist(10, seed=2))
    plan = plan_of(tmp_path)
    assert plan.source.train.counts == [3] * 10
    assert plan.counts("test") == [20]


lists_of_records = st.lists(
    st.tuples(st.binary(max_size=300), st.integers(0, 3)), min_size=1, max_size=20
)


@settings(max_examples=60, deadline=None)
@given(records=lists_of_records, files=st.integers(1, 3), block=st.integers(1, 700))
def test_any_records_are_found_wherever_blocks_end(
    records: list[tuple[bytes, int]], files: int, block: int
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(record_blocks, "_BLOCK_BYTES", block)
        patch.setattr(tfrecords, "NEARBY_BYTES", {False: block})
        for file in range(files):
            chunk = records[file * len(records) // files : (file + 1) * len(records) // files]
            examples = [example(image=[image], label=[label]) for image, label in chunk]
            write_records(Path(folder) / f"{file}.tfrecord", examples)
        features = RecordFeatures("image", "label", "image_id")
        letters = Challenge("letters", (28, 28, 1), 1, features, tuple("abcd"))
        pool = open_tfrecords(SourceFiles(folder), letters, 784).train
        for label in range(4):
            expected = [image for image, its_label in records if its_label == label]
            assert pool.counts[label] == len(expected)
            if expected:
                numbers = pool.numbers(label, np.arange(len(expected)))
                assert pool.read(numbers) == expected


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "run-1-of-3"  # is no shard
    for shard in (0, 1, 3):
        write_records(folder / f"train-{shard:05d}-of-00004", mnist(30))
    with pytest.raises(
        InputError, match=r"train: 1 of 4 shards are missing.* train-00002-of-00004; fetch it"
    ):
        plan_of(folder)
    write_records(folder / "train-00002-of-00004", mnist(30))
    assert plan_of(folder).source.train.counts == [12] * 10


GOOD = b"".join(map(record, mnist(30)))
LAST = len(b"".join(map(record, mnist(30)[:-1])))
SIZE = len(record(mnist(1)[0]))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (GOOD[:-5], rf"ends within the record at byte {LAST}; fetch it again"),
        (GOOD[: SIZE + 5], rf"ends within the record at byte {SIZE}; fetch"),
        (
            GOOD[: SIZE + 99] + bytes([GOOD[SIZE + 99] ^ 1]) + GOOD[SIZE + 100 :],
            rf"the record at byte {SIZE} fails its checksum; fetch the file again",
        ),
        (b"\1" + GOOD[1:], "no TFRecord at byte 0; the file is damaged or something else: fetch"),
        (gzip.compress(GOOD), "no TFRecord at byte 0; .*unpack it with gunzip"),
        (b"label,pixel0,pixel1\n1,0,0\n", "no TFRecord at byte 0; .*fetch it again"),
        (b"text", "ends within the record at byte 0; fetch it again"),
        (b"", "no records in it; fetch it again"),
        (GOOD + record(b"text"), r", record 30: not a tf.Example with the features 'label' \(int"),
    ],
    ids=["cut", "cut in a header", "flipped", "header", "gzip", "csv", "text", "empty", "other"],
)
def test_a_damaged_file_is_named(tmp_path: Path, data: bytes, told: str) -> None:
    (tmp_path / "train.tfrecords").write_bytes(data)
    with pytest.raises(InputError, match=rf"train.tfrecords(: |){told}") as raised:
        plan_of(tmp_path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (
            example(image_raw=[0] * 784, label=[10]),
            "label 10 in the feature 'label'; expected 0 to",
        ),
        (
            example(image_raw=[0] * 784, label=[-1]),
            "no label in the feature 'label'; expected 0 to",
        ),
        (example(image_raw=[0] * 784, label=[-2]), "label -2 in the feature 'label'; expected 0"),
        (example(image_raw=[0] * 784), "no label in the feature 'label'; expected 0 to 9"),
        (example(image_raw=[0] * 784, label=[0, 1]), "2 values in the feature 'label'; expected"),
        (example(image_raw=[0] * 784, label=[1.0]), r"not a tf.Example .*found float_list"),
        (example(image_raw=[0] * 784, label=[b"1"]), r"not a tf.Example .*found bytes_list"),
        (b"", "not? (a tf.Example|label)"),
    ],
)
def test_a_record_whose_label_cannot_be_used_is_named(
    tmp_path: Path, bad: bytes, told: str
) -> None:
    write_records(tmp_path / "train-a.tfrecords", mnist(30))
    write_records(tmp_path / "train-b.tfrecords", [*mnist(4), bad, *mnist(30)])
    with pytest.raises(InputError, match=rf"train-b.tfrecords, record 4: {told}"):
        plan_of(tmp_path)


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (example(image_raw=[0] * 783, label=[7]), "783 pixels in .*; expected 784"),
        (example(label=[7]), "0 pixels in the feature 'image_raw'; expected 784"),
        (example(image_raw=[0] * 783 + [256], label=[7]), "a pixel beyond 0 to 255"),
        (example(image_raw=[-1] + [0] * 783, label=[7]), "a pixel beyond 0 to 255"),
        (example(image_raw=[0.5] * 784, label=[7]), "not a tf.Example .*found float_list"),
        (example(image_raw=[bytes(784)], label=[7]), "not a tf.Example .*found bytes_list"),
    ],
)  # fmt: skip
def test_pixels_that_cannot_be_used_are_named(tmp_path: Path, bad: bytes, told: str) -> None:
    write_records(tmp_path / "train.tfrecords", [*mnist(30), bad, *mnist(30)])
    with pytest.raises(InputError, match=rf"train.tfrecords, record 30: {told}"):
        images_of(plan_of(tmp_path), 7)


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (example(image=[b"1", b"2"], label=[1]), "expected one image in the feature 'image'"),
        (example(label=[1]), "expected one image in the feature 'image'"),
        (example(image=[1, 2], label=[1]), "not a tf.Example .*'image' .bytes.*found int64_list"),
    ],
)
def test_a_record_without_its_one_image_is_named(tmp_path: Path, bad: bytes, told: str) -> None:
    write_records(tmp_path / "train.tfrecords", [*drawings(9, 3), bad])
    with pytest.raises(InputError, match=rf"train.tfrecords, record 9: {told}"):
        images_of(plan_of(tmp_path, "renaissance"), 1)


def test_ids_are_there_once_each_or_not_at_all(tmp_path: Path) -> None:
    write_records(tmp_path / "train.tfrecord", photos(range(10)))
    doubled = tmp_path / "test.tfrecord"
    write_records(doubled, photos([1, 2, 3, 2]))
    with pytest.raises(InputError, match=r"record 3: a second record with the id '2.jpg'"):
        plan_of(tmp_path, "cats_vs_dogs")
    write_records(doubled, [*photos([1, 2]), example(image__encoded=[encoded(3)])])
    with pytest.raises(InputError, match=r"test.tfrecord, record 2: no id in it, but in other"):
        plan_of(tmp_path, "cats_vs_dogs")
    write_records(doubled, [example(image__encoded=[encoded(3)])] * 3)
    test = plan_of(tmp_path, "cats_vs_dogs").source.test
    assert test is not None
    assert test.ids == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ("a\nb\nb\n", r"labels.txt: 2 different names in 3 lines; expected the name of each"),
        ("", r"labels.txt: 0 different names in 0 lines"),
        ("a\nb\n", r"record 2: label 2 in the feature 'label'; expected 0 to 1"),
        ("a\nb\nc\nd\n", "class 'd' has 0 images"),
    ],
)
def test_class_names_that_do_not_fit_are_refused(tmp_path: Path, names: str, told: str) -> None:
    write_records(tmp_path / "train.tfrecord", drawings(30, 3))
    (tmp_path / "labels.txt").write_text(names)
    with pytest.raises(InputError, match=told):
        plan_of(tmp_path, "renaissance")


def test_without_any_label_or_training_data_nothing_is_made_up(tmp_path: Path) -> None:
    write_records(tmp_path / "a.tfrecord", drawings(5, 3, test=True))
    with pytest.raises(
        InputError, match=r"record 0: no label .* expected a whole number from 0 on"
    ):
        plan_of(tmp_path, "renaissance")
    (tmp_path / "a.tfrecord").rename(tmp_path / "test.tfrecord")
    with pytest.raises(InputError, match="no records to train on"):
        plan_of(tmp_path, "renaissance")


def test_pixels_in_records_are_not_resized(tmp_path: Path) -> None:
    write_records(tmp_path / "train.tfrecords", mnist(30))
    with pytest.raises(InputError, match=r"image_size=32: .* holds pixels of 28x28"):
        plan_examples(str(tmp_path), "mnist", SplitSizes(), 0, 10, image_size=32)
