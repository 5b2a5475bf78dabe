"""The digits made by code: MNIST's files, that they repeat, and how hard they are."""

import gzip
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from preprocessing.samples.mnist import write_sample

Bytes = npt.NDArray[np.uint8]
NAMES = {
    f"{split}-{rest}.gz"
    for split in ("train", "t10k")
    for rest in ("images-idx3-ubyte", "labels-idx1-ubyte")
}


def read(folder: Path, split: str) -> tuple[Bytes, Bytes]:
    """Images [N, 28, 28] and labels [N], read as MNIST's page describes the files."""
    images = gzip.decompress((folder / f"{split}-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / f"{split}-labels-idx1-ubyte.gz").read_bytes())
    magic, count, rows, columns = struct.unpack_from(">iiii", images)
    assert (magic, rows, columns) == (2051, 28, 28)
    assert struct.unpack_from(">ii", labels) == (2049, count)
    pixels = np.frombuffer(images, np.uint8, offset=16)
    return pixels.reshape(count, 28, 28), np.frombuffer(labels, np.uint8, offset=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("digits") / "new"
    write_sample(folder, train_per_class=150, test_per_class=30)
    return folder


def test_the_four_files_of_mnist(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == NAMES
    for split, count in {"train": 150, "t10k": 30}.items():
        images, labels = read(folder, split)
        assert len(images) == len(labels) == 10 * count
        assert np.bincount(labels).tolist() == [count] * 10
        assert len(set(labels[:20].tolist())) > 5  # in random order


def test_no_two_digits_are_the_same(folder: Path) -> None:
    images = np.concatenate([read(folder, split)[0] for split in ("train", "t10k")])
    assert len(np.unique(images.reshape(len(images), -1), axis=0)) == len(images)


def test_digits_are_centred_and_about_twenty_pixels_high(folder: Path) -> None:
    ink = read(folder, "train")[0] > 0
    assert not ink[:, [0, -1]].any()
    assert not ink[:, :, [0, -1]].any()
    longer = np.maximum(ink.any(axis=1).sum(axis=1), ink.any(axis=2).sum(axis=1))
    assert 19 <= np.median(longer) <= 21
    assert 0.12 < ink.mean() < 0.25  # 0.19 in MNIST
    rows, columns = ink.mean(axis=(0, 2)), ink.mean(axis=(0, 1))
    middle = np.arange(28) - 13.5
    assert abs(rows @ middle / rows.sum()) < 1
    assert abs(columns @ middle / columns.sum()) < 1


def test_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write_sample(tmp_path / folder, 3, 2, seed=7)
    for name in NAMES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_another_seed_gives_other_drawings(tmp_path: Path) -> None:
    write_sample(tmp_path / "one", 5, 1, seed=0)
    write_sample(tmp_path / "two", 5, 1, seed=1)
    both = np.concatenate([read(tmp_path / name, "train")[0] for name in ("one", "two")])
    assert len(np.unique(both.reshape(100, 784), axis=0)) == 100


@pytest.mark.parametrize(("train", "test", "seed"), [(0, 1, 0), (1, 0, 0), (1, 1, -1)])
def test_refuses_impossible_arguments(tmp_path: Path, train: int, test: int, seed: int) -> None:
    with pytest.raises(ValueError, match=r"must be|non-negative"):
        write_sample(tmp_path, train, test, seed)
    assert not list(tmp_path.iterdir())


def test_digits_can_be_learned_but_not_perfectly(folder: Path) -> None:
    """The nearest class mean: far above chance (0.1), far below a small network (0.98)."""
    (images, labels), (held_out, truth) = read(folder, "train"), read(folder, "t10k")
    means = np.stack([images[labels == digit].mean(axis=0) for digit in range(10)])
    distance = ((held_out[:, None] - means) ** 2).sum(axis=(2, 3))
    hits = distance.argmin(axis=1) == truth
    assert 0.6 < hits.mean() < 0.9
    assert min(hits[truth == digit].mean() for digit in range(10)) > 0.3  # no class is lost
