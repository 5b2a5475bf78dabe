"""Teams are found where training and organisers put them, and a bad folder stops nobody."""

import os
from pathlib import Path

import pytest

from models.battle.teams import find_pair, find_saved_model, find_teams, teams_fingerprint
from preprocessing.errors import InputError


def save(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"model")
    return folder


def test_each_folder_is_a_team(tmp_path: Path) -> None:
    itself = save(tmp_path / "b itself")
    model = save(tmp_path / "a model" / "saved_model")
    run = save(tmp_path / "c run" / "train-gan" / "model" / "saved_model")
    (tmp_path / "d nothing").mkdir()
    save(tmp_path / ".hidden")
    (tmp_path / "readme.txt").write_text("not a team")
    found = [(team.name, team.saved_model) for team in find_teams(tmp_path)]
    assert found == [("a model", model), ("b itself", itself), ("c run", run), ("d nothing", None)]


def test_fewer_than_two_teams_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: no such folder"):
        find_teams(tmp_path / "nowhere")
    save(tmp_path / "alone")
    with pytest.raises(InputError, match="found 1 teams; expected a folder for each of two"):
        find_teams(tmp_path)


def test_names_cannot_play_with_a_terminal(tmp_path: Path) -> None:
    for name in ("red\x1b[31m", "two\nlines", "back\u202ewards", "فريق", "👩\u200d🚀"):
        save(tmp_path / name)
    save(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff")))
    names = [team.name for team in find_teams(tmp_path)]
    assert names == sorted(
        ["red\ufffd[31m", "two\ufffdlines", "back\ufffdwards", "فريق", "👩\u200d🚀", "\ufffd"]
    )
    save(tmp_path / "red\x07[31m")
    with pytest.raises(InputError, match=r"2 folders look like .*; rename them"):
        find_teams(tmp_path)


def test_a_link_to_another_teams_model_is_none(tmp_path: Path) -> None:
    save(tmp_path / "teams" / "a")
    for name, target in (("thief", "../a"), ("odd", "x" * 300), ("linked", "../../run")):
        (tmp_path / "teams" / name).mkdir()
        (tmp_path / "teams" / name / "saved_model").symlink_to(target)
    save(tmp_path / "run")
    with_model = [team.name for team in find_teams(tmp_path / "teams") if team.saved_model]
    assert with_model == ["a", "linked"]


def test_a_missing_model_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"no SavedModel here; looked for .*train-gan/model/saved_mo"
    ):
        find_saved_model(tmp_path)
    with pytest.raises(InputError, match="no SavedModel here"):
        find_pair(save(tmp_path / "a"), tmp_path / "b")


def test_the_two_of_a_battle_have_two_names(tmp_path: Path) -> None:
    a, b = save(tmp_path / "a" / "saved_model"), save(tmp_path / "b" / "saved_model")
    assert [team.name for team in find_pair(tmp_path / "a", tmp_path / "b")] == ["a", "b"]
    pair = find_pair(a, b)
    assert [team.name for team in pair] == ["saved_model (A)", "saved_model (B)"]
    assert [team.saved_model for team in pair] == [a, b]


def test_the_fingerprint_changes_with_any_file(tmp_path: Path) -> None:
    a = save(tmp_path / "a" / "saved_model")
    save(tmp_path / "b")
    before = teams_fingerprint(find_teams(tmp_path))
    assert teams_fingerprint(find_teams(tmp_path)) == before
    (a / "variables").mkdir()
    (a / "variables" / "variables.index").write_bytes(b"1")
    after = teams_fingerprint(find_teams(tmp_path))
    assert after != before
    os.utime(a / "variables" / "variables.index", ns=(0, 1))
    assert teams_fingerprint(find_teams(tmp_path)) != after
