"""Teams in a bucket, whose names may be anything: only what is played is copied."""

import io

import pytest

from models.battle import local_teams as module
from models.battle.local_teams import fingerprint, local_teams
from models.battle.teams import find_teams
from preprocessing.files import File

ODD = [
    "a/saved_model/notes.txt",
    "a/saved_model.pb/below",
    "b/train-gan",
    "b/../c/saved_model.pb",
    f"{'x' * 300}/saved_model.pb",
    "esc\x1b[31m/readme",
    "no folder",
]


def test_only_what_is_played_is_copied(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = {"large\x1b/saved_model.pb": 2 << 30, "b/checkpoint": 2 << 30}
    files = dict.fromkeys(ODD, b"!") | {
        "a/saved_model/saved_model.pb": b"a",
        "a/saved_model/variables/variables.index": b"i",
        "b/train-gan/model/saved_model/saved_model.pb": b"b",
        "b/checkpoint": b"",
        "large\x1b/saved_model.pb": b"",
    }
    root = "gs://bucket/teams/"

    def list_files(pattern: str) -> list[File]:
        return [File(root + name, sizes.get(name, len(files[name])), 0) for name in files]

    monkeypatch.setattr(module, "list_files", list_files)
    monkeypatch.setattr(
        module, "open_file", lambda path: io.BytesIO(files[path.removeprefix(root)])
    )
    before = fingerprint(root)
    with local_teams(root) as folder:
        copied = [path for path in folder.rglob("*") if path.is_file()]
        found = {team.name: team.saved_model is not None for team in find_teams(folder)}
        contents = {str(path.relative_to(folder)): path.read_bytes() for path in copied}
    assert not folder.exists()
    assert contents == {name: files[name] for name in list(files)[len(ODD) : len(ODD) + 3]}
    assert found == {"a": True, "b": True, "esc\ufffd[31m": False, "large\ufffd": False}
    printed = capsys.readouterr().out
    assert "cannot be a folder's name; left out" in printed
    assert r"'large\x1b': 2,147,483,648 bytes, more than 1,073,741,824; not copied" in printed
    files["a/saved_model/saved_model.pb"] = b"other"
    assert fingerprint(root) != before
