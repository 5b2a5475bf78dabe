"""Images without labels, as GANs take them: all of one class, from whatever they come in."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from preprocessing.errors import InputError
from preprocessing.examples import METADATA_FILE, TEST_IDS_FILE, TEST_LABELS_FILE, Examples
from preprocessing.plan import Plan, plan_examples
from preprocessing.preprocess import preprocess
from preprocessing.records import RecordLayout
from preprocessing.split_sizes import SplitSizes
from preprocessing.write_examples import shard_records, write_examples
from tests.preprocessing.raw_data import (
    digits,
    encoded,
    example,
    write_folder,
    write_idx,
    write_records,
    zipped,
)

CROP = 0.6
SIZES = SplitSizes(0, 10, 4, unit="images")
KNOWN = np.random.default_rng(9).integers(0, 256, (83, 120), dtype=np.uint8)
"""A picture whose cropped square has 50 pixels a side, so that nothing is resized."""


def png(pixels: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


FACES = {
    f"{name}/{name}_{i:04}.jpg": encoded(i + 50 * person, 40 + 9 * i, 250 - 6 * i)
    for person, name in enumerate(("Ada_Lovelace", "Max_Born", "test_Person"))
    for i in range(34)
} | {"Emmy_Noether/known.png": png(KNOWN)}


def plan_of(source: Path, image_size: int = 0, crop: float = CROP) -> Plan:
    return plan_examples(str(source), "gan", SIZES, 0, 16, image_size, crop)


def images_of(plan: Plan, split: str) -> Any:
    layout = RecordLayout(plan.image_bytes, plan.split(split).id_bytes)
    shards = [shard for shard in plan.shards() if shard.split == split]
    return np.concatenate([layout.images(shard_records(plan, shard)[0]) for shard in shards])


def write_splits(folder: Path, side: int, **features: list[int]) -> dict[str, Any]:
    """Writes the records of three splits; returns their pixels."""
    rng = np.random.default_rng(side)
    counts = {"train": 40, "validation": 13, "test": 12}
    pixels = {name: rng.integers(0, 256, (n, side * side)) for name, n in counts.items()}
    for name, images in pixels.items():
        records = [example(image_raw=image.tolist(), **features) for image in images]
        write_records(folder / f"{name}.tfrecords", records)
    return pixels


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("faces"), FACES)


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory, source: Path) -> Path:
    """Returns the folder with the examples and the graph of faces of all sizes."""
    folder = tmp_path_factory.mktemp("output")
    examples, transform = str(folder / "examples"), str(folder / "transform")
    preprocess(str(source), examples, transform, "gan", SIZES, shard_size=16, crop=CROP)
    return folder


def test_faces_of_all_people_are_of_one_class_and_grey(output: Path) -> None:
    examples = Examples(output / "examples")
    assert examples.info.image_shape == (50, 50, 1)
    assert examples.info.class_names == ["image"]
    counts = {name: split.by_class for name, split in examples.info.splits.items()}
    assert counts == {"train": {"image": 89}, "validation": {"image": 10}, "test": {"image": 4}}
    records = np.concatenate(examples.open("train"))
    assert set(examples.info.layout("train").labels(records).tolist()) == {0}
    (note,) = examples.info.warnings
    assert note.startswith("103 images give 4 for test, too few for a battle")


def test_the_centre_is_kept_and_the_border_is_gone(output: Path) -> None:
    examples = Examples(output / "examples")
    found = {
        image.tobytes()
        for split in examples.info.splits
        for image in examples.info.layout(split).images(np.concatenate(examples.open(split)))
    }
    assert len(found) == 103
    assert KNOWN[16:66, 35:85].tobytes() in found


def test_serving_crops_as_the_examples_were(output: Path) -> None:
    from preprocessing.transform import graph_decoder

    decoded, bad = graph_decoder(str(output / "transform"), 2_500)([png(KNOWN)])
    assert bad == {}
    assert (decoded[0].reshape(50, 50) == KNOWN[16:66, 35:85]).all()


def test_what_has_its_size_already_is_not_cropped(output: Path) -> None:
    from preprocessing.transform import graph_decoder

    noise = np.random.default_rng(1).integers(0, 256, (51, 51), dtype=np.uint8)
    fits, larger = noise[:50, :50], np.full((51, 51), 200, np.uint8)
    larger[10:41, 10:41] = 10
    decoded, _ = graph_decoder(str(output / "transform"), 2_500)([png(fits), png(larger)])
    assert (decoded[0].reshape(50, 50) == fits).all()
    assert (decoded[1] == 10).all()


def test_what_is_not_known_is_not_written(output: Path) -> None:
    assert (output / "examples" / TEST_IDS_FILE).read_text().split()[0] == "Id"
    assert not (output / "examples" / TEST_LABELS_FILE).exists()


def test_same_seed_same_bytes(output: Path, source: Path, tmp_path: Path) -> None:
    write_examples(plan_of(source), str(tmp_path), str(output / "transform"))
    ours, theirs = (
        {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and path.name != METADATA_FILE
        }
        for folder in (tmp_path, output / "examples")
    )
    assert ours == theirs


@pytest.mark.parametrize("packed", [False, True])
def test_folders_and_zips_may_name_splits(tmp_path: Path, packed: bool) -> None:
    splits = {
        "train": {f"{name}/{i}.jpg": encoded(i) for name in "ab" for i in range(6)},
        "test": {f"{i}.jpg": encoded(i) for i in range(12)},
    }
    for split, files in splits.items():
        if packed:
            write_folder(tmp_path, {f"{split}.zip": zipped(files)})
        else:
            write_folder(tmp_path / split, files)
    plan = plan_of(tmp_path)
    assert plan.source.train.counts == [12]
    assert plan.source.test is not None
    assert plan.source.test.ids == [f"{i}.jpg" for i in range(12)]
    assert plan.counts("test") == [12]


def test_the_challenges_records_need_no_labels(tmp_path: Path) -> None:
    pixels = write_splits(tmp_path / "records", side=50)
    plan = plan_of(tmp_path / "records")
    assert plan.image_shape == (50, 50, 1)
    assert plan.class_names == ["image"]
    drawn = images_of(plan, "train")
    assert sorted(map(bytes, drawn)) == sorted(map(bytes, pixels["train"].astype(np.uint8)))
    assert plan.counts("validation") == [10]
    assert (images_of(plan, "test") == pixels["test"]).all()

    write_examples(plan, str(tmp_path / "examples"), "unread")
    ids = (tmp_path / "examples" / TEST_IDS_FILE).read_text().split()
    assert ids == ["Id", *map(str, range(12))]
    assert not (tmp_path / "examples" / TEST_LABELS_FILE).exists()


def test_digits_take_their_place_with_their_labels_or_without(tmp_path: Path) -> None:
    pixels = write_splits(tmp_path / "records", side=28, label=[7])
    (tmp_path / "records" / "labels.txt").write_text("\n".join("0123456789"))
    records = plan_of(tmp_path / "records", image_size=28)
    assert records.image_shape == (28, 28, 1)
    assert records.counts("train") == [40]
    assert (images_of(records, "test") == pixels["test"]).all()

    for name, count in {"train": 30, "t10k": 12}.items():
        write_idx(tmp_path / "idx" / f"{name}-images-idx3-ubyte.gz", digits(count))
    bare = plan_of(tmp_path / "idx", image_size=28)
    assert (images_of(bare, "test") == digits(12).reshape(12, 784)).all()
    write_idx(tmp_path / "idx" / "train-labels-idx1-ubyte.gz", np.arange(30, dtype=np.uint8) % 10)
    labelled = plan_of(tmp_path / "idx", image_size=28)
    assert labelled.class_names == ["image"]
    assert (images_of(labelled, "train") == images_of(bare, "train")).all()


def test_pixels_of_another_size_lead_to_use_mnist(tmp_path: Path) -> None:
    write_idx(tmp_path / "idx" / "train-images-idx3-ubyte.gz", digits(30))
    with pytest.raises(InputError, match=r"\[30, 28, 28\]; expected .*28x28 with use_mnist"):
        plan_of(tmp_path / "idx")
    for side, image_size in ((50, 28), (28, 0)):
        write_splits(tmp_path / str(side), side)
        plan = plan_of(tmp_path / str(side), image_size)
        told = rf"{side * side} pixels .*; expected {plan.image_bytes} \(28x28 with use_mnist, else"
        with pytest.raises(InputError, match=told):
            images_of(plan, "train")


def test_what_has_classes_by_its_nature_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "ant.npy", np.zeros((9, 784), np.uint8))
    with pytest.raises(InputError, match=r"gan has no classes; expected JPEG or PNG images"):
        plan_of(tmp_path, image_size=28)


@pytest.mark.parametrize("crop", [0.0, -0.5, 1.01, float("nan")])
def test_a_crop_is_a_share(source: Path, crop: float) -> None:
    with pytest.raises(InputError, match=rf"crop={crop:g}: expected a share"):
        plan_of(source, crop=crop)


def test_too_few_images_are_told_without_a_word_on_classes(source: Path, tmp_path: Path) -> None:
    few = plan_examples(str(source), "gan", SplitSizes(90, 11, 9), 0, 16)
    assert few.warnings() == [
        "103 images are too few for the 90 for train and 11 for validation and 9 for test asked"
        " for; a tenth at most goes to validation and to test"
    ]
    with pytest.raises(InputError, match="test_images: expected at least 1, got 0"):
        SplitSizes(0, 1, 0, unit="images")
    write_folder(tmp_path / "test", {"1.jpg": encoded(1)})
    with pytest.raises(InputError, match="no images to train on"):
        plan_of(tmp_path)
