"""Training as its users see it: what it leaves, and that it can be stopped anywhere."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import models.export
from models.fitting import TrainingResult
from models.training import train
from models.training_loop import TrainingLoop
from models.training_options import TrainingOptions
from preprocessing.errors import InputError
from preprocessing.examples import Examples
from tests.models.conftest import PROJECT, pixels_and_labels

NETWORKS = "models.quickdraw"
QUICK = TrainingOptions(model="Logistic", batch_size=20, epochs=3, checkpoint_seconds=0.001)

TRAIN = """
import sys, time
import models.export, models.training_loop
models.export._write_saved_model = lambda network, transform, k, features, folder: folder.mkdir()
from models.training import train
from models.training_options import TrainingOptions
models.training_loop._PROGRESS_SECONDS = 0.0
examples, transform, folder, checkpoints = sys.argv[1:]
end_batch = models.training_loop.TrainingLoop.end_batch
def slow(loop, read):
    end_batch(loop, read)
    time.sleep(0.1)
models.training_loop.TrainingLoop.end_batch = slow
options = TrainingOptions(model="Cnn", batch_size=20, epochs=3, checkpoint_dir=checkpoints,
                          checkpoint_seconds=0.001)
train(examples, transform, folder, "models.quickdraw", options)
"""

Start = Callable[..., subprocess.Popen[str]]


def wait_for_step(process: subprocess.Popen[str], step: int) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if f"step {step}:" in line:
            return
    raise AssertionError("the training ended before it was stopped")


def write_nothing(
    network: keras.Model, transform: object, k: int, features: object, folder: Path
) -> None:
    folder.mkdir()


def weights(folder: Path) -> list[np.ndarray[Any, Any]]:
    model = keras.saving.load_model(folder / "network.keras", compile=False)
    values: list[np.ndarray[Any, Any]] = model.get_weights()
    return values


@pytest.fixture
def run(
    examples: Examples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., TrainingResult]:
    """Trains without the SavedModel, which takes seconds and has its own tests."""
    monkeypatch.setattr(models.export, "_write_saved_model", write_nothing)

    def call(options: TrainingOptions, folder: str = "model") -> TrainingResult:
        shared = replace(options, checkpoint_dir=str(tmp_path / "checkpoints"))
        return train(examples.folder, "unread", tmp_path / folder, NETWORKS, shared)

    return call


@pytest.fixture(scope="module")
def undisturbed(
    examples: Examples, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TrainingResult, Path]:
    """Returns the result and the folder of a training that nothing stopped."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models.export, "_write_saved_model", write_nothing)
        return train(examples.folder, "unread", folder, NETWORKS, QUICK), folder


@pytest.fixture
def stop(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Makes training raise KeyError after a step, as a crash would."""

    def at(step: int) -> None:
        end_batch = TrainingLoop.end_batch

        def crash(loop: TrainingLoop, read: Callable[[], dict[str, float]]) -> None:
            end_batch(loop, read)
            if loop.state.step == step:
                monkeypatch.setattr(TrainingLoop, "end_batch", end_batch)
                raise KeyError("crash")

        monkeypatch.setattr(TrainingLoop, "end_batch", crash)

    return at


def test_checkpoints_of_another_training_stay(
    examples: Examples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models.export, "_write_saved_model", write_nothing)
    other = tmp_path / "model" / "checkpoints" / "another"
    other.mkdir(parents=True)
    train(examples.folder, "unread", tmp_path / "model", NETWORKS, replace(QUICK, epochs=1))
    assert list(other.parent.iterdir()) == [other]


def test_it_learns_and_leaves_a_model(
    run: Callable[..., TrainingResult], examples: Examples, tmp_path: Path
) -> None:
    options = TrainingOptions(batch_size=20, epochs=6, export_model_steps=30)
    result = run(options)

    assert json.loads(json.dumps(asdict(result)))["steps"] == result.steps == 12 * result.epochs
    assert result.validation_hit_at_1 > 0.8
    folder = tmp_path / "model"
    assert (folder / "labels.txt").read_text() == "bar\ncross\ndot\n"
    images, labels = pixels_and_labels(examples, "validation")
    network = keras.saving.load_model(folder / "network.keras", compile=False)
    hits = network.predict(images, verbose=0).argmax(axis=1) == labels
    assert hits.mean() == pytest.approx(result.validation_hit_at_1)

    history = json.loads((folder / "history.json").read_text())
    assert [row["epoch"] for row in history] == list(range(1, result.epochs + 1))
    assert min(row["val_loss"] for row in history) == result.validation_loss
    assert set(history[0]) >= {"steps", "loss", "hit_at_1", "gap", "val_gap", "learning_rate"}
    steps_an_epoch = examples.info.splits["train"].examples / options.batch_size
    keras_rate = keras.optimizers.schedules.ExponentialDecay(
        options.learning_rate, steps_an_epoch, options.learning_rate_decay
    )(history[-1]["steps"])
    assert history[-1]["learning_rate"] == pytest.approx(float(keras_rate), rel=1e-4)
    assert sorted(path.name for path in (folder / "export").iterdir()) == ["step_30", "step_60"]
    assert (folder / "export" / "step_30" / "saved_model").exists()
    assert list((tmp_path / "checkpoints").iterdir()) == []

    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for part, tags in (("train", {"learning_rate", "examples_per_second"}), ("validation", set())):
        events = EventAccumulator(str(folder / "logs" / part)).Reload()
        assert set(events.Tags()["tensors"]) == {"loss", "hit_at_1", "perr", "gap"} | tags


def test_the_same_seed_gives_the_same_model(
    run: Callable[..., TrainingResult], undisturbed: tuple[TrainingResult, Path], tmp_path: Path
) -> None:
    run(QUICK, "again")
    run(replace(QUICK, seed=1), "other")
    folders = (undisturbed[1], tmp_path / "again", tmp_path / "other")
    for one, again, other in zip(*map(weights, folders), strict=True):
        np.testing.assert_array_equal(one, again)
        if one.size > 3:
            assert not np.array_equal(one, other)


def test_a_crash_costs_nothing_but_time_which_is_told(
    run: Callable[..., TrainingResult],
    stop: Callable[[int], None],
    undisturbed: tuple[TrainingResult, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected, folder = undisturbed
    clock = time.time
    began = clock()
    for step in (7, 24, 30):
        stop(step)
        with pytest.raises(KeyError, match="crash"):
            run(QUICK)
    monkeypatch.setattr(time, "time", lambda: clock() + 100)  # as if no machine had been free
    result = run(QUICK)

    assert (expected.interruptions, expected.seconds_lost) == (0, 0)
    assert result.interruptions == 3
    assert 100 <= result.seconds_lost <= 100 + clock() - began
    assert result.resumed_from_step == 30
    assert (result.steps, result.best_epoch) == (expected.steps, expected.best_epoch)
    assert result.validation_loss == expected.validation_loss
    folders = (tmp_path / "model", folder)
    for one, other in zip(*map(weights, folders), strict=True):
        np.testing.assert_array_equal(one, other)
    histories = [json.loads((one / "history.json").read_text()) for one in folders]
    for name in ("loss", "hit_at_1", "gap", "val_loss"):
        assert [row[name] for row in histories[0]] == [row[name] for row in histories[1]]


def test_only_the_same_training_goes_on(
    run: Callable[..., TrainingResult], stop: Callable[[int], None]
) -> None:
    stop(5)
    with pytest.raises(KeyError, match="crash"):
        run(QUICK)
    assert run(replace(QUICK, learning_rate=0.01)).resumed_from_step == 0
    assert run(replace(QUICK, start_new_model=True)).resumed_from_step == 0


def test_early_stopping_keeps_the_best_epoch(
    run: Callable[..., TrainingResult], tmp_path: Path, examples: Examples
) -> None:
    result = run(
        TrainingOptions(
            model="Logistic",
            batch_size=20,
            epochs=50,
            patience=2,
            learning_rate=0.3,
            learning_rate_decay=1.0,
            augment=False,
        )
    )
    history = json.loads((tmp_path / "model" / "history.json").read_text())
    assert result.epochs == result.best_epoch + 2 < 50
    assert history[-1]["val_loss"] > result.validation_loss
    images, labels = pixels_and_labels(examples, "validation")
    network = keras.saving.load_model(tmp_path / "model" / "network.keras", compile=False)
    network.compile(loss="sparse_categorical_crossentropy")
    assert network.evaluate(images, labels, verbose=0) == pytest.approx(
        result.validation_loss, rel=1e-4
    )


def test_max_steps_ends_within_an_epoch(run: Callable[..., TrainingResult]) -> None:
    result = run(replace(QUICK, max_steps=17))
    assert (result.steps, result.epochs) == (17, 2)


def test_kill_9_is_gone_on_from(
    run: Callable[..., TrainingResult], start: Start, examples: Examples, tmp_path: Path
) -> None:
    checkpoints = tmp_path / "checkpoints"
    process = start(TRAIN, examples.folder, "unread", tmp_path / "model", checkpoints)
    wait_for_step(process, 15)
    process.kill()
    process.wait()
    result = run(replace(QUICK, model="Cnn", checkpoint_seconds=60))
    assert result.resumed_from_step >= 14  # step 15 is told before its checkpoint
    assert (result.steps, result.epochs, result.interruptions) == (36, 3, 1)
    assert result.seconds_lost > 0


def test_sigterm_writes_a_checkpoint_first(
    run: Callable[..., TrainingResult],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    checkpoints, end_batch = tmp_path / "checkpoints", TrainingLoop.end_batch
    before: list[Path] = []

    def slow(loop: TrainingLoop, logs: Callable[[], dict[str, float]]) -> None:
        end_batch(loop, logs)
        if loop.state.step == 5:
            before.extend(checkpoints.rglob("step-*"))
            threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()
        time.sleep(0.05)

    monkeypatch.setattr(TrainingLoop, "end_batch", slow)
    with pytest.raises(SystemExit) as stopped:
        run(replace(QUICK, checkpoint_seconds=1000))
    assert stopped.value.code == 143
    assert "stopped by SIGTERM" in capsys.readouterr().out
    assert before == []
    assert len(list(checkpoints.rglob("step-*.npz"))) == 1


def test_an_interrupt_while_validating_costs_nothing(
    run: Callable[..., TrainingResult],
    undisturbed: tuple[TrainingResult, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    end_batch = TrainingLoop.end_validation_batch

    def interrupt(loop: TrainingLoop) -> None:
        if loop.state.step == 24:
            monkeypatch.setattr(TrainingLoop, "end_validation_batch", end_batch)
            signal.raise_signal(signal.SIGINT)
        end_batch(loop)

    monkeypatch.setattr(TrainingLoop, "end_validation_batch", interrupt)
    with pytest.raises(SystemExit) as stopped:
        run(QUICK)
    assert stopped.value.code == 130
    result = run(QUICK)
    assert result.resumed_from_step == 24
    assert result.validation_loss == undisturbed[0].validation_loss


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, r"batch_size=0: expected a whole number of 1 or more; .* 128"),
        ({"epochs": 1.5}, "epochs=1.5: expected a whole number"),
        ({"learning_rate": float("nan")}, "learning_rate=nan: expected a number above 0"),
        ({"learning_rate_decay": 1.5}, "learning_rate_decay=1.5: expected"),
        ({"seed": -1}, "seed=-1: expected a whole number from 0"),
        ({"max_steps": True}, "max_steps=True: expected"),
    ],
)
def test_bad_options_are_told(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        TrainingOptions(**options)


def test_a_loss_that_is_no_number_is_told(run: Callable[..., TrainingResult]) -> None:
    with pytest.raises(InputError, match=r"learning_rate=1e\+38: .* not a number"):
        run(replace(QUICK, learning_rate=1e38, loss="CrossEntropy", epochs=1))


def test_the_page_on_own_models_trains(
    run: Callable[..., TrainingResult], stop: Callable[[int], None], tmp_path: Path
) -> None:
    page = (PROJECT / "docs" / "own-model.md").read_text()
    path = tmp_path / "elsewhere" / "mine.py"
    path.parent.mkdir()
    path.write_text("import beside_7\n" + page.split("```python\n")[1].split("```")[0])
    path.with_name("beside_7.py").write_text("")
    own = replace(QUICK, model=f"{path}:MyNet", loss=f"{path}:MyLoss", learning_rate=0.01, epochs=5)
    assert run(own).validation_hit_at_1 > 0.8

    short = replace(own, epochs=1)
    stop(5)
    with pytest.raises(KeyError, match="crash"):
        run(short)
    path.with_name("beside_7.py").write_text("# a change\n")
    assert run(short).resumed_from_step == 0
