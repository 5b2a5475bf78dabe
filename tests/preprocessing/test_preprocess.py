"""The whole step: what it promises of the examples, and how it fails."""

import csv
import hashlib
import multiprocessing
import os
import resource
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from preprocessing import preprocess as module
from preprocessing import transform
from preprocessing.errors import InputError
from preprocessing.examples import METADATA_FILE, SPLITS, TEST_IDS_FILE, TEST_LABELS_FILE, Examples
from preprocessing.plan import Plan, plan_examples
from preprocessing.preprocess import preprocess
from preprocessing.records import Bytes, RecordLayout
from preprocessing.sources.bitmaps import Bitmaps
from preprocessing.sources.source import Rows
from preprocessing.split_sizes import SplitSizes
from preprocessing.write_examples import shard_records, write_examples
from tests.conftest import WriteBitmaps

ROWS = {"ant": 300, "cake": 200, "lion": 37}
SIZES = SplitSizes(150, 20, 30)


def run(source: Path, folder: Path, sizes: SplitSizes = SIZES) -> Examples:
    examples, transform = str(folder / "examples"), str(folder / "transform")
    preprocess(str(source), examples, transform, "quickdraw", sizes, shard_size=100)
    return Examples(folder / "examples")


def plan_of(source: Path, seed: int = 0) -> Plan:
    return plan_examples(str(source), "quickdraw", SIZES, seed, shard_size=100)


def images_of(plan: Plan, split: str) -> set[bytes]:
    layout = RecordLayout(784, plan.split(split).id_bytes)
    return {
        image.tobytes()
        for shard in plan.shards()
        if shard.split == split
        for image in layout.images(shard_records(plan, shard)[0])
    }


def digests(folder: Path) -> dict[str, str]:
    """Returns the hash of every finished file but examples.json."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != METADATA_FILE and not path.name.startswith(".")
    }


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory, write_bitmaps: WriteBitmaps) -> Path:
    return write_bitmaps(tmp_path_factory.mktemp("source"), ROWS)


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory, source: Path) -> Path:
    folder = tmp_path_factory.mktemp("output")
    run(source, folder)
    return folder


@pytest.fixture(scope="module")
def examples(output: Path) -> Examples:
    return Examples(output / "examples")


def images_and_labels(examples: Examples, split: str) -> list[tuple[bytes, int]]:
    layout = examples.info.layout(split)
    records = np.concatenate(examples.open(split))
    images = [image.tobytes() for image in layout.images(records)]
    if split == "test":
        with (examples.folder / TEST_LABELS_FILE).open(newline="") as file:
            category = {row["Id"]: int(row["Category"]) for row in csv.DictReader(file)}
        labels = [category[name.decode()] for name in layout.ids(records).tolist()]
    else:
        labels = layout.labels(records).tolist()
    return list(zip(images, labels, strict=True))


def test_counts_are_as_asked_or_80_10_10(examples: Examples) -> None:
    info = examples.info
    assert info.class_names == ["ant", "cake", "lion"]
    assert info.splits["train"].by_class == {"ant": 150, "cake": 150, "lion": 31}
    assert info.splits["validation"].by_class == {"ant": 20, "cake": 20, "lion": 3}
    assert info.splits["test"].by_class == {"ant": 30, "cake": 30, "lion": 3}
    assert info.splits["train"].shards == 4
    assert "1 of 3 classes have too few images (37)" in info.warnings[0]


def test_no_image_is_in_two_splits_and_each_has_its_label(examples: Examples, source: Path) -> None:
    raw = {
        image.tobytes(): label
        for label, name in enumerate(ROWS)
        for image in np.load(source / f"{name}.npy")
    }
    found = [pair for split in SPLITS for pair in images_and_labels(examples, split)]
    assert len(found) == len({image for image, _ in found}) == 331 + 43 + 63
    assert all(raw[image] == label for image, label in found)


def test_the_test_manifest_lists_the_ids_in_order(examples: Examples) -> None:
    ids = (examples.folder / TEST_IDS_FILE).read_text().splitlines()
    layout = examples.info.layout("test")
    stored = [name.decode() for name in layout.ids(np.concatenate(examples.open("test"))).tolist()]
    assert ids == ["Id", *stored]


def test_the_statistics_are_those_of_the_training_images(examples: Examples) -> None:
    pixels = np.array(
        [np.frombuffer(image, np.uint8) for image, _ in images_and_labels(examples, "train")],
        np.float64,
    )
    assert examples.info.pixel_mean == pytest.approx([pixels.mean()], rel=1e-4)
    assert examples.info.pixel_variance == pytest.approx([pixels.var()], rel=1e-3)


def test_the_graph_makes_images_and_labels_of_raw_records(output: Path, source: Path) -> None:
    import tensorflow as tf
    import tensorflow_transform as tft

    graph = tft.TFTransformOutput(str(output / "transform"))
    raw = np.load(source / "cake.npy")[:2]
    transformed = graph.transform_features_layer()(
        {"image": tf.constant([image.tobytes() for image in raw])}
    )
    assert (transformed["image"].numpy() == raw.reshape(2, 28, 28, 1)).all()
    assert graph.vocabulary_by_name("labels") == [b"ant", b"cake", b"lion"]


def test_same_seed_same_bytes_other_seed_other_rows(
    tmp_path: Path, source: Path, examples: Examples
) -> None:
    write_examples(plan_of(source), str(tmp_path), "unread")
    assert digests(tmp_path) == digests(examples.folder)
    mine, theirs = (images_of(plan_of(source, seed), "test") for seed in (0, 1))
    assert len(mine & theirs) < len(mine) / 2


def test_a_full_pass_takes_the_statistics_of_all_rows(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch, examples: Examples
) -> None:
    monkeypatch.setattr(transform, "SAMPLE_EXAMPLES", 3)
    sample = transform.analyze(plan_of(source), str(tmp_path / "sample"))
    full = transform.analyze(plan_of(source), str(tmp_path / "full"), full_pass=True)
    assert full.pixel_mean == pytest.approx(examples.info.pixel_mean, rel=1e-6)
    assert sample.pixel_mean != pytest.approx(full.pixel_mean, rel=1e-6)
    assert sample.class_names == full.class_names == ["ant", "cake", "lion"]


def test_compressed_shards_hold_the_same_records(
    tmp_path: Path, source: Path, examples: Examples
) -> None:
    for folder in ("once", "again"):
        write_examples(plan_of(source), str(tmp_path / folder), "unread", compression="gzip")
    assert digests(tmp_path / "once") == digests(tmp_path / "again")
    info = replace(examples.info, compression="gzip")
    (tmp_path / "once" / METADATA_FILE).write_text(info.to_json())
    packed = Examples(tmp_path / "once")
    assert {path.suffix for path in (tmp_path / "once" / "train").iterdir()} == {".gz"}
    for split in SPLITS:
        for one, other in zip(packed.open(split), examples.open(split), strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_shard_of_pixels_is_made_by_one_thread(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else `benchmarks.counted`, which counts by thread, would miss the reading."""
    read = Bitmaps.read
    threads: set[threading.Thread] = set()

    def noted(pool: Bitmaps, rows: Rows) -> Bytes:
        threads.add(threading.current_thread())
        return read(pool, rows)

    monkeypatch.setattr(Bitmaps, "read", noted)
    plan = plan_of(source)
    shard_records(plan, next(plan.shards()))
    assert threads == {threading.current_thread()}


def test_processes_that_the_caller_has_started_go_on() -> None:
    other = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    other.start()
    try:
        with module._in_child(os.getpid) as result:
            assert result() not in (os.getpid(), other.pid)
        other.join(0.1)
        assert other.is_alive()
    finally:
        other.kill()
        other.join()


def test_bytes_do_not_depend_on_workers(tmp_path: Path, source: Path, examples: Examples) -> None:
    options = ["--direct_running_mode=multi_threading", "--direct_num_workers=2"]
    write_examples(plan_of(source), str(tmp_path), "unread", options)
    assert digests(tmp_path) == digests(examples.folder)


def test_a_retry_over_leftovers_doubles_nothing(
    tmp_path: Path, source: Path, examples: Examples
) -> None:
    train = tmp_path / "train"
    train.mkdir(parents=True)
    (train / ".examples-00000-of-00004.tfrecord.dead").write_bytes(b"half")
    (train / "examples-00001-of-00004.tfrecord").write_bytes(b"half")
    write_examples(plan_of(source), str(tmp_path), "unread")
    assert digests(tmp_path) == digests(examples.folder)


def test_a_full_disk_is_one_line_and_leaves_nothing_that_looks_whole(
    tmp_path: Path, source: Path
) -> None:
    # A limit on the size of files fails a write in the middle, as a full disk does.
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, before[1]))
    try:
        with pytest.raises(InputError, match=r"cannot be written .*free some space") as raised:
            write_examples(plan_of(source), str(tmp_path / "examples"), "unread")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "\n" not in str(raised.value)
    assert not list((tmp_path / "examples" / "train").glob("examples-*"))
    with pytest.raises(InputError, match="no complete folder of examples"):
        Examples(tmp_path / "examples")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, source: Path) -> None:
    (tmp_path / "examples").write_text("a file where the folder should be")
    with pytest.raises(InputError, match=r"cannot be made .*name a folder"):
        run(source, tmp_path)


def test_a_source_that_shrinks_while_it_is_read_is_named(
    tmp_path: Path, write_bitmaps: WriteBitmaps
) -> None:
    source = write_bitmaps(tmp_path / "source", ROWS)
    plan = plan_of(source)
    (source / "cake.npy").write_bytes(b"")
    with pytest.raises(InputError, match=r"cake.npy: ends before row .*the file changed"):
        write_examples(plan, str(tmp_path / "examples"), "unread")


def test_real_drawings(tmp_path: Path, real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_in_child", module._at_once)  # it was seen to work above
    examples = run(real_data / "quickdraw", tmp_path, sizes=SplitSizes())
    assert examples.info.splits["train"].examples == 7_600
    found = [image for split in SPLITS for image, _ in images_and_labels(examples, split)]
    assert len(set(found)) == 9_500
    size = sum(path.stat().st_size for path in (tmp_path / "examples/train").iterdir())
    assert size == 7_600 * 839
