"""The files of a registry in a local folder."""

from pathlib import Path

import pytest

from models.promotion.local_store import LocalStore
from preprocessing.errors import InputError

ROOT = Path(__file__).parents[3]


def test_on_a_full_disk_nothing_is_there_and_the_cure_is_named(
    tmp_path: Path, bounded_files: None
) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "labels.txt").write_text("ant\n")
    (package / "weights").symlink_to(ROOT / "requirements.txt")  # larger than any file may be
    with pytest.raises(InputError, match=r"models/a: cannot be written \(File too large\); free"):
        LocalStore(str(tmp_path / "registry")).put_folder(package, "models/a")
    assert [path.name for path in (tmp_path / "registry").rglob("*")] == ["models"]
