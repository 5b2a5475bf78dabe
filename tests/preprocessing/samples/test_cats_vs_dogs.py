"""The animals made by code: Kaggle's layout, that they repeat, and that shapes tell them apart."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from preprocessing.samples.cats_vs_dogs import write_sample

COUNT = 120


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("animals") / "new"
    write_sample(folder, COUNT)
    return folder


def pixels(folder: Path) -> npt.NDArray[np.float64]:
    """All images as [kind, image, 32, 32, RGB] from 0 to 1."""
    return np.array(
        [
            [
                np.asarray(Image.open(folder / f"{kind}.{number}.jpg").resize((32, 32)))
                for number in range(COUNT)
            ]
            for kind in ("cat", "dog")
        ]
    ) / 255  # fmt: skip


def held_out_hits(features: npt.NDArray[np.float64]) -> float:
    """How often ridge regression on [kind, image, feature] is right about the last third."""
    features = features - features.mean(axis=(0, 1))
    learn, held_out = np.split(features, [COUNT * 2 // 3], axis=1)
    x, y = learn.reshape(-1, learn.shape[2]), np.repeat([-1, 1], learn.shape[1])
    weights = x.T @ np.linalg.solve(x @ x.T + 10 * np.eye(len(x)), y)
    return float(((held_out @ weights > 0) == [[False], [True]]).mean())


def test_files_are_named_and_coded_as_in_dogs_vs_cats(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {
        f"{kind}.{number}.jpg" for kind in ("cat", "dog") for number in range(COUNT)
    }
    sizes = set()
    for path in folder.iterdir():
        with Image.open(path) as image:
            image.load()
            assert (image.format, image.mode) == ("JPEG", "RGB")
            sizes.add(image.size)
    assert len(sizes) > COUNT / 2
    sides = np.array(sorted(sizes))
    assert sides.min() >= 80
    assert sides.max() <= 200
    assert len({width > height for width, height in sizes}) == 2


def test_no_two_images_are_the_same_and_all_are_small(folder: Path) -> None:
    contents = [path.read_bytes() for path in folder.iterdir()]
    assert len(set(contents)) == 2 * COUNT
    assert sum(map(len, contents)) / len(contents) < 10_000


def test_same_arguments_give_the_same_bytes_and_another_seed_others(
    folder: Path, tmp_path: Path
) -> None:
    for name, seed in {"same": 0, "other": 1}.items():
        write_sample(tmp_path / name, 3, seed)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for path in (tmp_path / "same").iterdir():
        assert path.read_bytes() == before[path.name]
    for path in (tmp_path / "other").iterdir():
        assert path.read_bytes() not in before.values()


@pytest.mark.parametrize(("count", "seed"), [(0, 0), (5, -1)])
def test_refuses_impossible_arguments(tmp_path: Path, count: int, seed: int) -> None:
    with pytest.raises(ValueError, match=r"must be|non-negative"):
        write_sample(tmp_path, count, seed)
    assert not list(tmp_path.iterdir())


def test_edges_tell_the_kinds_apart_and_colours_do_not(folder: Path) -> None:
    """Chance is 0.5."""
    images = pixels(folder)
    down, right = np.diff(images, axis=2)[:, :, :, :-1], np.diff(images, axis=3)[:, :, :-1]
    edges = np.hypot(down, right).max(axis=-1).reshape(2, COUNT, -1)
    assert held_out_hits(edges) > 0.62
    colours = images.mean(axis=(2, 3))
    assert held_out_hits(np.concatenate([colours, colours**2], axis=2)) < 0.62
