"""A tuning whose trials run on Vertex AI: what is asked for, and what the step leaves."""

import csv
import json
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml
from google.protobuf.json_format import MessageToDict
from kfp import dsl
from kfp.dsl.types import artifact_types

from components.tune_on_vertex import tune_on_vertex
from models import vertex_ai
from models.search_space import Choice, read_search_space
from models.training_options import TrainingOptions
from models.tuning import vertex_job
from models.tuning.results import TrialRecord, write_results
from models.tuning.vertex_study import study_spec
from models.tuning.vertex_trials import TrialEnd
from pipelines.compile import compile_pipeline
from pipelines.settings import Settings
from preprocessing.errors import InputError
from tests.vertex_service.identity import ACCOUNT
from tests.vertex_service.names import NUMBER, PROJECT, REGION

Code = grpc.StatusCode
Tune = Callable[..., dict[str, Any]]
CREATE = "CreateHyperparameterTuningJob"
POOL = {
    "machine_spec": {"machine_type": "n1-standard-8"},
    "replica_count": 1.0,  # JSON knows no whole numbers
    "container_spec": {"image_uri": "registry/image:1", "command": ["python"]},
}
NETWORKS = {"quickdraw": "Cnn", "mnist": "Cnn", "cats_vs_dogs": "Cnn", "renaissance": "Renaissance"}


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Returns the folder of the study of the run quickdraw-1, as buckets are mounted."""
    return tmp_path / "challenge" / NUMBER / "quickdraw-1" / "tune-on-vertex_7" / "study"


@pytest.fixture
def tune(vertex: Any, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tune:
    """Returns a function that runs the step; trials learn the faster the higher their rate is."""
    monkeypatch.setattr(artifact_types, "_GCS_LOCAL_MOUNT_PREFIX", f"{tmp_path}/")
    monkeypatch.setattr(vertex_ai, "FIRST_DELAY", 0.01)
    monkeypatch.setattr(vertex_job, "POLL_SECONDS", 0.01)

    def trial(id: str, values: dict[str, Any]) -> list[float]:
        TrialEnd(12.5).write(study / "trials" / id)
        return [0.5, 0.6, 0.6 + 10 * values["learning_rate"]]

    vertex.jobs.play(trial)

    def run(uri: str = f"gs://{study.relative_to(tmp_path)}", **changed: Any) -> dict[str, Any]:
        options = vars(TrainingOptions()) | {"network_class": "Cnn", "files_fingerprint": ""}
        for name in ("model", "start_new_model", "export_model_steps", "checkpoint_dir"):
            del options[name]
        del options["checkpoint_seconds"]
        given = {
            "examples": dsl.Dataset(uri="gs://challenge/examples"),
            "study": dsl.Artifact(uri=uri),
            "metrics": dsl.Metrics(),
            "gcp_resources": str(tmp_path / "gcp_resources"),
            "challenge": "quickdraw",
            **options,
            "trials": 4,
            "parallel": 2,
            "trial_epochs": 3,
            "fixed_parameters": [],
            "project": PROJECT,
            "location": REGION,
            "service_account": ACCOUNT,
            "network": "",
            "worker_pool_specs": [POOL],
            "strategy": "STANDARD",
            "restart_job_on_worker_restart": False,
        }
        best: dict[str, Any] = tune_on_vertex.python_func(**given | changed)
        return best

    return run


def rows(study: Path) -> list[dict[str, str]]:
    with (study / "trials.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def declared(challenge: str) -> list[dict[str, Any]]:
    """Returns what the file of a challenge declares, written as Vertex AI writes a study."""
    name = NETWORKS[challenge]
    scales = {"linear": "UNIT_LINEAR_SCALE", "log": "UNIT_LOG_SCALE"}
    found = []
    for key, parameter in read_search_space(f"models.{challenge}", name).items():
        one: dict[str, Any] = {"parameterId": key.removeprefix(f"{name}.")}
        if isinstance(parameter, Choice):
            one["discreteValueSpec"] = {"values": sorted(parameter.values)}
        elif parameter.type == "integer":
            bounds = {"minValue": str(parameter.low), "maxValue": str(parameter.high)}
            one |= {"integerValueSpec": bounds, "scaleType": scales[parameter.scale]}
        else:
            limits = {"minValue": parameter.low, "maxValue": parameter.high}
            one |= {"doubleValueSpec": limits, "scaleType": scales[parameter.scale]}
        found.append(one)
    return found


@pytest.mark.parametrize("challenge", NETWORKS)
def test_the_request_holds_exactly_the_declared_space(
    vertex: Any, tune: Tune, challenge: str
) -> None:
    tune(challenge=challenge, network_class=NETWORKS[challenge])
    (request,) = vertex.asked(CREATE)
    job = MessageToDict(type(request).pb(request))["hyperparameterTuningJob"]
    assert job["studySpec"] == {
        "metrics": [{"metricId": "hit_at_1", "goal": "MAXIMIZE"}],
        "parameters": declared(challenge),
        "medianAutomatedStoppingSpec": {},
        "measurementSelectionType": "LAST_MEASUREMENT",
    }


def test_texts_and_truth_are_categories_and_numbers_come_in_order() -> None:
    space = {
        "augment": Choice(type="choice", values=[True, False], default=True),
        "loss": Choice(type="choice", values=["B", "A"], default="A"),
        "batch_size": Choice(type="choice", values=[64, 32], default=32),
    }
    assert [tuple(one.values()) for one in study_spec(space)["parameters"]] == [
        ("augment", {"values": ["true", "false"]}),
        ("loss", {"values": ["B", "A"]}),
        ("batch_size", {"values": [32.0, 64.0]}),
    ]
    space["Net.loss"] = space["loss"]
    with pytest.raises(InputError, match="are both called loss on Vertex AI"):
        study_spec(space)


def test_trials_run_on_the_machines_and_the_image_of_the_training(
    vertex: Any, tune: Tune, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the constants that the compiled pipeline has, whose whole numbers are floats."""
    for name in ("PROJECT", "REGION", "BUCKET", "SERVICE_ACCOUNT"):
        monkeypatch.delenv(name)
    asked = {"preset": "distributed", "spot": True, "train_disk_gb": 200}
    settings = Settings(_env_file=None, image="registry/image:1", **asked)  # type: ignore[call-arg,arg-type]
    compiled = yaml.safe_load(compile_pipeline("mnist-tune", tmp_path, settings).read_text())
    task = compiled["root"]["dag"]["tasks"]["tune-on-vertex"]
    constants = {
        name: given["runtimeValue"]["constant"]
        for name, given in task["inputs"]["parameters"].items()
        if "runtimeValue" in given
    }
    filled_in = {
        "project": "{{$.pipeline_google_cloud_project_id}}",
        "location": "{{$.pipeline_google_cloud_location}}",
        "service_account": "{{$.pipeline_service_account}}",
        "network": "{{$.pipeline_network}}",
    }
    assert filled_in.items() <= constants.items()
    network = f"projects/{NUMBER}/global/networks/ours"
    given = {name: value for name, value in constants.items() if name not in filled_in}
    tune(**given, network=network, trials=9, parallel=3, fixed_parameters=["batch_size"])
    job = vertex.asked(CREATE)[0].hyperparameter_tuning_job
    assert (job.display_name, dict(job.labels)) == ("quickdraw-1", {"run": "quickdraw-1"})
    assert (job.max_trial_count, job.parallel_trial_count, job.max_failed_trial_count) == (9, 3, 4)
    assert "batch_size" not in [one.parameter_id for one in job.study_spec.parameters]
    spec = job.trial_job_spec
    assert (spec.service_account, spec.network) == (ACCOUNT, network)
    assert (spec.scheduling.strategy.name, spec.scheduling.restart_job_on_worker_restart) == (
        "SPOT",
        True,
    )
    study = f"gs://challenge/{NUMBER}/quickdraw-1/tune-on-vertex_7/study"
    assert spec.base_output_directory.output_uri_prefix == f"{study}/trials"
    assert [pool.replica_count for pool in spec.worker_pool_specs] == [1, 2]
    for pool in spec.worker_pool_specs:
        machine, container = pool.machine_spec, pool.container_spec
        assert (machine.machine_type, pool.disk_spec.boot_disk_size_gb) == ("n1-standard-8", 200)
        assert (machine.accelerator_type.name, machine.accelerator_count) == ("NVIDIA_TESLA_T4", 1)
        assert container.image_uri == "registry/image:1"
        assert list(container.command) == ["python", "-m", "models.tuning.vertex_trial"]
        told = json.loads(container.args[0])
        assert (told["challenge"], told["fixed"]) == ("mnist", ["batch_size"])
        assert told["examples"] == f"{tmp_path}/challenge/examples"
        assert (told["options"]["epochs"], told["options"]["batch_size"]) == (3, 128)


def test_elsewhere_the_step_of_this_project_tunes(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, image="registry/image:1", backend="kubeflow")  # type: ignore[call-arg]
    compiled = yaml.safe_load(compile_pipeline("mnist-tuning", tmp_path, settings).read_text())
    tasks = compiled["root"]["dag"]["tasks"]
    assert ("tune" in tasks, "tune-on-vertex" in tasks) == (True, False)
    found = tasks["train"]["inputs"]["parameters"]["tuned"]["taskOutputParameter"]
    assert found == {"outputParameterKey": "Output", "producerTask": "tune"}


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
