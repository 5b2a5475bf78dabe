"""A tuning job of Vertex AI as it is asked for: the space, the machines, the image."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf.json_format import MessageToDict

from models.search_space import Choice, read_search_space
from models.tuning.vertex_study import study_spec
from pipelines.compile import compile_pipeline
from pipelines.settings import Settings
from tests.pipelines.vertex.tuning_step import CREATE, Tune
from tests.vertex_service.identity import ACCOUNT
from tests.vertex_service.names import NUMBER

NETWORKS = {"quickdraw": "Cnn", "mnist": "Cnn", "cats_vs_dogs": "Cnn", "renaissance": "Renaissance"}


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


def test_trials_run_on_the_machines_and_the_image_of_the_training(
    vertex: Any, tune: Tune, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the constants that the compiled pipeline has, whose whole numbers are floats."""
    for name in ("PROJECT", "REGION", "BUCKET", "SERVICE_ACCOUNT"):
        monkeypatch.delenv(name)
    asked = {"preset": "gpu", "workers": 2, "spot": True, "train_disk_gb": 200}
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
    monkeypatch.setenv("VERTEX_AI_PIPELINES_RUN_LABELS", '{"team": "vision"}')
    tune(**given, network=network, trials=9, parallel=3, fixed_parameters=["batch_size"])
    job = vertex.asked(CREATE)[0].hyperparameter_tuning_job
    assert job.display_name == "quickdraw-1"
    assert dict(job.labels) == {"team": "vision", "run": "quickdraw-1"}
    assert (job.max_trial_count, job.parallel_trial_count, job.max_failed_trial_count) == (9, 3, 5)
    assert "batch_size" not in [one.parameter_id for one in job.study_spec.parameters]
    spec = job.trial_job_spec
    assert (spec.service_account, spec.network) == (ACCOUNT, network)
    assert (spec.scheduling.strategy.name, spec.scheduling.restart_job_on_worker_restart) == (
        "SPOT",
        True,
    )
    study = f"gs://challenge/{NUMBER}/quickdraw-1/tune-on-vertex_7/study"
    assert spec.base_output_directory.output_uri_prefix == f"{study}/trials"
    assert [pool.replica_count for pool in spec.worker_pool_specs] == [1, 1]
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
