"""Training a GAN as its users see it: what it leaves, and that it can be stopped anywhere."""

import json
import signal
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from models.adversarial import log, loop
from models.adversarial.options import AdversarialOptions
from models.adversarial.step import Opponents
from models.adversarial.training import AdversarialResult, train_gan
from models.training_log import write_history
from preprocessing.errors import InputError
from preprocessing.examples import Examples
from preprocessing.records import Bytes
from tests.models.conftest import write_examples

QUICK = AdversarialOptions(model="Sample", batch_size=50, max_steps=60, export_model_steps=0)

RANDOM_AND_NORMALISED = """
from keras import layers
class Mine:
    def generator(self, noise, image_shape):
        x = layers.BatchNormalization()(layers.Dense(8)(noise))
        return layers.Reshape(image_shape)(layers.Dense(144, "sigmoid")(x))
    def discriminator(self, images):
        return layers.Dense(1)(layers.Dropout(0.3)(layers.Flatten()(images)))
"""

MEANS = {
    **dict.fromkeys(("discriminator_loss", "generator_loss"), 0.7),
    **dict.fromkeys(("accuracy_real", "accuracy_generated"), 0.5),
}

Run = Callable[..., AdversarialResult]


@pytest.fixture
def run(examples: Examples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Trains without the SavedModel, which takes seconds and has its own tests."""

    def write_nothing(module: object, folder: str, signatures: object) -> None:
        Path(folder).mkdir()

    monkeypatch.setattr(tf.saved_model, "save", write_nothing)

    def call(options: AdversarialOptions, folder: str = "model") -> AdversarialResult:
        shared = replace(options, checkpoint_dir=str(tmp_path / "checkpoints"))
        return train_gan(examples.folder, tmp_path / folder, "models.gan", shared)

    return call


@pytest.fixture
def before_step(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Callable[[], None]], None]:
    """Makes something happen once, when a number of steps is trained."""

    def arrange(steps: int, happens: Callable[[], None]) -> None:
        train = Opponents.train

        def disturbed(opponents: Opponents, images: Any, step: int) -> None:
            if step == steps:
                monkeypatch.setattr(Opponents, "train", train)
                happens()
            train(opponents, images, step)

        monkeypatch.setattr(Opponents, "train", disturbed)

    return arrange


def crash() -> None:
    raise KeyError("crash")


def history(folder: Path) -> list[dict[str, float]]:
    """Returns the rows of a `history.json` without what a clock says."""
    rows: list[dict[str, float]] = json.loads((folder / "history.json").read_text())
    timed = ("seconds", "images_per_second")
    return [{name: row[name] for name in row if name not in timed} for row in rows]


def tensorboard_steps(folder: Path) -> dict[str, list[int]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder / "logs" / "train")).Reload()
    return {tag: [e.step for e in events.Tensors(tag)] for tag in events.Tags()["tensors"]}


def test_it_leaves_a_model_its_history_and_grids_to_watch(run: Run, tmp_path: Path) -> None:
    options = replace(QUICK, max_steps=110, export_model_steps=60)
    result = run(options)

    assert json.loads(json.dumps(asdict(result)))["steps"] == 110
    assert (result.epochs, result.resumed_from_step) == (22, 0)
    folder = tmp_path / "model"
    rows = history(folder)
    assert [(row["step"], row["epoch"]) for row in rows] == [(50, 10), (100, 20), (110, 22)]
    values = ["discriminator_loss", "generator_loss", "accuracy_real", "accuracy_generated"]
    for name in (*values, "diversity"):
        assert rows[-1][name] == getattr(result, name)
    assert min(row["diversity"] for row in rows) >= 0
    assert all(0 <= row[name] <= 1 for row in rows for name in values[2:])

    grids = sorted((folder / "grids").iterdir())
    assert [path.name for path in grids] == ["step-000060.png", "step-000110.png"]
    first, last = (Image.open(path) for path in grids)
    assert (first.size, first.mode) == ((2 * (8 * 14 - 2), 2 * (8 * 14 - 2)), "L")
    assert first.tobytes() != last.tobytes()
    steps = tensorboard_steps(folder)
    assert steps.pop("generated") == [60, 110]
    assert set(steps) == {*values, "diversity", "images_per_second"}
    assert all(found == [50, 100, 110] for found in steps.values())

    parts = {"discriminator.keras", "generator.keras", "saved_model"}
    assert {path.name for path in (folder / "export" / "step_60").iterdir()} == parts
    assert {path.name for path in folder.iterdir()} == parts | {
        *("export", "grids", "history.json", "logs")
    }
    assert list((tmp_path / "checkpoints").iterdir()) == []


def test_an_interrupted_training_ends_as_one_that_was_not(
    run: Run,
    before_step: Callable[[int, Callable[[], None]], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop, "ROW_STEPS", 10)
    path = tmp_path / "mine.py"
    path.write_text(RANDOM_AND_NORMALISED)
    options = replace(QUICK, model=f"{path}:Mine", max_steps=16, export_model_steps=6)
    run(options, "undisturbed")

    before_step(7, lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(SystemExit) as stopped:
        run(options, "first")
    assert stopped.value.code == 143
    assert "stopped by SIGTERM at step 8: a checkpoint is written" in capsys.readouterr().out
    before_step(13, crash)
    with pytest.raises(KeyError, match="crash"):
        run(replace(options, checkpoint_seconds=1e-6), "second")
    assert run(options, "third").resumed_from_step == 13

    for name in ("generator.keras", "discriminator.keras"):
        weights = (
            keras.saving.load_model(tmp_path / folder / name, compile=False).get_weights()
            for folder in ("undisturbed", "third")
        )
        for one, again in zip(*weights, strict=True):
            np.testing.assert_array_equal(one, again)
    assert history(tmp_path / "third") == history(tmp_path / "undisturbed")
    assert tensorboard_steps(tmp_path / "third")["generator_loss"] == [10, 16]
    assert tensorboard_steps(tmp_path / "third")["generated"] == [6, 12, 16]
    grids, again = (
        {path.name: path.read_bytes() for path in (tmp_path / folder / "grids").iterdir()}
        for folder in ("undisturbed", "third")
    )
    assert len(grids) == 3
    assert grids == again


def test_checkpoints_of_another_training_stay(examples: Examples, tmp_path: Path) -> None:
    other = tmp_path / "model" / "checkpoints" / "another"
    other.mkdir(parents=True)
    train_gan(examples.folder, tmp_path / "model", "models.gan", replace(QUICK, max_steps=2))
    assert list(other.parent.iterdir()) == [other]


def test_only_the_same_training_goes_on(
    run: Run, before_step: Callable[[int, Callable[[], None]], None]
) -> None:
    short = replace(QUICK, max_steps=12, checkpoint_seconds=1e-6)
    before_step(9, crash)
    with pytest.raises(KeyError, match="crash"):
        run(short)
    assert run(replace(short, learning_rate=0.001)).resumed_from_step == 0
    assert run(replace(short, start_new_model=True)).resumed_from_step == 0


def test_the_seed_decides(run: Run) -> None:
    one, other = (run(replace(QUICK, max_steps=3, seed=seed)) for seed in (1, 2))
    assert one.generator_loss != other.generator_loss


@pytest.mark.parametrize(("batch_size", "steps"), [(50, 10), (229, 4), (500, 2)])
def test_epochs_end_it_too_and_each_batch_is_a_full_one(
    run: Run, monkeypatch: pytest.MonkeyPatch, batch_size: int, steps: int
) -> None:
    batches: list[Bytes] = []
    monkeypatch.setattr(Opponents, "train", lambda _, images, step: batches.append(images))
    monkeypatch.setattr(Opponents, "take_means", lambda _: MEANS)
    result = run(replace(QUICK, batch_size=batch_size, epochs=2, max_steps=0))
    assert (result.steps, result.epochs) == (steps, 2)
    assert result.images_per_second * result.seconds == pytest.approx(2 * 230, rel=0.01)
    assert {len(batch) for batch in batches} == {batch_size}
    for epoch in (batches[: steps // 2], batches[steps // 2 :]):
        images = np.concatenate(epoch)
        assert len(np.unique(images[:230], axis=0)) == 230
        np.testing.assert_array_equal(images[230:], images[: len(images) - 230])


def test_a_long_training_has_no_more_rows_and_does_not_write_them_all_again_for_each(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def count(folder: Path, rows: list[dict[str, Any]]) -> None:
        written.append(len(rows))
        write_history(folder, rows)

    monkeypatch.setattr(log, "write_history", count)
    monkeypatch.setattr(loop, "ROW_STEPS", 2)
    monkeypatch.setattr(loop, "MOST_ROWS", 8)
    run(replace(QUICK, max_steps=57))
    rows = [row["step"] for row in history(tmp_path / "model")]
    assert rows == [8, 16, 24, 32, 40, 48, 56, 57]
    assert len(written) == 1
    monkeypatch.setattr(loop, "_LOG_SECONDS", 0)
    run(replace(QUICK, max_steps=56))
    assert len(written) > 8


def test_a_generator_that_makes_one_image_is_told_while_it_trains(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "one_image.py"
    path.write_text(
        "from models.gan import Sample\n"
        "class OneImage(Sample):\n"
        "    def generator(self, noise, image_shape):\n"
        "        return super().generator(0 * noise, image_shape)\n"
    )
    run(replace(QUICK, model=f"{path}:OneImage", max_steps=350))
    notes = [line for line in capsys.readouterr().out.splitlines() if line.startswith("note: ")]
    assert len([note for note in notes if "nearly all alike (diversity 0.00;" in note]) == 1


def test_losses_that_are_no_numbers_end_it_in_words(run: Run) -> None:
    with pytest.raises(InputError, match=r"learning_rate=1e\+38: the losses were no longer numb"):
        run(replace(QUICK, learning_rate=1e38))


def test_images_that_are_all_alike_are_told(tmp_path: Path) -> None:
    write_examples(tmp_path / "one", {"train": [1], "validation": [1], "test": [1]})
    with pytest.raises(InputError, match="train: all images are alike"):
        train_gan(tmp_path / "one", tmp_path / "model", "models.gan", QUICK)


def test_another_backend_than_tensorflow_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(InputError, match="KERAS_BACKEND=jax: a GAN is trained on tensorflow only"):
        run(QUICK)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size=0: expected a whole number of 1 or more; change it or"),
        ({"epochs": -1}, "epochs=-1: expected a whole number of 0 or more"),
        ({"max_steps": 0}, "epochs=0 and max_steps=0: nothing ends the training; set one"),
        ({"learning_rate": float("inf")}, "learning_rate=inf: expected a number above 0"),
        ({"beta_1": 1}, "beta_1=1: expected a number from 0 to less than 1"),
        ({"seed": 1.0}, "seed=1.0: expected a whole number from 0"),
        ({"seed": 2**32}, "seed=4294967296: expected a whole number from 0"),
    ],
)
def test_bad_options_are_told(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        AdversarialOptions(**options)
