"""Reading `.npy` files: any rows in any order, and every kind of bad file named."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preprocessing.errors import InputError
from preprocessing.sources.bitmaps import open_bitmaps
from preprocessing.sources.files import SourceFiles
from preprocessing.sources.source import Source
from tests.conftest import WriteBitmaps


def open_folder(source: Path | str) -> Source:
    return open_bitmaps(SourceFiles(str(source)), 784)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, write_bitmaps: WriteBitmaps) -> Path:
    return write_bitmaps(tmp_path_factory.mktemp("bitmaps"), {"cake": 300, "ant": 40, "lion": 5})


def test_classes_are_named_by_their_files_in_alphabetical_order(folder: Path) -> None:
    for source in (str(folder), f"{folder}/", f"{folder}/*.npy"):
        opened = open_folder(source)
        assert opened.class_names == ["ant", "cake", "lion"]
        assert opened.train.counts == [40, 300, 5]


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(st.integers(0, 299), min_size=1, max_size=50).map(sorted))
def test_any_rows_are_read(folder: Path, rows: list[int]) -> None:
    pool = open_folder(folder).train
    read = pool.read(pool.numbers(1, np.array(rows)))
    assert (read == np.load(folder / "cake.npy")[rows]).all()


def spoil(path: Path, how: str) -> None:
    """Replaces a good file by one that is bad in the given way."""
    good = np.load(path)
    match how:
        case "truncated":
            path.write_bytes(path.read_bytes()[:-100])
        case "header cut":
            path.write_bytes(path.read_bytes()[:20])
        case "pickled":
            np.save(path, np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
        case "raw pickle":
            import pickle

            path.write_bytes(pickle.dumps(good))
        case "dtype":
            np.save(path, good.astype(np.float32))
        case "width":
            np.save(path, good[:, :100])
        case "dimensions":
            np.save(path, good.reshape(-1, 28, 28))
        case "column order":
            np.save(path, np.asfortranarray(good))
        case "no rows":
            np.save(path, good[:0])
        case "no bytes":
            path.write_bytes(b"")


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("truncated", "truncated.*its header promises 31488 bytes, the file has 31388; copy it"),
        ("header cut", "not a .npy file"),
        ("pickled", "pickled objects, which are never loaded; expected uint8"),
        ("raw pickle", "not a .npy file"),
        ("dtype", r"holds float32 \[40, 784\]; expected uint8 \[N, 784\]"),
        ("width", r"holds uint8 \[40, 100\]; expected uint8 \[N, 784\]"),
        ("dimensions", r"holds uint8 \[40, 28, 28\]; expected"),
        ("column order", "in column order; expected"),
        ("no rows", "holds no drawings; remove the file or fill it"),
        ("no bytes", "not a .npy file"),
    ],
)
def test_a_bad_file_is_named(
    tmp_path: Path, write_bitmaps: WriteBitmaps, how: str, message: str
) -> None:
    write_bitmaps(tmp_path, {"ant": 40, "cake": 40})
    spoil(tmp_path / "ant.npy", how)
    with pytest.raises(InputError, match=rf"ant.npy: .*{message}") as raised:
        open_folder(tmp_path)
    assert "\n" not in str(raised.value)


def test_a_source_without_two_classes_is_refused(
    tmp_path: Path, write_bitmaps: WriteBitmaps
) -> None:
    with pytest.raises(InputError, match=r"no images here; expected \.npy bitmaps"):
        open_folder(tmp_path)
    write_bitmaps(tmp_path, {"ant": 5})
    with pytest.raises(InputError, match=r"found only .*ant.npy"):
        open_folder(tmp_path)
    with pytest.raises(InputError, match="nowhere: no such file or folder"):
        open_folder(tmp_path / "nowhere")
