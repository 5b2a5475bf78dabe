"""Teams are found where training and organisers put them, and a bad folder stops nobody."""

import os
import re
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
    with pytest.raises(InputError, match="found 1 team; expected a folder for each of two"):
        find_teams(tmp_path)
    save(tmp_path / "__MACOSX")  # which zip archives of macOS bring along
    with pytest.raises(InputError, match="found 1 team;"):
        find_teams(tmp_path)
    (tmp_path / "zipped").mkdir()
    (tmp_path / "zipped" / "model.zip").touch()
    told = "1 of 2 teams have a SavedModel, expected two or more; zipped: no SavedModel here; found"
    with pytest.raises(InputError, match=told):
        find_teams(tmp_path)


def test_a_run_is_one_team(tmp_path: Path) -> None:
    save(tmp_path / "train-gan" / "model" / "saved_model")
    (tmp_path / "run.json").touch()
    with pytest.raises(InputError, match="this is a run, which is one team; name a folder"):
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


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (["v2/model/saved_model.pb", "model.zip"], "v2/model/saved_model.pb: hand in its folder"),
        (["a/train-gan/model/saved_model/saved_model.pb"], "a/train-gan/model/saved_model/"),
        (["notes.txt", "deep/Model.ZIP"], "deep/Model.ZIP: unpack it"),
        (["generator.keras"], "generator.keras: export a SavedModel, see docs/gan.md"),
        (["notes.txt", "a/b.txt", "a/my_saved_model.pb", ".DS_Store"], "notes.txt and others$"),
        (["red\x1b[31m\n.zip"], r"red\?\[31m\?\.zip: unpack it"),
        (["x" * 200 + ".zip"], r"\.\.\.x{116}\.zip: unpack it"),
    ],
)
def test_what_lies_there_instead_of_a_model_is_told(
    files: list[str], told: str, tmp_path: Path
) -> None:
    teams = tmp_path / "teams"
    for name in ("a", "b"):
        save(teams / name)
    for file in files:
        (teams / "c" / file).parent.mkdir(parents=True, exist_ok=True)
        (teams / "c" / file).touch()
    found = find_teams(teams)[-1]
    assert re.match(f"no SavedModel here; found {told}", found.missing)
    with pytest.raises(InputError, match=f"c: no SavedModel here; found {told}"):
        find_saved_model(teams / "c")


def test_the_look_for_it_ends_and_follows_no_link(tmp_path: Path) -> None:
    teams, run = tmp_path / "teams", save(tmp_path / "run" / "x")
    for name in ("a", "b"):
        save(teams / name)
    (teams / "linking").mkdir()
    (teams / "linking" / "there").symlink_to(run)
    for number in range(1000):
        (teams / "many" / f"{number:04}" / "x" / "x" / "x" / "x").mkdir(parents=True)
    (teams / "many" / "0999" / "x" / "x" / "x" / "x" / "model.zip").touch()
    linking, many = find_teams(teams)[2:]
    assert linking.missing == many.missing == "no SavedModel here"


def test_a_file_is_no_folder_of_a_model(tmp_path: Path) -> None:
    graph = save(tmp_path / "model") / "saved_model.pb"
    with pytest.raises(InputError, match=r"found saved_model\.pb: hand in its folder"):
        find_saved_model(graph)
    (tmp_path / "model.zip").touch()
    with pytest.raises(InputError, match=r"found model\.zip: unpack it"):
        find_saved_model(tmp_path / "model.zip")


def test_a_missing_model_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"no SavedModel here; looked for .*train-gan/model/saved_mo"
    ):
        find_saved_model(tmp_path)
    with pytest.raises(InputError, match="b: no such folder; expected one with a SavedModel"):
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
