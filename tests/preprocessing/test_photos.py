"""The whole step on photos: sizes of all kinds, some damaged, the same graph for all."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from preprocessing.errors import InputError
from preprocessing.examples import METADATA_FILE, SPLITS, TEST_IDS_FILE, TEST_LABELS_FILE, Examples
from preprocessing.plan import plan_examples
from preprocessing.preprocess import preprocess
from preprocessing.split_sizes import SplitSizes
from preprocessing.transform import graph_decoder
from preprocessing.write_examples import write_examples
from tests.preprocessing.raw_data import encoded, write_folder

SIDE = 32
PIXELS = SIDE * SIDE * 3
SIZES = SplitSizes(0, 3, 2)
SHARD_SIZE = 15
PHOTOS = {
    f"{name}s/{name}.{i}.{'png' if i % 5 == 0 else 'jpg'}": encoded(
        i + 100 * label, 5 + 7 * i, 90 - 4 * i, "PNG" if i % 5 == 0 else "JPEG"
    )
    for label, name in enumerate(("cat", "dog"))
    for i in range(20)
}


def run(source: Path, folder: Path, max_bad_fraction: float = 0.0) -> Examples:
    preprocess(
        str(source),
        str(folder / "examples"),
        str(folder / "transform"),
        "cats_vs_dogs",
        SIZES,
        shard_size=SHARD_SIZE,
        image_size=SIDE,
        max_bad_fraction=max_bad_fraction,
    )
    return Examples(folder / "examples")


def images_of(examples: Examples, split: str) -> Any:
    return examples.info.layout(split).images(np.concatenate(examples.open(split)))


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("photos"), PHOTOS)


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory, source: Path) -> Path:
    folder = tmp_path_factory.mktemp("output")
    run(source, folder)
    return folder


def test_examples_json_says_what_there_is(output: Path) -> None:
    info = Examples(output / "examples").info
    assert info.image_shape == (SIDE, SIDE, 3)
    assert info.class_names == ["cat", "dog"]
    assert info.bad_images == {}
    by_class = {split: info.splits[split].by_class for split in SPLITS}
    assert by_class == {
        "train": {"cat": 16, "dog": 16},
        "validation": {"cat": 2, "dog": 2},
        "test": {"cat": 2, "dog": 2},
    }
    assert info.splits["train"].shards == 3


def test_every_image_is_in_one_split_as_the_graph_makes_it(output: Path) -> None:
    examples = Examples(output / "examples")
    decoded, bad = graph_decoder(str(output / "transform"), PIXELS)(list(PHOTOS.values()))
    assert bad == {}
    label_of = dict(zip(map(bytes, decoded), [0] * 20 + [1] * 20, strict=True))
    found = [image.tobytes() for split in SPLITS for image in images_of(examples, split)]
    assert len(found) == 40
    assert set(found) == set(label_of)
    layout = examples.info.layout("train")
    labels = layout.labels(np.concatenate(examples.open("train"))).tolist()
    assert labels == [label_of[image.tobytes()] for image in images_of(examples, "train")]


def test_the_statistics_are_those_of_each_channel(output: Path) -> None:
    examples = Examples(output / "examples")
    pixels = images_of(examples, "train").reshape(-1, 3).astype(float)
    assert examples.info.pixel_mean == pytest.approx(pixels.mean(axis=0).tolist(), rel=1e-4)
    assert examples.info.pixel_variance == pytest.approx(pixels.var(axis=0).tolist(), rel=1e-3)


def test_the_graph_takes_photos_and_pixels_alike(output: Path) -> None:
    decode = graph_decoder(str(output / "transform"), PIXELS)
    photo = PHOTOS["cats/cat.1.jpg"]
    once, _ = decode([photo])
    mixed, _ = decode([photo, once.tobytes()])
    assert (mixed == once).all()


def test_same_seed_same_bytes(output: Path, source: Path, tmp_path: Path) -> None:
    plan = plan_examples(str(source), "cats_vs_dogs", SIZES, 0, SHARD_SIZE, SIDE)
    write_examples(plan, str(tmp_path), str(output / "transform"))
    first = contents(output / "examples")
    first.pop(METADATA_FILE)
    assert contents(tmp_path) == first


def test_a_damaged_photo_fails_the_step_by_its_name(tmp_path: Path) -> None:
    source = write_folder(tmp_path / "photos", PHOTOS | {"cats/cat.11.jpg": b""})
    with pytest.raises(
        InputError,
        match=r"^1 of 40 images do not decode \(\S+/cats/cat.11.jpg: .*empty\); remove or replace",
    ) as raised:
        run(source, tmp_path)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "examples" / METADATA_FILE).exists()


def test_damaged_photos_within_the_share_are_left_out(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """One in training and two in a test set that comes with the data."""
    files = {f"train/{path}": data for path, data in PHOTOS.items()}
    files |= {f"test1/cat.{i}.jpg": encoded(i + 300) for i in range(12)}
    files |= {
        "train/dogs/dog.6.jpg": PHOTOS["dogs/dog.6.jpg"][:-40],
        "test1/cat.2.jpg": b"",
        "test1/cat.10.jpg": b"x",
    }
    files |= {f"test1/dog.{i}.jpg": encoded(i + 400) for i in range(2)}
    files = {path.replace("cats/", "cat/").replace("dogs/", "dog/"): files[path] for path in files}
    source = write_folder(tmp_path / "photos", files)
    examples = run(source, tmp_path, max_bad_fraction=0.1)
    info = examples.info
    names = [f"{source}/{path}" for path in ("train/dog/dog.6.jpg", "test1/cat.2.jpg")]
    assert list(info.bad_images) == [names[0], f"{source}/test1/cat.10.jpg", names[1]]
    assert all(info.bad_images.values())
    left = info.splits["train"].by_class["dog"] + info.splits["validation"].by_class["dog"]
    assert left == 19
    assert info.splits["test"].by_class == {"cat": 10, "dog": 2}
    for split in SPLITS:
        assert len(images_of(examples, split)) == info.splits[split].examples
        assert sum(info.splits[split].by_class.values()) == info.splits[split].examples

    kept = [f"cat.{i}.jpg" for i in range(12) if i not in (2, 10)] + ["dog.0.jpg", "dog.1.jpg"]
    layout = info.layout("test")
    ids = [name.decode() for name in layout.ids(np.concatenate(examples.open("test"))).tolist()]
    assert ids == kept
    assert (examples.folder / TEST_IDS_FILE).read_text().split() == ["Id", *kept]
    with (examples.folder / TEST_LABELS_FILE).open(newline="") as file:
        labels = [(row["Id"], row["Category"]) for row in csv.DictReader(file)]
    assert labels == [(name, "0" if name.startswith("cat") else "1") for name in kept]
    decoded, _ = graph_decoder(str(tmp_path / "transform"), PIXELS)(
        [files[f"test1/{name}"] for name in kept]
    )
    assert (images_of(examples, "test") == decoded).all()

    printed = capfd.readouterr().out
    assert "note: 3 of 54 images do not decode and are left out; examples.json names" in printed
    saved = json.loads((examples.folder / METADATA_FILE).read_text())
    assert list(saved["bad_images"]) == list(info.bad_images)


def test_photos_that_are_all_damaged_are_told_in_one_line(tmp_path: Path) -> None:
    source = write_folder(tmp_path / "photos", dict.fromkeys(PHOTOS, b"no photo"))
    with pytest.raises(InputError, match=r"^40 of 40 images do not decode \(.*; \.\.\.\); remove"):
        run(source, tmp_path, max_bad_fraction=0.9)
    assert not (tmp_path / "examples" / METADATA_FILE).exists()
