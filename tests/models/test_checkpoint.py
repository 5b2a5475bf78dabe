import errno
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest

from models.checkpoint import Checkpoints
from preprocessing.errors import InputError

ARRAYS = {"variable-0": np.arange(6.0).reshape(2, 3), "variable-1": np.array(7, np.int64)}


def test_the_newest_comes_back_and_two_are_kept(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, {"options": 1})
    assert checkpoints.newest() is None
    for step in (8, 9, 10):
        checkpoints.save(step, ARRAYS, {"step": step})
    names = sorted(path.name for path in checkpoints.folder.iterdir())
    assert names == ["step-000000009.npz", "step-000000010.npz"]
    found = checkpoints.newest()
    assert found is not None
    arrays, state = found
    assert state == {"step": 10}
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype


def test_another_training_has_its_own(tmp_path: Path) -> None:
    one, other = Checkpoints(tmp_path, {"options": 1}), Checkpoints(tmp_path, {"options": 2})
    one.save(1, ARRAYS, {})
    assert other.newest() is None
    one.clear()
    assert one.newest() is None


@pytest.mark.parametrize("left", [-100, 0])
def test_a_damaged_checkpoint_is_passed_over(tmp_path: Path, left: int) -> None:
    checkpoints = Checkpoints(tmp_path, {})
    checkpoints.save(1, ARRAYS, {"step": 1})
    checkpoints.save(2, ARRAYS, {"step": 2})
    newest = checkpoints.folder / "step-000000002.npz"
    newest.write_bytes(newest.read_bytes()[:left])
    found = checkpoints.newest()
    assert found is not None
    assert found[1] == {"step": 1}


def test_a_full_disk_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoints = Checkpoints(tmp_path, {})
    checkpoints.save(1, ARRAYS, {"step": 1})

    def full_disk(file: IO[bytes], **arrays: Any) -> None:
        file.write(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(InputError, match=r"step 2 .*No space left.* checkpoint_dir"):
        checkpoints.save(2, ARRAYS, {"step": 2})
    found = checkpoints.newest()
    assert found is not None
    assert found[1] == {"step": 1}
    assert len(list(checkpoints.folder.iterdir())) == 1
