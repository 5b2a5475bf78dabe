"""The GAN challenge as a user runs it: a training, its submission, a battle and a tournament."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from pipelines.history.run_record import RunRecord
from preprocessing.samples.gan import write_sample
from tests.models.battle.made_teams import save, writes_a_file
from tests.pipelines.conftest import Command
from tests.pipelines.steps_here import steps_here

IMAGES = {"train": 40, "validation": 16, "test": 16}
STEPS = ["preprocess-gan", "train-gan", "evaluate-gan", "check-submission"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Path:
    """Returns the folder of one, short run."""
    faces, runs = tmp_path_factory.mktemp("faces"), tmp_path_factory.mktemp("runs")
    for seed, (split, count) in enumerate(IMAGES.items()):
        write_sample(faces / split, count, seed)
    params = "model=Sample max_steps=30 export_model_steps=20 batch_size=8"
    with steps_here(besides=""):
        status, out, err = command(
            "run", "gan", "--data", faces, "--runs", runs, "--params", params
        )
    assert status == 0, out + err
    return runs


@pytest.fixture(scope="module")
def trained(runs: Path) -> RunRecord:
    (path,) = runs.glob("gan-*/run.json")
    return RunRecord.read(path.parent)


def new_folder(runs: Path, name: str) -> Path:
    """Returns what a command left in the folder of the runs."""
    (folder,) = runs.glob(f"{name}-*")
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_run_trains_judges_and_checks_a_submission(trained: RunRecord) -> None:
    assert trained.status == "succeeded"
    assert {step.name: step.status for step in trained.steps} == dict.fromkeys(STEPS, "succeeded")
    model, check = (Path(trained.artifacts[name]) for name in ("model", "check"))
    for step in (20, 30):
        grid = Image.open(model / "grids" / f"step-{step:06}.png")
        assert min(grid.size) >= 8 * 50
    assert (model / "export" / "step_20" / "saved_model" / "saved_model.pb").is_file()
    assert Path(trained.artifacts["report"]).read_text().startswith("<!doctype html>")

    ids = [f"{number:02}" for number in range(50 + IMAGES["validation"])]
    assert sorted(path.stem for path in (check / "images").iterdir()) == ids
    truth, predictions = (rows(check / f"{name}.csv") for name in ("ground_truth", "predictions"))
    assert [row["Id"] for row in truth] == [row["Id"] for row in predictions] == ids
    assert sum(int(row["Category"]) for row in truth) == IMAGES["validation"]

    metrics = {name: value for step in trained.steps for name, value in step.metrics.items()}
    assert metrics["images"] == IMAGES["validation"]
    assert {"frechet_distance", "kernel_distance", "diversity", "memorises"} < set(metrics)
    right = [t for t, p in zip(truth, predictions, strict=True) if t == p]
    told = metrics["accuracy_real"] * IMAGES["validation"] + metrics["accuracy_generated"] * 50
    assert len(right) == round(told)


def test_a_run_is_a_submission(runs: Path, trained: RunRecord, command: Command) -> None:
    status, printed, error = command("check-submission", "--model", trained.folder, "--runs", runs)
    assert (status, error) == (0, "")
    told = {line[:20].strip(): line[23:] for line in printed.splitlines()}
    assert (told["valid"], told["real images"]) == ("yes", trained.artifacts["examples"])
    assert json.loads(Path(told["images"]).with_name("check.json").read_text())["valid"]


def test_a_submission_that_is_not_valid_ends_with_1_and_each_rule(
    runs: Path, trained: RunRecord, tmp_path: Path, command: Command
) -> None:
    save(tmp_path / "bad", writes_a_file(tmp_path / "written"))  # of images of 12 x 12
    status, printed, error = command(
        "check-submission", "--model", tmp_path / "bad", "--runs", runs
    )
    assert (status, error) == (1, "")
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    assert "valid no" in lines
    told = [line for line in lines if line.startswith("breaks")]
    for rule in (
        "breaks operation: the operation WriteFile in ",
        "breaks shape: generate: generated_images has the shape [None, 144]; expected [None, 2500]",
        "breaks shape: discriminate: input_batch_raw has the shape [None, 144]; expected",
    ):
        assert [line for line in told if line.startswith(rule)], printed
    assert not (tmp_path / "written").exists()


def test_two_submissions_fight(runs: Path, trained: RunRecord, command: Command) -> None:
    early = Path(trained.artifacts["model"], "export", "step_20")
    status, printed, error = command("battle", "--a", trained.folder, "--b", early, "--runs", runs)
    assert (status, error) == (0, "")
    folder = new_folder(runs, "battle")
    (row,) = rows(folder / "results.csv")
    assert (row["TeamA"], row["TeamB"]) == (Path(trained.folder).name, "step_20")
    assert f"{row['Winner']}, by {row['DecidedBy']}" in printed
    assert f"{row['ScoreA']} points" in printed
    assert (folder / "battle.html").read_text().startswith("<!doctype html>")


def test_a_tournament_takes_the_images_of_the_newest_run(
    runs: Path, trained: RunRecord, tmp_path: Path, command: Command
) -> None:
    model, teams = Path(trained.artifacts["model"]), tmp_path / "teams"
    shutil.copytree(model, teams / "trained")
    shutil.copytree(model / "export" / "step_20" / "saved_model", teams / "early")
    (teams / "nobody").mkdir()
    params = "round_robin=true seed=1"
    with steps_here(besides=""):
        status, printed, error = command(
            "run", "tournament", "--teams", teams, "--runs", runs, "--params", params
        )
    assert status == 0, printed + error
    record = RunRecord.read(new_folder(runs, "tournament"))
    assert {step.name: step.status for step in record.steps} == {
        "preprocess-gan": "cached",
        "tournament": "succeeded",
    }
    results = Path(record.artifacts["results"])
    bracket = json.loads((results / "bracket.json").read_text())
    assert (bracket["format"], bracket["seed"]) == ("round robin", 1)
    assert bracket["real_images"]["source"] == trained.parameters["source"]
    assert f"the champion is {bracket['champion']}" in printed
    assert [row["team"] for row in bracket["standings"]][-1] == "nobody"
    lost = [row for row in rows(results / "results.csv") if row["DecidedBy"] == "forfeit"]
    assert [row["Reason"] for row in lost] == ["nobody: no SavedModel here"] * 2
