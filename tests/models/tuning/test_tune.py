"""A tuning as its users see it: what it leaves, and that it goes on whatever has ended it."""

import csv
import json
import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.exceptions import StorageInternalError

from models.checkpoint import Checkpoints
from models.training_loop import TrainingLoop
from models.training_options import TrainingOptions
from models.tuning import lock
from models.tuning.lock import locked
from models.tuning.results import TuningResult
from models.tuning.tune import tune
from preprocessing.errors import InputError
from preprocessing.examples import Examples

NETWORKS = "models.quickdraw"
OPTIONS = TrainingOptions(model="Logistic", batch_size=60, epochs=3, augment=False)
FIXED = ["batch_size"]

TUNE = """
import sys, time
import models.training_loop
from models.training_options import TrainingOptions
from models.tuning.tune import tune
end_batch = models.training_loop.TrainingLoop.end_batch
models.training_loop._PROGRESS_SECONDS = 0.0
def slow(loop, logs):
    end_batch(loop, logs)
    time.sleep(0.05)
models.training_loop.TrainingLoop.end_batch = slow
examples, folder = sys.argv[1:]
options = TrainingOptions(model="Logistic", batch_size=60, epochs=3, augment=False)
tune(examples, folder + "/results", "models.quickdraw", options, 3, 1, ["batch_size"], folder)
"""

TUNE_FOR_LONG = """
import sys
from models.training_options import TrainingOptions
from models.tuning.tune import tune
options = TrainingOptions(model="Logistic", batch_size=60, epochs=2000, patience=2000)
tune(sys.argv[1], sys.argv[2], "models.quickdraw", options, 2, 2, ["batch_size"])
"""

OWN = """
import os, signal
from keras import layers

SEARCH_SPACE = {{
    "MyNet.kind": {{"type": "choice", "values": {values}, "default": {default!r}}},
    "learning_rate": {{"type": "float", "low": 0.001, "high": 0.1, "default": 0.01}},
}}

class MyNet:
    def __init__(self, kind="good"):
        if "dead" in kind:
            os.kill(os.getpid(), signal.SIGKILL)
        if "wrong" in kind:
            raise ValueError("of no use")

    def __call__(self, images, num_classes):
        return layers.Dense(num_classes, activation="softmax")(layers.Flatten()(images))
"""

Run = Callable[..., TuningResult]


def rows(folder: Path) -> list[dict[str, str]]:
    """What `trials.csv` says, without the times."""
    with (folder / "trials.csv").open(newline="") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def study_of(folder: Path) -> optuna.Study:
    storage = f"sqlite:///{folder / 'studies.db'}"
    (name,) = optuna.get_all_study_names(storage)
    return optuna.load_study(study_name=name, storage=storage)


@pytest.fixture(scope="module")
def undisturbed(examples: Examples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    tune(examples.folder, folder / "results", NETWORKS, OPTIONS, 3, 1, FIXED, str(folder))
    return folder


@pytest.fixture
def run(examples: Examples, tmp_path: Path) -> Run:
    """Tunes with results and study in the test's folder."""

    def call(options: TrainingOptions = OPTIONS, trials: int = 3, parallel: int = 1) -> Any:
        results = tmp_path / "results"
        return tune(
            examples.folder, results, NETWORKS, options, trials, parallel, FIXED, str(tmp_path)
        )

    return call


@pytest.fixture
def own(tmp_path: Path) -> Callable[..., TrainingOptions]:
    """Writes a network whose kind decides how it ends."""

    def write(*values: str) -> TrainingOptions:
        path = tmp_path / "mine.py"
        path.write_text(OWN.format(values=list(values), default=values[0]))
        return replace(OPTIONS, model=f"{path}:MyNet", epochs=1)

    return write


def test_it_leaves_trials_and_the_best(undisturbed: Path) -> None:
    found = rows(undisturbed / "results")
    assert [(row["trial"], row["state"], row["epochs"]) for row in found] == [
        (str(number), "complete", "3") for number in range(3)
    ]
    assert (found[0]["learning_rate"], found[0]["learning_rate_decay"]) == ("0.003", "0.8")
    best = json.loads((undisturbed / "results" / "best.json").read_text())
    first = max(found, key=lambda row: float(row["hit_at_1"]))
    assert OPTIONS.tuned(best).learning_rate == float(first["learning_rate"])

    study = study_of(undisturbed)
    assert study.study_name.startswith("quickdraw-Logistic-")
    assert study.user_attrs["source"] == "noise"
    assert [list(trial.intermediate_values) for trial in study.trials] == [[1, 2, 3]] * 3
    history = json.loads(
        (undisturbed / study.study_name / "trial-0002" / "history.json").read_text()
    )
    smallest = min(history, key=lambda row: row["val_loss"])
    assert study.trials[2].value == smallest["val_hit_at_1"] == float(found[2]["hit_at_1"])
    assert not list(undisturbed.rglob("*.npz"))  # no checkpoint is left


def test_tensorboard_lists_the_trials(undisturbed: Path) -> None:
    from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
    from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
    from tensorboard.context import RequestContext
    from tensorboard.plugins.base_plugin import TBContext
    from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups

    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(undisturbed))
    multiplexer.Reload()
    provider = MultiplexerDataProvider(multiplexer, str(undisturbed))
    backend = backend_context.Context(TBContext(data_provider=provider))
    context = RequestContext()
    metadata = backend.hparams_metadata(context, "")
    experiment = backend.experiment_from_metadata(context, "", True, metadata, [])
    types = {info.name: info.type for info in experiment.hparam_infos}
    assert set(types) == {"learning_rate", "learning_rate_decay"}
    assert set(types.values()) == {api_pb2.DATA_TYPE_FLOAT64}
    metrics = {(info.name.group, info.name.tag) for info in experiment.metric_infos}
    assert {("", "hit_at_1"), ("validation", "hit_at_1")} <= metrics

    statuses = list(api_pb2.Status.values())
    request = api_pb2.ListSessionGroupsRequest(
        allowed_statuses=statuses, slice_size=9, include_metrics=True
    )
    handler = list_session_groups.Handler(context, backend, "", request)
    groups = handler.run().session_groups
    shown = {
        group.hparams["learning_rate"].number_value: value.value
        for group in groups
        for value in group.metric_values
        if (value.name.group, value.name.tag) == ("", "hit_at_1")
    }
    assert shown == {
        float(row["learning_rate"]): pytest.approx(float(row["hit_at_1"]))
        for row in rows(undisturbed / "results")
    }


def test_more_trials_go_on_with_those_there_are(
    run: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(trials=1)
    assert len(rows(tmp_path / "results")) == 1
    run(trials=2)
    assert [row["trial"] for row in rows(tmp_path / "results")] == ["0", "1"]
    run(trials=1)
    assert "nothing to try: 2 trials are done, 1 asked for" in capfd.readouterr().out
    (study,) = [path for path in tmp_path.iterdir() if path.name.startswith("quickdraw-")]
    monkeypatch.setattr(lock, "PATIENCE_SECONDS", 0.1)
    with (
        locked(study / ".lock"),
        pytest.raises(InputError, match=rf"{study.name}: another .* \(process {os.getpid()}\)"),
    ):
        run(trials=2)


def test_sigterm_costs_no_trial(
    run: Run, undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_batch, batches = TrainingLoop.end_batch, []

    def interrupt(loop: TrainingLoop, read: Callable[[], dict[str, float]]) -> None:
        batches.append(loop)
        if len(batches) == 18:  # in the second epoch of the second trial
            signal.raise_signal(signal.SIGTERM)
        end_batch(loop, read)

    monkeypatch.setattr(TrainingLoop, "end_batch", interrupt)
    with pytest.raises(SystemExit) as stopped:
        run()
    assert stopped.value.code == 143
    assert [trial.state.name for trial in study_of(tmp_path).trials] == ["COMPLETE", "RUNNING"]
    run()
    assert rows(tmp_path / "results") == rows(undisturbed / "results")
    assert len(batches) == 3 * 3 * 4  # trials, epochs, batches


def test_kill_9_costs_no_trial(
    start: Callable[..., subprocess.Popen[str]],
    run: Run,
    undisturbed: Path,
    examples: Examples,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    process = start(TUNE, examples.folder, tmp_path)
    assert process.stdout is not None
    for line in process.stdout:
        if "trial 1, epoch 3" in line:
            break
    process.kill()
    process.wait()
    assert [row["trial"] for row in rows(tmp_path / "results")] == ["0"]
    run()
    assert "going on: 1 of 3 trials done, 1 under way" in capfd.readouterr().out
    assert rows(tmp_path / "results") == rows(undisturbed / "results")


def test_a_trial_that_fails_is_told_and_the_others_go_on(
    run: Run, own: Callable[..., TrainingOptions], tmp_path: Path
) -> None:
    result = run(own("good", "wrong", "very wrong", "all wrong"))
    for trial in result.trials:
        good = trial.values["MyNet.kind"] == "good"
        assert trial.state == ("complete" if good else "failed")
    errors = {row["error"] for row in rows(tmp_path / "results") if row["state"] == "failed"}
    assert errors == {"mine.py, line 15: ValueError: of no use"}


def test_defaults_that_fail_end_it(
    run: Run, own: Callable[..., TrainingOptions], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"of no use \(with the defaults of the search space\)"):
        run(own("wrong", "good"))
    assert len(study_of(tmp_path).trials) == 1


def test_a_full_disk_ends_it_and_the_trial_goes_on_later(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(checkpoints: Checkpoints, *values: object) -> None:
        raise InputError("no room") from OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoints, "save", full)
        with pytest.raises(InputError, match="no room"):
            run(trials=1)
    assert [trial.state.name for trial in study_of(tmp_path).trials] == ["RUNNING"]
    assert [trial.state for trial in run(trials=1).trials] == ["complete"]


def test_a_study_that_cannot_be_written_is_no_fault_of_a_trial(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(trials=1)

    def full(*values: object) -> None:
        raise StorageInternalError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(optuna.Trial, "report", full)
        with pytest.raises(InputError, match=r"studies.db: the study cannot be .*no room"):
            run(trials=2)
    states = [trial.state.name for trial in study_of(tmp_path).trials]
    assert states == ["COMPLETE", "RUNNING"]


def test_a_signal_in_the_last_moment_of_a_trial_is_heard(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = Checkpoints.save

    def interrupted(checkpoints: Checkpoints, step: int, *values: Any) -> None:
        save(checkpoints, step, *values)
        if step == OPTIONS.epochs * 4:
            signal.raise_signal(signal.SIGTERM)

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoints, "save", interrupted)
        with pytest.raises(SystemExit) as stopped:
            run(trials=2)
    assert stopped.value.code == 143
    assert [trial.state.name for trial in study_of(tmp_path).trials] == ["RUNNING"]
    assert [trial.state for trial in run(trials=1).trials] == ["complete"]


def test_several_at_a_time_and_a_process_that_dies_is_replaced(
    run: Run, own: Callable[..., TrainingOptions], tmp_path: Path
) -> None:
    result = run(own("good", "dead", "fine", "all dead"), trials=5, parallel=2)
    assert [trial.number for trial in result.trials] == list(range(5))
    for trial in result.trials:
        if "dead" not in trial.values["MyNet.kind"]:
            assert (trial.state, trial.epochs) == ("complete", 1)
        else:
            assert trial.state == "failed"
            assert "its process was killed" in trial.error
    assert {trial.state for trial in result.trials} == {"complete", "failed"}


def test_nothing_trains_on_when_kill_9_ends_several(
    start: Callable[..., subprocess.Popen[str]], examples: Examples, tmp_path: Path
) -> None:
    process = start(TUNE_FOR_LONG, examples.folder, tmp_path)
    assert process.stdout is not None
    for line in process.stdout:
        if ", epoch 3 of" in line:
            break
    process.kill()
    process.wait()
    rest = process.stdout.read()  # to the end of all who could write
    assert "training stopped by SIGTERM" in rest
    assert list(tmp_path.rglob("step-*.npz"))
    assert {trial.state.name for trial in study_of(tmp_path).trials} == {"RUNNING"}


@pytest.mark.parametrize(("trials", "parallel", "told"), [(0, 1, "trials=0"), (1, 0, "parallel=0")])
def test_what_cannot_be_is_told(run: Run, trials: int, parallel: int, told: str) -> None:
    with pytest.raises(InputError, match=f"{told}: expected a whole number of 1 or more"):
        run(trials=trials, parallel=parallel)
