"""Finding the files of a source, and the fingerprint that tells whether they have changed."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from preprocessing.challenge import find_challenge
from preprocessing.errors import InputError
from preprocessing.fingerprint import source_fingerprint
from preprocessing.sources.files import SourceFiles
from preprocessing.sources.open import count_classes
from tests.preprocessing.raw_data import write_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {"train-00000-of-00001": b"x" * 9, "more/b.tfrecord": b"y", ".hidden/c.tfrecord": b"z"}
    return write_folder(tmp_path / "raw", files)


def names(source: Path | str) -> list[str]:
    found = SourceFiles(str(source))
    return [str(found.below(file.path)) for file in found.files]


def test_a_folder_a_file_or_a_glob(folder: Path) -> None:
    assert names(folder) == ["more/b.tfrecord", "train-00000-of-00001"]
    assert names(f"{folder}/") == names(folder)
    assert names(folder / "train-00000-of-00001") == ["train-00000-of-00001"]
    assert names(f"{folder}/t*") == ["train-00000-of-00001"]
    assert names(f"{folder}/*/b*") == ["more/b.tfrecord"]


def test_a_glob_goes_through_folders_and_takes_what_is_in_them(folder: Path) -> None:
    for pattern in ("*", "**", "[mt]*"):
        found = SourceFiles(f"{folder}/{pattern}").files
        assert len({os.path.realpath(file.path) for file in found}) == len(found) == 2
    assert names(f"{folder}/m*") == ["more/b.tfrecord"]
    (folder / "more" / "most").mkdir()
    (folder / "more" / "most" / "c.tfrecord").touch()
    (folder / "a.tfrecord").touch()
    assert names(f"{folder}/**/*.tfrecord") == [
        "a.tfrecord",
        "more/b.tfrecord",
        "more/most/c.tfrecord",
    ]


def test_links_to_folders_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    write_folder(tmp_path / "elsewhere", {"a.tfrecord": b"", ".b.tfrecord": b""})
    write_folder(tmp_path / "raw" / "more", {"b.tfrecord": b""})
    for link, to in {
        "linked": "../elsewhere",
        "again": "more",
        "more/up": "..",
        ".hidden": "../elsewhere",
    }.items():
        (tmp_path / "raw" / link).symlink_to(to)
    assert names(tmp_path / "raw") == ["linked/a.tfrecord", "more/b.tfrecord"]
    (tmp_path / "link").symlink_to("raw")
    assert names(tmp_path / "link") == names(tmp_path / "raw")


def test_the_names_of_the_classes_of_records_tell_their_number(folder: Path) -> None:
    renaissance = find_challenge("renaissance")
    assert count_classes(str(folder), renaissance) is None
    (folder / "labels.txt").write_text("ant\n\ncake\nlion \n")
    assert count_classes(str(folder), renaissance) == 3


def test_brackets_in_the_name_of_a_folder_are_no_glob(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "run[1]", {"a.tfrecord": b"", "labels.txt": b""})
    assert names(folder) == ["a.tfrecord"]
    assert SourceFiles(str(folder)).labels_file is not None


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("ant.npy", "bitmaps"),
        ("train-images-idx3-ubyte.gz", "idx"),
        ("train-images.idx3-ubyte", "idx"),
        ("test.tfrecords", "tfrecords"),
        ("train-00003-of-00014", "tfrecords"),
        ("cat.1.JPEG", "images"),
        ("1.png", "images"),
        ("train.ZIP", "images"),
    ],
)
def test_the_format_is_known_by_the_names(tmp_path: Path, name: str, form: str) -> None:
    assert SourceFiles(str(write_folder(tmp_path, {name: b"", "README.md": b""}))).format == form


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("empty", r"empty: no images here; expected \.npy bitmaps, idx \.gz files, TFRecords"),
        ("nowhere", "nowhere: no such file or folder; name a folder, glob or gs:// URI"),
        ("empty/*.npy", r"empty/\*\.npy: no such file or folder"),
        ("mixed", r"mixed: images in 2 formats \(.*a\.npy and .*b\.tfrecord\); name those that"),
    ],
)
def test_a_source_of_no_one_format_is_refused(tmp_path: Path, source: str, told: str) -> None:
    (tmp_path / "empty").mkdir()
    write_folder(tmp_path / "mixed", {"a.npy": b"", "b.tfrecord": b""})
    with pytest.raises(InputError, match=told) as raised:
        SourceFiles(f"{tmp_path}/{source}")
    assert "\n" not in str(raised.value)


CHANGES: dict[str, Callable[[Path], object]] = {
    "longer": lambda folder: (folder / "train-00000-of-00001").write_bytes(b"x" * 10),
    "touched": lambda folder: os.utime(folder / "train-00000-of-00001", (1, 1)),
    "renamed": lambda folder: (folder / "more").rename(folder / "less"),
    "added": lambda folder: (folder / "c.tfrecord").touch(),
    "removed": lambda folder: (folder / "more" / "b.tfrecord").unlink(),
    "class names": lambda folder: (folder / "labels.txt").touch(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_source_has_another_fingerprint(folder: Path, change: str) -> None:
    before = source_fingerprint(str(folder))
    assert source_fingerprint(f"{folder}/") == before
    CHANGES[change](folder)
    assert source_fingerprint(str(folder)) != before


def test_what_is_not_read_does_not_change_the_fingerprint(folder: Path) -> None:
    before = source_fingerprint(str(folder))
    for name in ("README.md", ".hidden/c.tfrecord", "more/labels.txt"):
        (folder / name).write_bytes(b"new")
    assert source_fingerprint(str(folder)) == before


def test_class_names_are_read_for_records_only(tmp_path: Path) -> None:
    np.save(tmp_path / "ant.npy", np.zeros((1, 784), np.uint8))
    before = source_fingerprint(str(tmp_path))
    (tmp_path / "labels.txt").touch()
    assert source_fingerprint(str(tmp_path)) == before
