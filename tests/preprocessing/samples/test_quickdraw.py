"""The drawings made by code: their layout, that they repeat, and how hard they are."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from preprocessing.samples.quickdraw import RECIPES, write_sample

Bitmaps = npt.NDArray[np.uint8]
COUNT = 300


def read(folder: Path) -> Bitmaps:
    """All drawings, [class, drawing, pixel] in label order."""
    return np.stack([np.load(folder / f"{name}.npy") for name in RECIPES])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> Bitmaps:
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder, drawings_per_class=COUNT)
    return read(folder)


def test_one_bitmap_file_a_class(tmp_path: Path) -> None:
    write_sample(tmp_path / "new" / "folder", drawings_per_class=3)
    files = sorted((tmp_path / "new" / "folder").iterdir())
    assert [file.name for file in files] == [
        "ants.npy", "boomerang.npy", "cake.npy", "lion.npy", "monkey.npy", "pig.npy",
        "scissor.npy", "skull.npy", "television.npy", "traffic_light.npy",
    ]  # fmt: skip
    assert [file.stem for file in files] == list(RECIPES)
    for file in files:
        bitmaps = np.load(file)
        assert bitmaps.dtype == np.uint8
        assert bitmaps.shape == (3, 784)


def test_more_drawings_than_one_canvas_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("preprocessing.samples.sketches._BATCH", 4)
    write_sample(tmp_path, drawings_per_class=10)
    bitmaps = read(tmp_path)
    assert bitmaps.shape == (10, 10, 784)
    assert len(np.unique(bitmaps.reshape(100, 784), axis=0)) == 100


def test_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    write_sample(tmp_path / "one", 20, seed=7)
    write_sample(tmp_path / "two", 20, seed=7)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_another_seed_gives_other_drawings(tmp_path: Path) -> None:
    write_sample(tmp_path / "one", 20, seed=0)
    write_sample(tmp_path / "two", 20, seed=1)
    same = (read(tmp_path / "one")[:, :, None] == read(tmp_path / "two")[:, None]).all(axis=3)
    assert not same.any()


def test_an_interrupted_write_leaves_no_class_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(file: object, bitmaps: Bitmaps) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "save", fail)
    with pytest.raises(OSError, match="No space"):
        write_sample(tmp_path, 2)
    assert not list(tmp_path.glob("*.npy"))


@pytest.mark.parametrize(("count", "seed"), [(0, 0), (-1, 0), (5, -1)])
def test_refuses_impossible_arguments(tmp_path: Path, count: int, seed: int) -> None:
    with pytest.raises(ValueError, match=r"must be|non-negative"):
        write_sample(tmp_path, count, seed)
    assert not list(tmp_path.glob("*.npy"))


def test_ink_is_like_that_of_hand_drawings(drawings: Bitmaps) -> None:
    """The bounds hold for the public bitmaps: thin antialiased lines, paper at the edge."""
    ink, shades = drawings > 0, (drawings > 0) & (drawings < 255)
    share = np.asarray(ink.mean(axis=2))
    assert share.min() > 0.02
    assert share.max() < 0.8
    by_class = share.mean(axis=1)
    assert by_class.min() > 0.15
    assert by_class.max() < 0.5
    assert 0.1 < shades.mean() < 0.35
    assert 0.03 < ink.mean() - shades.mean() < 0.15


def test_drawings_fill_the_square_and_leave_its_border_free(drawings: Bitmaps) -> None:
    images = drawings.reshape(-1, 28, 28) > 0
    assert not images[:, [0, -1]].any()
    assert not images[:, :, [0, -1]].any()
    filled = np.maximum(images.any(axis=1).sum(axis=1), images.any(axis=2).sum(axis=1))
    assert np.median(filled) >= 24


def test_classes_can_be_learned_but_not_perfectly(drawings: Bitmaps) -> None:
    """Ridge regression on pixels: far above chance (0.1), far below a small network (0.92)."""
    pixels = np.concatenate([drawings / 255, np.ones((10, COUNT, 1))], axis=2)
    learn, held_out = np.split(pixels, [COUNT * 4 // 5], axis=1)
    x = learn.reshape(-1, 785)
    labels = np.repeat(np.eye(10), learn.shape[1], axis=0)
    weights = np.linalg.solve(x.T @ x + 30 * np.eye(785), x.T @ labels)
    hits = (held_out @ weights).argmax(axis=2) == np.arange(10)[:, None]
    assert 0.5 < hits.mean() < 0.85
    assert hits.mean(axis=1).min() > 0.25  # no class is lost
