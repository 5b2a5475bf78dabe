"""`make submit BACKEND=kubeflow` as a user types it, with the service failing under it."""

from pathlib import Path
from typing import Any

import pytest

from pipelines.history import follow
from tests.conftest import WriteBitmaps
from tests.kubeflow_service import Fault, KubeflowService
from tests.pipelines.conftest import Command


@pytest.fixture
def submit(
    kubeflow: KubeflowService,
    bucket: Any,
    command: Command,
    write_bitmaps: WriteBitmaps,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Command:
    """Returns a function that submits quickdraw with data that is in the bucket."""
    monkeypatch.chdir(tmp_path)
    for path in write_bitmaps(tmp_path / "drawings", {"ant": 9, "bee": 9}).iterdir():
        bucket.blob(f"mine/{path.name}").upload_from_filename(str(path))
    environment = {
        **{"BACKEND": "kubeflow", "IMAGE": "registry/image:1"},
        **{"DATA": "gs://challenge/mine", "PARAMS": "epochs=3"},
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(follow, "POLL_SECONDS", 0.01)
    return lambda *options: command("submit", "quickdraw", *options)


def test_a_run_is_submitted_and_followed_to_its_end(
    kubeflow: KubeflowService, submit: Command
) -> None:
    kubeflow.states[""] = [{"state": state} for state in ("PENDING", "RUNNING", "FAILED")]
    kubeflow.fail("GET .*/runs/", 503, times=2)
    status, output, _ = submit("--wait")
    (run,) = kubeflow.runs.values()
    assert status == 1  # as the run ended
    assert f"{kubeflow.host}/#/runs/details/{run['run_id']}" in output
    assert run["runtime_config"]["parameters"]["epochs"] == 3


def test_spot_nodes_are_asked_for_with_checkpoints_that_outlive_them(
    kubeflow: KubeflowService, submit: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOT", "1")
    status, output, _ = submit()
    assert status == 1
    assert "SPOT: a node that is taken away takes the checkpoints along" in output
    assert kubeflow.runs == {}

    status, _, errors = submit("--params", "checkpoint_dir=/mnt/ours")
    assert (status, errors) == (0, "")
    (run,) = kubeflow.runs.values()
    assert run["runtime_config"]["parameters"]["checkpoint_dir"] == "/mnt/ours"
    spot = "cloud.google.com/gke-spot"
    platform = run["pipeline_spec"]["platform_spec"]["platforms"]["kubernetes"]
    assert platform["deploymentSpec"]["executors"] == {
        "exec-train": {
            "nodeSelector": {"labels": {spot: "true"}},
            "tolerations": [
                {"effect": "NoSchedule", "key": spot, "operator": "Equal", "value": "true"}
            ],
        }
    }
    tasks = run["pipeline_spec"]["pipeline_spec"]["root"]["dag"]["tasks"]
    assert {name: task["retryPolicy"]["maxRetryCount"] for name, task in tasks.items()} == {
        name: 10 if name == "train" else 2 for name in tasks
    }
    week = f"{7 * 24 * 3600}s"  # after which Argo tries nothing again, and ends what it tries
    assert {task["retryPolicy"]["backoffMaxDuration"] for task in tasks.values()} == {week}


def test_answers_lost_to_the_end_start_one_run(kubeflow: KubeflowService, submit: Command) -> None:
    kubeflow.fail("POST .*/runs$", "lost", then=Fault("GET .*/runs$", 503, times=4))
    status, _, errors = submit()
    assert status == 1
    assert "it cannot answer now" in errors
    assert len(errors.splitlines()) == 1
    assert len(kubeflow.runs) == 1
    status, output, _ = submit()
    assert status == 0
    (run,) = kubeflow.runs.values()
    assert run["display_name"] in output
