"""The program of a trial on Vertex AI: what it reports, and how it goes on after a stop."""

import json
from pathlib import Path
from typing import Any

import hypertune
import pytest

from models.training_options import TrainingOptions
from models.tuning import vertex_trial
from models.tuning.vertex_trials import TrialEnd
from preprocessing.errors import InputError
from preprocessing.examples import Examples

VALUES = ("--learning_rate=0.002", "--learning_rate_decay=0.75", "--batch_size=64.0")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Returns the folder of the third trial, as Vertex AI tells the program of it."""
    monkeypatch.setattr(vertex_trial, "MOUNTED_BUCKETS", f"{tmp_path}/")
    monkeypatch.setenv("AIP_CHECKPOINT_DIR", "gs://trials/3/checkpoints/")
    monkeypatch.setenv("CLOUD_ML_TRIAL_ID", "3")
    monkeypatch.setenv("CLOUD_ML_HP_METRIC_FILE", str(tmp_path / "hypertune/output.metrics"))
    return tmp_path / "trials" / "3"


def run(examples: Examples, *values: str, **options: Any) -> None:
    given = vars(TrainingOptions(model="Logistic", epochs=3, **options))
    told = {"examples": str(examples.folder), "challenge": "quickdraw", "fixed": []}
    vertex_trial.main([json.dumps(told | {"options": given}), *values])


def reported(folder: Path) -> list[dict[str, str]]:
    """Returns the lines that Vertex AI reads."""
    file = folder.parents[1] / "hypertune" / "output.metrics"
    return [json.loads(line) for line in file.read_text().splitlines()]


def best_so_far(folder: Path) -> list[str]:
    history = json.loads((folder / "history.json").read_text())
    best = [min(history[: n + 1], key=lambda row: row["val_loss"]) for n in range(len(history))]
    return [str(row["val_hit_at_1"]) for row in best]


def test_it_reports_its_best_epoch_so_far_and_goes_on_where_it_was_stopped(
    examples: Examples, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = hypertune.HyperTune.report_hyperparameter_tuning_metric

    def stopped(self: Any, tag: str, value: float, step: int) -> None:
        report(self, tag, value, step)
        if step == 2:
            raise SystemExit(143)

    with monkeypatch.context() as machine:
        machine.setattr(hypertune.HyperTune, "report_hyperparameter_tuning_metric", stopped)
        with pytest.raises(SystemExit):
            run(examples, *VALUES)
    assert TrialEnd.read(folder) is None
    (folder.parents[1] / "hypertune" / "output.metrics").unlink()  # another machine has none

    run(examples, *VALUES)
    found = reported(folder)
    assert [line["global_step"] for line in found] == ["1", "2", "3"]
    assert {line["trial"] for line in found} == {"3"}
    assert [line["hit_at_1"] for line in found] == best_so_far(folder)
    end = TrialEnd.read(folder)
    assert end is not None
    assert (end.error, end.seconds > 0) == ("", True)
    history = json.loads((folder / "history.json").read_text())
    assert [row["steps"] for row in history] == [4, 8, 12]  # of 64 of 230 examples
    assert history[0]["learning_rate"] == pytest.approx(0.002 * 0.75 ** (4 * 64 / 230))
    assert not list(folder.glob("checkpoints/*/*"))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (("--learning_rate=0.002", "--learning_rate_decay=0.75", "--batch_size=96.0"), "of [64,"),
        (("--learning_rate=nan", *VALUES[1:]), "learning_rate=nan: expected a number"),
        (("--learning_rate=0.002", "--learning_rate_decay=1.5", VALUES[2]), "learning_rate_decay="),
    ],
)
def test_why_it_cannot_be_trained_is_left_for_the_step(
    examples: Examples, folder: Path, values: tuple[str, ...], told: str
) -> None:
    with pytest.raises(InputError) as error:
        run(examples, *values)
    assert told in str(error.value)
    assert TrialEnd.read(folder) == TrialEnd(error=str(error.value))


def test_it_is_for_vertex_ai_only(
    examples: Examples, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIP_CHECKPOINT_DIR")
    with pytest.raises(InputError, match="AIP_CHECKPOINT_DIR: not set; only Vertex AI starts this"):
        run(examples, *VALUES)
