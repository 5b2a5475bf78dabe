"""The 345 shapes made by code: their layout, that they repeat, and how hard they are."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from preprocessing.samples.renaissance import write_sample

Bitmaps = npt.NDArray[np.uint8]
COUNT = 8


def read(folder: Path) -> Bitmaps:
    """All drawings, [class, drawing, pixel] in the order of the names."""
    return np.stack([np.load(path) for path in sorted(folder.iterdir())])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shapes") / "new"
    write_sample(folder, COUNT)
    return folder


def test_one_bitmap_file_for_each_of_345_classes(folder: Path) -> None:
    files = sorted(folder.iterdir())
    assert len(files) == 345
    assert all(file.stem.replace("-", "").isalpha() and file.suffix == ".npy" for file in files)
    assert files[0].stem == "balloon-arrow"
    assert {np.load(file).shape for file in files} == {(COUNT, 784)}
    assert {np.load(file).dtype for file in files} == {np.dtype(np.uint8)}


def test_drawings_are_dark_lines_on_paper_and_no_two_the_same(folder: Path) -> None:
    drawings = read(folder).reshape(-1, 784)
    assert len(np.unique(drawings, axis=0)) == 345 * COUNT
    ink = (drawings > 0).mean(axis=1)
    assert ink.min() > 0.05
    assert ink.max() < 0.6
    assert (drawings.max(axis=1) == 255).all()


def test_same_arguments_give_the_same_bytes_and_another_seed_others(
    folder: Path, tmp_path: Path
) -> None:
    write_sample(tmp_path / "same", COUNT)
    for file in folder.iterdir():
        assert file.read_bytes() == (tmp_path / "same" / file.name).read_bytes()
    write_sample(tmp_path / "other", 1, seed=1)
    both = np.concatenate([read(folder).reshape(-1, 784), read(tmp_path / "other")[:, 0]])
    assert len(np.unique(both, axis=0)) == 345 * (COUNT + 1)


@pytest.mark.parametrize(("count", "seed"), [(0, 0), (5, -1)])
def test_refuses_impossible_arguments(tmp_path: Path, count: int, seed: int) -> None:
    with pytest.raises(ValueError, match=r"must be|non-negative"):
        write_sample(tmp_path, count, seed)
    assert not list(tmp_path.iterdir())


def test_outlines_and_marks_can_be_told_apart(folder: Path) -> None:
    """The nearest class mean of six drawings: far above chance (0.003), far below a network."""
    drawings = read(folder).astype(np.float32)
    means, held_out = drawings[:, :-2].mean(axis=1), drawings[:, -2:]
    nearest = (held_out @ means.T - (means**2).sum(axis=1) / 2).argmax(axis=2)
    truth = np.arange(345)[:, None]
    assert 0.05 < (nearest == truth).mean() < 0.6
    assert (nearest // 23 == truth // 23).mean() > 0.4  # the outline; chance is 0.07
