"""The whole pipeline as a user runs it, from bitmaps to a scored submission."""

import csv
import getpass
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import WriteBitmaps
from tests.pipelines.conftest import Command

ROOT = Path(__file__).parents[3]
STEPS = ["preprocess", "train", "evaluate", "batch-predict", "predictions-to-csv", "score"]
CLASSES = {"ant": 60, "cake": 60, "lion": 60}


def options(
    data: Path, runs: Path, params: str = "model=Logistic epochs=10 batch_size=16 augment=false"
) -> list[str]:
    return ["run", "quickdraw", "--data", str(data), "--runs", str(runs), "--params", params]


def process_of(arguments: list[str]) -> list[str]:
    """Returns how a process runs the command line."""
    return [sys.executable, "-m", "pipelines", *arguments]


def run(*arguments: Any) -> subprocess.CompletedProcess[str]:
    process = process_of(options(*arguments))
    return subprocess.run(process, cwd=ROOT, capture_output=True, text=True)


def records(runs: Path) -> list[dict[str, Any]]:
    """Returns the records of all runs, oldest first."""
    return [json.loads(path.read_text()) for path in sorted(runs.glob("*/run.json"))]


def statuses(record: dict[str, Any]) -> dict[str, str]:
    return {step["name"]: step["status"] for step in record["steps"]}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, write_bitmaps: WriteBitmaps) -> Path:
    return write_bitmaps(tmp_path_factory.mktemp("data"), CLASSES)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Path:
    """Returns the folder of a first, successful run."""
    runs = tmp_path_factory.mktemp("runs")
    done = run(data, runs)
    assert done.returncode == 0, done.stdout + done.stderr
    return runs


def test_a_run_leaves_its_results_and_its_record(runs: Path) -> None:
    (record, *_) = records(runs)
    assert record["status"] == "succeeded"
    assert record["pipeline"] == "quickdraw"
    assert record["parameters"]["model"] == "Logistic"
    assert record["parameters"]["seed"] == 0  # a default
    assert record["user"] == getpass.getuser()
    assert statuses(record) == dict.fromkeys(STEPS, "succeeded")
    assert all(step["seconds"] > 0 for step in record["steps"])
    assert all(Path(step["log"]).exists() for step in record["steps"])
    artifacts = {name: path for step in record["steps"] for name, path in step["artifacts"].items()}
    assert all(Path(path).exists() for path in artifacts.values())
    assert Path(artifacts["report"]).read_text().startswith("<!doctype html>")
    with Path(artifacts["submission"]).open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["Id", "Category"]
    assert len(rows) == 1 + 3 * 6
    metrics = {name: v for step in record["steps"] for name, v in step["metrics"].items()}
    assert metrics["hit_at_1"] > 0.9  # blots are easily told apart
    assert metrics["test_accuracy"] > 0.9


def test_a_second_run_is_answered_from_the_cache(runs: Path, data: Path) -> None:
    done = run(data, runs)
    assert done.returncode == 0
    assert done.stdout.count(" cached ") == len(STEPS)
    record = records(runs)[-1]
    assert statuses(record) == dict.fromkeys(STEPS, "cached")
    submission = Path(record["folder"], "predictions-to-csv", "submission.csv")
    assert submission.is_symlink()
    assert submission.read_text().startswith("Id,Category\n")


def test_a_run_told_to_stop_writes_a_checkpoint_goes_on_and_leaves_no_process(
    runs: Path, data: Path
) -> None:
    before = len(records(runs))
    params = "model=Logistic epochs=2000 patience=2000 max_steps=4000"
    process = subprocess.Popen(
        process_of(options(data, runs, params)),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "RUN_UNDER_TEST": str(runs)},
    )
    deadline = time.monotonic() + 200
    while len(records(runs)) == before or "validation:" not in newest_training_log(runs):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=50)  # less than the patience that ends in a kill
    assert process.returncode == 130
    assert error.splitlines()[-1].startswith("interrupted; the same command goes on")
    record = records(runs)[-1]
    assert record["status"] == "interrupted"
    assert statuses(record) == {"preprocess": "cached", "train": "interrupted"}
    assert "a checkpoint is written" in newest_training_log(runs)
    if sys.platform == "linux":
        assert processes_of(str(runs)) == []


def test_changed_data_under_the_same_name_is_worked_on_again(runs: Path, data: Path) -> None:
    ant = data / "ant.npy"
    np.save(ant, np.load(ant)[::-1][:30].astype(np.float32))
    done = run(data, runs)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"error: step preprocess failed: {ant}: holds float32 [30, 784]; expected uint8 [N, 784],"
        " one drawing a row; write it with numpy.save"
        f" (its log: {records(runs)[-1]['steps'][0]['log']})"
    ]
    record = records(runs)[-1]
    assert (record["status"], statuses(record)) == ("failed", {"preprocess": "failed"})
    assert record["steps"][0]["error"].startswith(f"{ant}: holds float32 [30, 784]; expected")
    assert not list(Path(record["folder"]).rglob("examples.json"))


def test_what_cannot_be_is_told_before_anything_runs(
    command: Command, tmp_path: Path, data: Path
) -> None:
    for arguments, told in (
        ((data, tmp_path / "runs", "epoch=1"), "error: PARAMS: 'epoch' is no parameter"),
        ((data, tmp_path / "runs", "epochs=0"), "error: epochs=0: expected a whole number of 1"),
        ((data, tmp_path / "runs", "test_per_class=0"), "error: test_per_class: expected at"),
        ((data, tmp_path / "runs", "source=x"), "error: PARAMS: source is not set here but by"),
        ((data, tmp_path / "runs", "model='Cnn"), "error: PARAMS: No closing quotation"),
        ((tmp_path / "nowhere", tmp_path / "runs"), f"error: {tmp_path}/nowhere: no such file or"),
    ):
        status, _, err = command(*options(*arguments))
        assert status == 1
        assert err.startswith(told)
        assert len(err.splitlines()) == 1
        assert records(tmp_path / "runs") == []


def newest_training_log(runs: Path) -> str:
    log = Path(records(runs)[-1]["folder"], "logs", "train.log")
    return log.read_text() if log.exists() else ""


def processes_of(runs: str) -> list[str]:
    """Returns the processes that the test started and that are still there."""
    deadline = time.monotonic() + 10
    while True:
        found = []
        for environment in Path("/proc").glob("[0-9]*/environ"):
            try:
                if f"RUN_UNDER_TEST={runs}".encode() in environment.read_bytes():
                    found.append((environment.parent / "cmdline").read_text()[:80])
            except OSError:
                continue
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.2)
