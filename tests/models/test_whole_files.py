"""Files and folders that are there whole, on a mounted bucket too."""

import errno
import os
from pathlib import Path

import pytest

from models.whole_files import whole_files


def write(folder: Path, text: str) -> None:
    with whole_files(folder) as unfinished:
        (unfinished / "labels.txt").write_text(text)
        (unfinished / "saved_model" / "variables").mkdir(parents=True)
        (unfinished / "saved_model" / "variables" / "index").write_text(text)


@pytest.fixture
def _mounted_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes renaming a folder fail as gcsfuse does, whose `rename-dir-limit` is 0 by default."""
    rename = os.rename

    def refuse(source: Path, destination: Path) -> None:
        if Path(source).is_dir():
            raise OSError(errno.EMFILE, "Too many open files", str(source))
        rename(source, destination)

    monkeypatch.setattr(os, "rename", refuse)


@pytest.mark.usefixtures("_mounted_bucket")
def test_a_bucket_that_cannot_rename_folders_gets_copies(tmp_path: Path) -> None:
    for text in ("first", "second"):
        write(tmp_path, text)
        found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
        assert found == {
            "labels.txt",
            "saved_model",
            "saved_model/variables",
            "saved_model/variables/index",
        }
        assert (tmp_path / "saved_model/variables/index").read_text() == text


def test_nothing_is_moved_after_an_exception(tmp_path: Path) -> None:
    def interrupted() -> None:
        with whole_files(tmp_path) as unfinished:
            (unfinished / "labels.txt").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []
