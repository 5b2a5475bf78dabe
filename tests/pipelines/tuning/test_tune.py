"""`make tune` from drawings to the best parameters, and what a user does with them afterwards."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from pipelines.arguments import read_arguments
from pipelines.commands.options import parameter_words
from pipelines.history.run_record import RunRecord
from pipelines.settings import Settings
from tests.conftest import WriteBitmaps
from tests.pipelines.conftest import Command
from tests.pipelines.steps_here import steps_here

SMALL = "train_per_class=30 validation_per_class=9 test_per_class=9 batch_size=16"
PARAMS = f"model=Logistic epochs=1 augment=false {SMALL}"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yields the folder of data and runs, which is the working folder of all these tests."""
    place = tmp_path_factory.mktemp("tuning")
    with pytest.MonkeyPatch.context() as patch:
        for name in (*Settings.model_fields, "data", "model", "params"):
            patch.delenv(name.upper(), raising=False)
        patch.chdir(place)
        yield place


@pytest.fixture(scope="module")
def data(place: Path, write_bitmaps: WriteBitmaps) -> Path:
    return write_bitmaps(place / "data", {"ant": 60, "bee": 60})


@pytest.fixture(scope="module")
def tuned(command: Command, data: Path) -> str:
    """Returns what `make tune` printed."""
    with steps_here(besides=""):
        status, out, err = command(
            "tune", "quickdraw", "--trials", 2, "--data", data, "--params", PARAMS
        )
    assert (status, err) == (0, "")
    return out


def record() -> RunRecord:
    (path,) = Path("runs").glob("quickdraw-tune-*")
    return RunRecord.read(path)


def test_it_shows_what_it_tries_and_every_trial_and_how_to_go_on(tuned: str) -> None:
    lines = tuned.splitlines()
    tries = [line.split()[1] for line in lines if line.startswith("  tries ")]
    assert tries == ["learning_rate", "learning_rate_decay"]  # the batch size is given
    before, table = tuned.split(" took\n")
    assert "tune                 succeeded" in before
    rows = [line.split() for line in table.splitlines()[:2]]
    assert sorted(row[0] for row in rows) == ["0", "1"]
    assert "best" in rows[0]
    (first,) = (row for row in rows if row[0] == "0")
    assert {"default", "0.003", "0.8"} <= set(first)
    folder = record().folder
    last = {label.strip(): text for label, text in (line[2:].split("  ", 1) for line in lines[-4:])}
    assert last["best"].strip() == f"{folder}/tune/study/best.json"
    assert last["trials"].strip() == f"{folder}/tune/study/trials.csv"
    assert last["train with the best"].strip() == (
        f"make run PIPELINE=quickdraw DATA={Path('data').absolute()}"
        f" PARAMS='@{folder}/tune/study/best.json {PARAMS}'"
    )


def test_what_it_says_to_train_with_is_taken(tuned: str) -> None:
    (line,) = (line for line in tuned.splitlines() if "train with the best" in line)
    *_, params = shlex.split(line)
    words = parameter_words(params.removeprefix("PARAMS="))
    given = read_arguments("quickdraw", words, "", "", None, Path("runs"), print)
    best = json.loads(Path(record().folder, "tune/study/best.json").read_text())
    assert set(best) == {"learning_rate", "learning_rate_decay"}
    expected = {**best, "epochs": 1, "batch_size": 16, "augment": False}
    assert {name: given[name] for name in expected} == expected


def test_the_whole_pipeline_takes_these_trials_and_trains_with_the_best(
    tuned: str, command: Command, data: Path
) -> None:
    with steps_here(besides=""):
        status, out, err = command(
            *("run", "quickdraw-tuning", "--data", data, "--params", f"{PARAMS} trials=2")
        )
    assert (status, err) == (0, "")
    assert re.search(r"preprocess +cached", out)
    assert re.search(r"tune +cached", out)  # the same as in `make tune`
    rows = [line for line in tuned.splitlines() if re.match(r" +[01]  [01]\.\d{4} ", line)]
    assert len(rows) == 2
    assert all(row in out for row in rows)  # no trial was made twice
    (path,) = Path("runs").glob("quickdraw-tuning-*")
    best = json.loads(Path(path, "tune/study/best.json").read_text())
    assert f"learning_rate={best['learning_rate']:.4g} " in out.partition("trained with")[2]
    trained = json.loads(Path(path, "train/executor_output.json").read_text())
    metadata = trained["artifacts"]["model"]["artifacts"][0]["metadata"]
    assert (metadata["learning_rate"], metadata["batch_size"]) == (best["learning_rate"], 16)
    assert RunRecord.read(path).artifacts["submission"]
    _, page, _ = command("runs", "--run", path.name, "--backend", "local")
    (words,) = re.findall("trained with +(.+)", out)
    assert re.search(rf"trained with +{re.escape(words)}\n", page)


def test_its_metrics_are_in_the_history_of_the_pipeline(tuned: str, command: Command) -> None:
    _, out, _ = command("runs", "quickdraw", "--backend", "local")
    assert re.search(r"quickdraw-tune-\S+ .*succeeded.* best Hit@1", out)
    _, page, _ = command("runs", "--run", record().run, "--backend", "local")
    assert "default  " in page
    assert re.search(r"trials_complete +2\n", page)
    assert re.search(r"trials_failed +0\n", page)
    assert re.search(r"fixed_parameters +\[\"batch_size\"\]", page)
    assert re.search(r"study_dir +runs/studies", page)


def test_what_trains_nothing_has_nothing_to_judge_or_promote(tuned: str, command: Command) -> None:
    for asked in ("evaluate", "promote"):
        assert command(asked, "quickdraw")[2].startswith(
            "error: PIPELINE: no run of quickdraw in ru"
        )
        assert command(asked, "quickdraw-tune")[2] == (
            "error: PIPELINE: quickdraw-tune only tries parameters and leaves no model; name one"
            " that trains: quickdraw\n"
        )


def test_the_dashboard_shows_the_study_until_it_is_interrupted(tuned: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    root = Path(__file__).parents[3]
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines", "dashboard"],
        env={**os.environ, "PORT": str(port), "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        (address,) = re.findall(r"http://\S+", line)
        assert line.startswith("the studies of runs/studies/studies.db: ")
        with urlopen(address) as page:
            assert b"Optuna" in page.read()
        with urlopen(address.replace("/dashboard", "/api/studies")) as answer:
            (study,) = json.load(answer)["study_summaries"]
        assert study["study_name"].startswith("quickdraw-Logistic-")
    finally:
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=20)
    assert (process.returncode, error) == (0, "")
