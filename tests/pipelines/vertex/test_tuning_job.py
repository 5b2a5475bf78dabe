"""A tuning whose trials run on Vertex AI: what the step leaves, whatever happens to it."""

import csv
import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import grpc
import pytest
from kfp import dsl

from models.search_space import read_search_space
from models.training_options import TrainingOptions
from models.tuning.results import TrialRecord, write_results
from models.tuning.vertex_trials import TrialEnd
from tests.pipelines.vertex.tuning_step import CREATE, Tune
from tests.vertex_service.names import NUMBER

Code = grpc.StatusCode


def rows(study: Path) -> list[dict[str, str]]:
    with (study / "trials.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_it_leaves_the_files_that_a_tuning_here_leaves(
    tune: Tune, study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics = dsl.Metrics()
    best = tune(metrics=metrics)
    found = rows(study)
    space = read_search_space("models.quickdraw", "Cnn")
    write_results(tmp_path / "here", space, [TrialRecord(0, "complete", {}, 0.5)])
    assert list(found[0]) == list(rows(tmp_path / "here")[0])
    assert [row["trial"] for row in found] == ["1", "2", "3", "4"]
    assert {(row["state"], row["epochs"], row["seconds"]) for row in found} == {
        ("complete", "3", "12.5")
    }
    top = max(found, key=lambda row: float(row["hit_at_1"]))
    assert float(top["learning_rate"]) == pytest.approx(0.01)
    assert best == json.loads((study / "best.json").read_text())
    assert set(best) == {"learning_rate", "learning_rate_decay", "batch_size", "model_arguments"}
    assert set(best["model_arguments"]) == {"units", "dropout"}
    whole = {"batch_size": best["batch_size"], "units": best["model_arguments"]["units"]}
    assert {name: str(value) for name, value in whole.items()} == {n: top[n] for n in whole}
    assert TrainingOptions().tuned(best).learning_rate == best["learning_rate"]
    assert metrics.metadata == {
        "best_hit_at_1": pytest.approx(0.7),
        "best_trial": float(top["trial"]),
        "trials_complete": 4.0,
        "trials_pruned": 0.0,
        "trials_failed": 0.0,
    }
    told = capsys.readouterr().out
    page = "console.cloud.google.com/vertex-ai/locations/europe-west4/training/9000?project="
    assert f"note: the trials are at https://{page}challenges" in told
    assert "[ 50%] 2 of 4 trials have ended, 0 are running; best hit_at_1 0." in told
    (link,) = json.loads((tmp_path / "gcp_resources").read_text())["resources"]
    assert link["resourceUri"].endswith("/hyperparameterTuningJobs/9000")


def test_a_trial_that_was_stopped_or_failed_is_told_as_such(
    vertex: Any, tune: Tune, study: Path
) -> None:
    def trial(id: str, values: dict[str, Any]) -> list[float] | str:
        folder = study / "trials" / id
        if id == "1":
            return [0.9]  # stopped by the service: nobody wrote that it ended
        if id == "2":
            TrialEnd(error="learning_rate=0.01: too much").write(folder)
            return "The replica workerpool0-0 exited with a non-zero status of 1."
        if id == "3":
            return "The replica workerpool0-0 ran\nout of memory."
        TrialEnd(3.0).write(folder)
        return [0.4, 0.5]

    vertex.jobs.play(trial)
    best = tune(trials=6, parallel=6)
    told = [(row["state"], row["hit_at_1"], row["error"]) for row in rows(study)]
    assert told == [
        ("pruned", "0.9", ""),
        ("failed", "", "learning_rate=0.01: too much"),
        ("failed", "", "The replica workerpool0-0 ran out of memory."),
        *[("complete", "0.5", "")] * 3,
    ]
    assert best["batch_size"] == int(rows(study)[3]["batch_size"])


@pytest.mark.parametrize("code", [Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED])
def test_a_lost_answer_starts_no_second_job(vertex: Any, tune: Tune, code: Any) -> None:
    vertex.lose_answer(CREATE, code)
    vertex.fail("ListHyperparameterTuningJobs", code)
    vertex.fail("GetHyperparameterTuningJob", code, code)
    assert tune()["batch_size"]
    assert len(vertex.asked(CREATE)) == len(vertex.jobs.tunings) == 1


def test_a_step_that_is_tried_again_reads_the_job_that_ended(
    vertex: Any, tune: Tune, study: Path
) -> None:
    best = tune()
    written = (study / "trials.csv").read_text()
    (study / "best.json").unlink()
    assert tune() == best
    again = study.parents[1] / "tune-on-vertex_8" / "study"  # as another try might be given
    assert tune(uri=f"gs://challenge/{NUMBER}/quickdraw-1/tune-on-vertex_8/study") == best
    assert (study / "trials.csv").read_text() == (again / "trials.csv").read_text() == written
    assert len(vertex.asked(CREATE)) == 1
    other = study.parents[2] / "quickdraw-2" / "tune-on-vertex_7" / "study"

    def trial(id: str, values: dict[str, Any]) -> list[float]:
        TrialEnd(1.0).write(other / "trials" / id)
        return [0.5]

    vertex.jobs.play(trial)
    tune(uri=f"gs://challenge/{NUMBER}/quickdraw-2/tune-on-vertex_7/study")
    assert [job.display_name for job in vertex.jobs.tunings.values()] == [
        "quickdraw-1",
        "quickdraw-2",
    ]


def failed(tune: Tune, capsys: pytest.CaptureFixture[str], status: int = 1, **changed: Any) -> str:
    """Runs the step to its failure; returns what it says on standard error."""
    with pytest.raises(SystemExit) as ended:
        tune(**changed)
    assert ended.value.code == status
    return capsys.readouterr().err


def test_what_ends_a_job_is_told_in_one_line(
    vertex: Any, tune: Tune, study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def trial(id: str, values: dict[str, Any]) -> list[float] | str:
        TrialEnd(1.0).write(study / "trials" / id)
        return [0.5] if id == "1" else "it failed"

    vertex.jobs.play(trial)
    page = "https://console.cloud.google.com/vertex-ai/locations/europe-west4/training/9000"
    place = f"gs://challenge/{NUMBER}/quickdraw-1/tune-on-vertex_7/study/trials.csv"
    assert failed(tune, capsys) == (
        "error: the tuning job ended as FAILED (3 trials have failed); 1 of 4 trials are complete,"
        f" see {place}; {page}?project=challenges\n"
    )
    assert [row["state"] for row in rows(study)] == ["complete", "failed", "failed", "failed"]

    vertex.jobs.tunings["9000"].trials = []
    vertex.jobs.tunings["9000"].state = "JOB_STATE_CANCELLED"
    assert failed(tune, capsys).startswith(
        "error: the tuning job ended as CANCELLED (3 trials have failed); 0 of 4 trials are"
    )
    assert len(vertex.asked(CREATE)) == 1


def test_no_complete_trial_is_told_with_the_last_reason(
    vertex: Any, tune: Tune, capsys: pytest.CaptureFixture[str]
) -> None:
    vertex.jobs.play(lambda id, values: [0.5])  # each was stopped
    assert failed(tune, capsys) == "error: none of 4 trials came to its end\n"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"trials": 0}, "error: trials=0: expected a whole number of 1 or more"),
        ({"uri": "gs://bucket/study"}, "error: gs://bucket/study: expected a folder of a run on"),
        ({"network_class": "None"}, "error: model=None: nothing to try"),
    ],
)
def test_what_cannot_be_is_told_before_anything_starts(
    vertex: Any,
    tune: Tune,
    capsys: pytest.CaptureFixture[str],
    changed: dict[str, Any],
    told: str,
) -> None:
    if "network_class" in changed:
        changed["fixed_parameters"] = ["learning_rate", "learning_rate_decay", "batch_size"]
    assert failed(tune, capsys, **changed).startswith(told)
    assert not vertex.asked(CREATE)


def test_a_right_that_is_missing_is_told_with_its_role(
    vertex: Any, tune: Tune, capsys: pytest.CaptureFixture[str]
) -> None:
    message = "Permission 'aiplatform.hyperparameterTuningJobs.create' denied on resource '//x'"
    vertex.fail(CREATE, Code.PERMISSION_DENIED, message=message)
    told = failed(tune, capsys)
    assert told.startswith("error: cannot start the tuning job quickdraw-1: pipelines@challenges.")
    assert told.endswith("grant it the role roles/aiplatform.user in the project\n")
    assert told.count("\n") == 1


def test_a_job_of_another_space_is_not_taken_for_ours(
    vertex: Any, tune: Tune, capsys: pytest.CaptureFixture[str]
) -> None:
    tune()
    told = failed(tune, capsys, fixed_parameters=["units"])
    assert "the tuning job quickdraw-1 is there already and tries learning_rate, " in told


def test_a_signal_cancels_the_job(
    vertex: Any, tune: Tune, capsys: pytest.CaptureFixture[str]
) -> None:
    def trial(id: str, values: dict[str, Any]) -> list[float]:
        os.kill(os.getpid(), signal.SIGTERM)
        return [0.5]

    vertex.jobs.play(trial)
    failed(tune, capsys, status=143, trials=1_000)
    (job,) = vertex.jobs.tunings.values()
    assert job.state.name == "JOB_STATE_CANCELLING"


def test_a_signal_while_the_job_starts_cancels_it_too(
    vertex: Any, tune: Tune, capsys: pytest.CaptureFixture[str]
) -> None:
    with vertex.hold_answer(CREATE) as started:

        def send() -> None:
            started.wait()
            os.kill(os.getpid(), signal.SIGTERM)

        stop = threading.Thread(target=send)
        stop.start()
        failed(tune, capsys, status=143)
        stop.join()
    (job,) = vertex.jobs.tunings.values()
    assert job.state.name == "JOB_STATE_CANCELLING"
