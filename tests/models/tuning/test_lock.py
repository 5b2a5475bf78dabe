"""Who comes while another process ends waits for it."""

import os
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from models.tuning import lock
from models.tuning.lock import locked
from preprocessing.errors import InputError


def test_a_process_that_ends_is_waited_for_and_told_of(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    other = ExitStack()
    other.enter_context(locked(tmp_path / "lock"))
    threading.Timer(0.1, other.close).start()
    with locked(tmp_path / "lock", "busy"):
        assert f"waiting for process {os.getpid()} to end" in capfd.readouterr().out


def test_a_process_that_does_not_end_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "PATIENCE_SECONDS", 0.1)
    with (
        locked(tmp_path / "lock"),
        pytest.raises(InputError, match=rf"^the study is busy \(process {os.getpid()}\)$"),
        locked(tmp_path / "lock", "the study is busy"),
    ):
        pass
