"""Submitting to Kubeflow: what is sent, and that a run is never started twice."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.kubeflow.backend import KubeflowBackend
from pipelines.settings import Settings
from preprocessing.errors import InputError
from tests.kubeflow_service import KubeflowService
from tests.pipelines.kubeflow.conftest import MakeSubmission


def _spec(service: KubeflowService) -> dict[str, Any]:
    (run,) = service.runs.values()
    spec: dict[str, Any] = run["pipeline_spec"]
    return spec


def test_a_run_has_what_the_submission_and_the_settings_say(
    kubeflow: KubeflowService,
    make: MakeSubmission,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("KUBEFLOW_NAMESPACE", "vision")
    monkeypatch.setenv("KUBEFLOW_ROOT", "minio://artifacts/ours")
    monkeypatch.setenv("KUBEFLOW_SERVICE_ACCOUNT", "pipeline-runner")
    backend = KubeflowBackend(Settings(_env_file=None))  # type: ignore[call-arg]
    assert kubeflow.requests == []  # to be made is not to connect

    record = backend.submit(make(experiment="drawings"), "quickdraw-1")

    (run,) = kubeflow.runs.values()
    (experiment,) = kubeflow.experiments.values()
    assert run["display_name"] == "quickdraw-1"
    assert run["experiment_id"] == experiment["experiment_id"]
    assert (experiment["display_name"], experiment["namespace"]) == ("drawings", "vision")
    assert run["runtime_config"] == {
        "parameters": {"epochs": 3},
        "pipeline_root": "minio://artifacts/ours",
    }
    assert run["service_account"] == "pipeline-runner"
    assert "commit abc123-changes" in run["description"]
    assert all(one.query["namespace"] == "vision" for one in kubeflow.asked("GET .*/runs$"))

    assert record.run == "quickdraw-1"
    assert (record.pipeline, record.commit, record.user) == ("quickdraw", "abc123+changes", "ada")
    assert (record.backend, record.status) == ("kubeflow", "pending")
    assert record.parameters == {"epochs": 3}
    assert record.link == f"{kubeflow.host}/#/runs/details/{run['run_id']}"
    assert capfd.readouterr() == ("", "")  # the SDK would print links and warnings


def test_the_pipeline_arrives_as_compiled_but_for_its_description(
    kubeflow: KubeflowService, backend: KubeflowBackend, make: MakeSubmission, template: Path
) -> None:
    backend.submit(make(), "quickdraw-1")
    sent, compiled = _spec(kubeflow), yaml.safe_load(template.read_text())
    assert sent["pipelineInfo"].pop("description").startswith("Drawings.\n{")
    assert compiled["pipelineInfo"].pop("description") == "Drawings."
    assert sent == compiled


def test_without_caching_no_step_is_cached_not_even_under_a_condition(
    kubeflow: KubeflowService, backend: KubeflowBackend, make: MakeSubmission
) -> None:
    backend.submit(make(caching=False), "quickdraw-1")
    spec = _spec(kubeflow)
    dags = [spec["root"]["dag"], *(c["dag"] for c in spec["components"].values() if "dag" in c)]
    tasks = [task for dag in dags for task in dag["tasks"].values()]
    assert len(tasks) == 4
    assert all(task["cachingOptions"] == {"enableCache": False} for task in tasks)


def test_the_same_name_again_is_the_same_run(
    kubeflow: KubeflowService, backend: KubeflowBackend, make: MakeSubmission
) -> None:
    first = backend.submit(make(), "quickdraw-1")
    assert backend.submit(make(), "quickdraw-1").link == first.link
    assert len(kubeflow.runs) == 1
    backend.submit(make(), "quickdraw-2")
    assert len(kubeflow.runs) == 2
    assert len(kubeflow.experiments) == 1


def test_a_lost_answer_starts_no_second_run(
    kubeflow: KubeflowService, backend: KubeflowBackend, make: MakeSubmission
) -> None:
    kubeflow.fail("POST .*/experiments", "lost")
    kubeflow.fail("POST .*/runs", "lost")
    record = backend.submit(make(), "quickdraw-1")
    (run_id,) = kubeflow.runs
    assert record.link.endswith(run_id)
    assert len(kubeflow.asked("POST .*/runs")) == 1
    assert len(kubeflow.experiments) == 1


def test_an_experiment_that_another_made_in_the_same_moment_is_taken(
    kubeflow: KubeflowService, backend: KubeflowBackend, make: MakeSubmission
) -> None:
    kubeflow.experiments["x"] = {"experiment_id": "x", "display_name": "quickdraw"}
    kubeflow.hidden.append("x")  # from the first list
    backend.submit(make(), "quickdraw-1")
    (run,) = kubeflow.runs.values()
    assert run["experiment_id"] == "x"


@pytest.mark.parametrize("fault", [503, 500, 429, "lost"])
def test_a_service_that_falters_twice_is_asked_again(
    kubeflow: KubeflowService, backend: KubeflowBackend, make: MakeSubmission, fault: int | str
) -> None:
    kubeflow.fail("GET", fault, times=2)
    if fault != "lost":
        kubeflow.fail("POST .*/runs", fault, times=2)
    backend.submit(make(), "quickdraw-1")
    assert len(kubeflow.runs) == 1


def test_what_kubeflow_cannot_do_is_refused_before_anything_is_made(
    kubeflow: KubeflowService, backend: KubeflowBackend, make: MakeSubmission, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="ends every run with the first step that fails"):
        backend.submit(make(fail_fast=False), "quickdraw-1")
    spec = yaml.safe_load(make().template.read_text())
    executor = next(iter(spec["deploymentSpec"]["executors"].values()))
    executor["container"]["resources"] = {"accelerator": {"count": "1", "type": "NVIDIA_TESLA_T4"}}
    (tmp_path / "gpu.yaml").write_text(yaml.safe_dump(spec))
    with pytest.raises(InputError, match=r"not NVIDIA_TESLA_T4; set ACCELERATOR=nvidia.com/gpu"):
        backend.submit(make(template=tmp_path / "gpu.yaml"), "quickdraw-1")
    assert kubeflow.runs == kubeflow.experiments == {}
