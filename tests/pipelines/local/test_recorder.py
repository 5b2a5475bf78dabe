"""What becomes of a run whose own files find no room."""

import errno
import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from pipelines.display import Display
from pipelines.local.recorder import Recorder
from tests.pipelines.conftest import Command


def test_a_step_is_heard_to_its_end_when_its_log_finds_no_room(
    tmp_path: Path, bounded_files: None
) -> None:
    recorder = Recorder("quickdraw", {}, "", tmp_path, Display(Console(file=io.StringIO())))
    recorder.begin("quickdraw-1", "train")
    recorder.line(f"{'.' * 16_384}\n")
    recorder.line("error: train/model: No space left on device; free some space\n")
    recorder.end(succeeded=False, cached=False, outputs={})
    recorder.close("failed")
    told = "step train failed: train/model: No space left on device; free some space"
    assert recorder.failure.startswith(told)


def test_a_full_disk_is_one_line(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # as `write` does, of no file

    monkeypatch.setattr("pipelines.__main__.check_make_variables", write)
    status, out, err = command("runs")
    cure = "free some space, or name a place that you may write to"
    assert (status, out, err) == (1, "", f"error: No space left on device; {cure}\n")
