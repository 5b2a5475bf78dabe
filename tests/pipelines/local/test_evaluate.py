"""Exports are evaluated while a training goes on and afterwards, each once, however it ends."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from models import export_evaluation
from models.adversarial.evaluation import evaluate_gan
from pipelines.history.run_record import RunRecord, Step
from pipelines.local import evaluate
from pipelines.local.find_run import find_run
from pipelines.local.run_lock import hold_lock
from preprocessing.errors import InputError
from tests.models.adversarial.conftest import pictures, write_gan, write_history, write_pictures
from tests.models.conftest import write_examples
from tests.models.test_evaluation import write_model

ROOT = Path(__file__).parents[3]
NAME = "quickdraw-2026-01-02-03-04-05-000006"

BEGIN_A_RUN = """
import io, subprocess, sys, time
from pathlib import Path
from rich.console import Console
from pipelines.display import Display
from pipelines.local.recorder import Recorder

recorder = Recorder("quickdraw", {}, "", Path(sys.argv[1]), Display(Console(file=io.StringIO())))
recorder.begin(sys.argv[2], "train")
step = subprocess.Popen(["sleep", "60"])
print(step.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    monkeypatch.setattr(evaluate, "_SECONDS_BETWEEN_LOOKS", 0.05)


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Returns a folder with the examples and the record of one run."""
    write_examples(tmp_path / "runs" / NAME / "preprocess" / "examples", {"validation": [40, 20]})
    return tmp_path / "runs"


def record(runs: Path, status: str, **steps: str) -> Path:
    """Writes `run.json`; returns the folder of the run."""
    folder = runs / NAME
    parameters = {"model": "Cnn", "learning_rate": 0.003, "export_model_steps": 10}
    listed = [Step(name, one) for name, one in steps.items()]
    RunRecord(NAME, "quickdraw", str(folder), parameters, "", status, steps=listed).save()
    return folder


def export(model: Path, runs: Path, name: str) -> None:
    """Moves an export into place as training does; it has no `history.json`."""
    destination = runs / NAME / "train" / "model" / name
    destination.mkdir(parents=True, exist_ok=True)
    shutil.copy(model / "labels.txt", destination)
    unfinished = runs / "unfinished"
    shutil.copytree(model / "saved_model", unfinished)
    unfinished.rename(destination / "saved_model")


def evaluated(folder: Path, watch: bool = False) -> list[str]:
    """Evaluates a run and returns the lines on the screen."""
    screen = io.StringIO()
    evaluate.evaluate_run(folder, watch, Console(file=screen))
    return screen.getvalue().splitlines()


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert path.exists()


def test_exports_are_evaluated_as_they_come_until_the_training_ends(
    runs: Path, model: Path
) -> None:
    folder = record(runs, "running", preprocess="running")
    lines: list[str] = []
    with hold_lock(folder):
        watch = threading.Thread(target=lambda: lines.extend(evaluated(folder, watch=True)))
        watch.start()
        time.sleep(0.2)
        record(runs, "running", preprocess="succeeded", train="running")
        time.sleep(0.2)
        for step in (10, 20):
            export(model, runs, f"export/step_{step}")
            shutil.copy(model / "history.json", folder / "train" / "model")
            wait_for(folder / "evaluations" / f"step-{step}")
        assert watch.is_alive()
        rows = [{"steps": 15, "val_loss": 1.0}, {"steps": 30, "val_loss": 2.0}]
        (folder / "train" / "model" / "history.json").write_text(json.dumps(rows))
        export(model, runs, ".")
        # The steps after the training are none of its business.
        record(runs, "running", preprocess="succeeded", train="succeeded", evaluate="running")
        watch.join(60)
        assert not watch.is_alive()

    text = "\n".join(lines)
    assert "no export yet, the run is at preprocess" in text
    assert 'after 10 steps; PARAMS="export_model_steps=100" asks for one' in text
    shown = [line.split("  ")[1] for line in lines if line.startswith(("  step", "  final"))]
    assert shown == ["step 10", "step 20", "final, step 15"]  # the best epoch's, not the last
    assert "top-5" not in text  # of three classes
    assert lines[-2].split()[:4] == ["best", "Hit@1", "step", "10,"]
    report = Path(lines[-1].split()[1])
    assert report == folder / "evaluations" / "step-10" / "report.html"
    assert "<polyline" in report.read_text()  # the curves so far
    metrics = json.loads((report.parent / "metrics.json").read_text())
    assert metrics["step"] == 10
    assert metrics["examples"] == 60
    assert curves(folder / "evaluations" / "logs")["hit_at_1"] == [10, 20, 15]
    assert not list((folder / "evaluations").glob(".*"))


def curves(logs: Path) -> dict[str, list[int]]:
    """Returns the steps that TensorBoard finds, by name of the value."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(logs))
    found.Reload()
    return {name: [one.step for one in found.Tensors(name)] for name in found.Tags()["tensors"]}


def test_without_watch_the_newest_is_evaluated_and_nothing_twice(
    runs: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = record(runs, "failed", preprocess="cached", train="failed")
    for step in (9, 10):
        export(model, runs, f"export/step_{step}")
    (folder / "train" / "model" / "export" / "step_11").mkdir()  # its SavedModel never came
    first = evaluated(folder)
    assert [path.name for path in folder.glob("evaluations/step-*")] == ["step-10"]
    assert "  training             failed" in first

    watched = evaluated(folder, watch=True)  # what is left, though nothing goes on
    assert sum(line.startswith("  step ") for line in watched) == 2
    monkeypatch.setattr(export_evaluation, "evaluate", None)
    assert evaluated(folder, watch=True) == watched


def test_after_a_tuning_the_report_has_what_was_trained_with(runs: Path, model: Path) -> None:
    folder = record(runs, "succeeded", preprocess="cached", tune="succeeded", train="succeeded")
    study = folder / "tune" / "study"
    study.mkdir(parents=True)
    (study / "trials.csv").touch()
    (study / "best.json").write_text('{"learning_rate": 0.00456}')
    run = RunRecord.read(folder)
    run.steps[1].artifacts["study"] = str(study)
    run.save()
    export(model, runs, "export/step_10")
    report = Path(evaluated(folder)[-1].split()[1]).read_text()
    assert "0.00456" in report
    assert "0.003<" not in report


def test_the_exports_of_a_gan_are_compared_by_their_distance_to_real_images(tmp_path: Path) -> None:
    folder = tmp_path / NAME
    splits = {"train": [pictures(60, seed=1)], "validation": [pictures(40, seed=2)]}
    write_pictures(folder / "preprocess-gan" / "examples", splits)
    model = folder / "train-gan" / "model"
    write_gan(model / "export" / "step_50", pictures(40, seed=3))
    write_gan(model, pictures(1, seed=3))
    write_history(model, rows=2)
    ended = [Step("preprocess-gan", "succeeded"), Step("train-gan", "succeeded")]
    RunRecord(NAME, "gan", str(folder), {"seed": 7}, "", "succeeded", steps=ended).save()

    lines = evaluated(folder, watch=True)
    titles = next(line.split() for line in lines if "Frechet" in line)
    assert titles == ["Frechet", "kernel", "real", "generated", "diversity"]
    shown = [line.split("  ")[1] for line in lines if line.startswith(("  step", "  final"))]
    assert shown == ["step 50", "final, step 100"]
    assert lines[-3].split() == ["training", "succeeded"]
    assert lines[-2].split()[:4] == ["best", "Frechet", "step", "50,"]
    report = Path(lines[-1].split()[1])
    assert "<polyline" in report.read_text()
    assert curves(folder / "evaluations" / "logs")["frechet_distance"] == [50, 100]
    found = json.loads((folder / "evaluations" / "step-final" / "metrics.json").read_text())
    own = evaluate_gan(model, folder / "preprocess-gan" / "examples", tmp_path / "o.html", seed=7)
    assert found == {"step": 100, **own}  # as the run's own evaluation


def test_an_export_that_cannot_be_judged_does_not_end_the_watch(runs: Path, model: Path) -> None:
    folder = record(runs, "interrupted", preprocess="succeeded", train="interrupted")
    for step in (10, 20):
        export(model, runs, f"export/step_{step}")
    (folder / "train" / "model" / "export" / "step_10" / "labels.txt").write_text("ant\n")
    lines = evaluated(folder, watch=True)
    assert "step 10 " in lines[1]
    assert "1 classes, but the examples have 3" in lines[1]
    assert lines[-2].split()[2:4] == ["step", "20,"]
    shutil.rmtree(folder / "train" / "model" / "export" / "step_20")
    with pytest.raises(InputError, match="1 classes, but the examples have 3"):
        evaluated(folder, watch=True)


def test_a_killed_run_has_ended_though_its_step_lives_on(runs: Path, model: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", BEGIN_A_RUN, str(runs), NAME],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    step = int(process.stdout.readline())
    try:
        assert RunRecord.read(runs / NAME).status == "running"
        process.kill()
        process.wait()
        killed = RunRecord.read(runs / NAME)
        assert (killed.status, killed.steps[0].status) == ("killed", "killed")
    finally:
        process.kill()
        os.kill(step, signal.SIGKILL)
    export(model, runs, "export/step_10")
    assert "  training             killed" in evaluated(runs / NAME, watch=True)


@pytest.mark.parametrize(
    ("status", "steps", "watch", "told"),
    [
        ("failed", {"preprocess": "failed"}, True, "no model was exported (preprocess: failed);"),
        ("running", {"preprocess": "succeeded", "train": "running"}, True, "(train: killed)"),
        ("succeeded", {"preprocess": "cached", "train": "cached"}, False, "(train: cached)"),
    ],
)
def test_where_no_model_will_come_the_cure_is_told(
    runs: Path, status: str, steps: dict[str, str], watch: bool, told: str
) -> None:
    with pytest.raises(InputError) as caught:
        evaluated(record(runs, status, **steps), watch)
    assert told in str(caught.value)
    assert 'PARAMS="export_model_steps=100"' in str(caught.value)


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ({"preprocess": "running"}, "the run is at preprocess; WATCH=1 waits for it"),
        ({"preprocess": "cached", "train": "running"}, "the first comes after 10 steps"),
    ],
)
def test_without_watch_nothing_is_waited_for(runs: Path, steps: dict[str, str], told: str) -> None:
    folder = record(runs, "running", **steps)
    with hold_lock(folder), pytest.raises(InputError, match=told):
        evaluated(folder)


def test_a_run_is_found_by_name_path_or_age(runs: Path) -> None:
    folder = record(runs, "succeeded", train="succeeded")
    newer = runs / NAME.replace("2026", "2027")
    RunRecord(newer.name, "quickdraw", str(newer), {}, "").save()
    torn = runs / NAME.replace("2026", "2029")
    torn.mkdir()
    (torn / "run.json").write_text("{")
    other = runs / "other-2028"
    RunRecord(other.name, "other", str(other), {}, "").save()
    assert find_run("quickdraw", "", runs) == newer
    assert find_run("quickdraw", NAME, runs) == folder
    assert find_run("quickdraw", f"{folder}/", runs) == folder


@pytest.mark.parametrize(
    ("name", "prepare", "told"),
    [
        ("", lambda runs: None, "no run of quickdraw in .*run `make run PIPELINE=quickdraw` first"),
        (NAME[:-1], lambda runs: record(runs, "failed"), f"did you mean '{NAME}'"),
        (
            NAME,
            lambda runs: (record(runs, "failed") / "run.json").write_text("{}"),
            "not the record of a run",
        ),
    ],
)
def test_a_run_that_cannot_be_found_is_told(
    runs: Path, name: str, prepare: Callable[[Path], object], told: str
) -> None:
    prepare(runs)
    with pytest.raises(InputError, match=told) as caught:
        find_run("quickdraw", name, runs)
    assert "\n" not in str(caught.value)


def test_ctrl_c_ends_the_watch_with_one_line(runs: Path) -> None:
    folder = record(runs, "running", preprocess="running")
    arguments = ["evaluate", "quickdraw", "--watch", "--runs", str(runs)]
    with hold_lock(folder):
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        assert process.stdout is not None
        while "waiting" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert error.splitlines() == ["interrupted; the same command goes on where it stopped"]
