"""The faces made by code: what they are, that they repeat, and that they look like faces."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from preprocessing.samples.gan import write_sample

COUNT = 130


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faces") / "new"
    write_sample(folder, COUNT)
    return folder


@pytest.fixture(scope="module")
def faces(folder: Path) -> npt.NDArray[np.float64]:
    """All faces `[COUNT, 100, 100]`, from 0 to 255."""
    return np.array([np.asarray(Image.open(path)) for path in sorted(folder.iterdir())], float)


def test_they_are_grey_jpegs_and_no_two_are_the_same(folder: Path) -> None:
    paths = sorted(folder.iterdir())
    assert [path.name for path in paths] == [f"face_{number:04}.jpg" for number in range(COUNT)]
    for path in paths:
        with Image.open(path) as image:
            image.load()
            assert (image.format, image.mode, image.size) == ("JPEG", "L", (100, 100))
    contents = {path.read_bytes() for path in paths}
    assert len(contents) == COUNT
    assert sum(map(len, contents)) / COUNT < 6_000


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
        write_sample(tmp_path / "faces", count, seed)
    assert not list(tmp_path.glob("faces/*"))


def test_they_differ_everywhere_and_use_all_tones(faces: npt.NDArray[np.float64]) -> None:
    assert faces.std(axis=0).min() > 15
    assert faces.min() < 10
    assert faces.max() > 245
    assert faces.mean(axis=(1, 2)).std() > 20


def test_the_default_crop_keeps_eyes_and_mouth(faces: npt.NDArray[np.float64]) -> None:
    """On the average face they are darker than the cheeks, and lie within the middle 60 %."""
    mean = faces.mean(axis=0)
    cheeks = mean[52:58, 38:42].mean()
    eyes = mean[44:52, [*range(39, 46), *range(55, 62)]].mean()
    mouth = mean[62:68, 46:54].mean()
    assert eyes < cheeks - 8
    assert mouth < cheeks - 8
    assert np.abs(mean - mean[:, ::-1]).mean() < 8  # symmetric, as faces are
