"""Runs side by side: what differs, which is best, and what does not compare."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.history.metrics import better
from pipelines.history.run_record import Step
from tests.pipelines.conftest import Command, plain
from tests.pipelines.run_records import record, write


@pytest.fixture(autouse=True)
def no_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKEND", "local")


def cells(text: str) -> dict[str, list[str]]:
    return {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.strip()}


def compare(command: Command, runs: Path, names: str) -> str:
    code, out, err = command("compare", names, "--runs", runs)
    assert (code, err) == (0, "")
    return out


def test_what_differs_stands_side_by_side_and_the_best_is_marked(
    command: Command, tmp_path: Path
) -> None:
    first = {"hit_at_1": 0.5, "loss": 1.25, "examples": 40.0, "nearest_distance": 0.3}
    second = {"hit_at_1": 0.75, "loss": 1.5, "examples": 40.0, "map": 0.25}
    write(tmp_path, record("a-1", first, parameters={"epochs": 3, "seed": 1}))
    write(tmp_path, record("b-1", second, parameters={"epochs": 5, "seed": 1}))
    out = compare(command, tmp_path, "a b-1")
    rows = cells(out)
    assert rows["1"] == ["2"]  # the columns have numbers
    assert out.splitlines()[1].split()[:2] == ["1", "a-1"]
    assert out.splitlines()[2].split()[:2] == ["2", "b-1"]
    assert rows["epochs"] == ["3", "5"]
    assert "seed" not in rows  # is the same
    assert "batch_size" not in rows  # both have the default
    assert rows["hit_at_1"] == ["0.5000", "0.7500", "*"]
    assert rows["loss"] == ["1.2500", "*", "1.5000"]
    assert rows["examples"] == ["40", "40"]
    assert rows["nearest_distance"] == ["0.3000"]
    assert rows["map"] == ["0.2500"]
    assert rows["train"] == ["1", "min", "15", "s"] * 2
    assert "preprocess" not in rows  # answered from the cache in both


def test_a_default_that_was_not_given_is_the_same_as_one_that_was(
    command: Command, tmp_path: Path
) -> None:
    write(tmp_path, record("a-1", parameters={"epochs": 2}))
    write(tmp_path, record("b-1"))  # of a cloud run only what was given is known
    default = json.loads(command("runs", "--run", "b-1", "--json", "--runs", tmp_path)[1])
    assert "epochs" not in default["parameters"]
    assert cells(compare(command, tmp_path, "a-1 b-1"))["epochs"][0] == "2"
    assert len(cells(compare(command, tmp_path, "a-1 b-1"))["epochs"]) == 2


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"parameters": {"source_fingerprint": "ee11"}}, "different data: the metrics do not"),
        ({"parameters": {"source_fingerprint": ""}}, "of b-1 may have been other than that of the"),
        ({"pipeline": "gan"}, "different pipelines (quickdraw, gan): metrics of the same name"),
        ({"status": "failed"}, "not whole: b-1 (failed)"),
    ],
)
def test_what_may_not_compare_is_said_in_words(
    command: Command, tmp_path: Path, other: dict[str, Any], told: str
) -> None:
    write(tmp_path, record("a-1", {"hit_at_1": 0.5}))
    write(tmp_path, record("b-1", {"hit_at_1": 0.75}, **other))
    out = compare(command, tmp_path, "a-1 b-1")
    assert told in out
    assert ("0.7500 *" in out) == ("different data" not in told)


def test_more_runs_than_a_terminal_is_wide_stand_below_one_another(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(7):
        source = {"source": f"gs://a-long-name-of-a-bucket/folder/{number}"}
        write(tmp_path, record(f"run-{number}", {"hit_at_1": number / 8}, parameters=source))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FORCE_COLOR", "1")
    out = plain(compare(command, tmp_path, " ".join(f"run-{number}" for number in range(7))))
    assert max(map(len, out.splitlines())) <= 80
    shown = [line.split()[1:] for line in out.splitlines() if line.startswith("  hit_at_1")]
    assert len(shown) > 1
    assert [cell for line in shown for cell in line if "0." in cell] == [
        f"{number / 8:.4f}" for number in range(7)
    ]
    assert all(f"er/{number}" in out for number in range(7))  # the end of a path tells most


def test_as_json(command: Command, tmp_path: Path) -> None:
    write(tmp_path, record("a-1", {"loss": 1.0}, parameters={"epochs": 3}))
    write(tmp_path, record("b-1", {"loss": 0.5}, parameters={"epochs": 5}))
    found = json.loads(command("compare", "a-1", "b-1", "--json", "--runs", tmp_path)[1])
    assert [run["run"] for run in found["runs"]] == ["a-1", "b-1"]
    assert found["parameters"] == [{"name": "epochs", "values": [3, 5], "best": []}]
    assert found["metrics"] == {"evaluate": [{"name": "loss", "values": [1.0, 0.5], "best": [1]}]}


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ("quickdraw-1 quickdraw-3", "RUN: there is no run 'quickdraw-3', did you mean"),
        ("quickdraw-1", "RUNS: expected two runs or more, got quickdraw-1"),
        ("quickdraw-1 quickdraw-1", "RUNS: expected two runs or more, got quickdraw-1"),
    ],
)
def test_names_that_cannot_be_are_told(
    command: Command, tmp_path: Path, names: str, told: str
) -> None:
    write(tmp_path, record("quickdraw-1"))
    write(tmp_path, record("quickdraw-2", steps=[Step("train")]))
    code, out, err = command("compare", names, "--runs", tmp_path)
    assert (code, out) == (1, "")
    assert err.startswith(f"error: {told}")


@pytest.mark.parametrize(
    ("name", "way"),
    [
        *((name, "higher") for name in ("test_accuracy", "hit_at_1", "int8_hit_at_1", "top_5")),
        *((name, "lower") for name in ("loss", "frechet_distance", "generate_seconds")),
        *(
            (name, "")
            for name in (
                "examples",
                "champion_accuracy",
                "default_hit_at_1",
                "trials_complete",
                "coverage_real",
                "generator_loss",
                "collapsed",
            )
        ),
    ],
)
def test_whether_more_is_better_goes_by_the_name(name: str, way: str) -> None:
    assert better(name) == way
