"""Sample data: made once, whole or not at all, and anew when the code that draws it changes."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from pipelines import sample
from pipelines.display import Display
from preprocessing.samples import quickdraw


def test_it_is_made_once_and_anew_after_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def write(folder: str) -> None:
        calls.append(folder)
        Path(folder).mkdir(parents=True)
        Path(folder, "ant.npy").touch()
        if len(calls) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(quickdraw, "write_sample", write)
    monkeypatch.chdir(tmp_path)
    screen = io.StringIO()
    display = Display(Console(file=screen))
    with pytest.raises(KeyboardInterrupt):
        sample.make_sample("quickdraw", display)
    assert not [path for path in sample.SAMPLES.iterdir() if not path.name.startswith(".")]

    first = sample.make_sample("quickdraw", display)
    assert sample.make_sample("quickdraw", display) == first
    assert len(calls) == 2
    assert [path.name for path in Path(first).iterdir()] == ["ant.npy"]

    monkeypatch.setattr(sample, "code_hash", lambda module, challenge: "other")
    assert sample.make_sample("quickdraw", display) != first
    assert screen.getvalue().count("no DATA given: making sample data in") == 3
