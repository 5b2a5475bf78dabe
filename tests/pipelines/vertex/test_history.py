"""The history of runs by the real SDKs: Vertex AI and Kubeflow on loopback, and this machine."""

import re
from pathlib import Path
from typing import Any

import grpc
import pytest

from pipelines.backend import Backend, Submission, find_backend
from pipelines.history import follow
from pipelines.settings import read_settings
from tests.kubeflow_service import KubeflowService
from tests.pipelines.conftest import Command
from tests.pipelines.run_records import record, write


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "POLL_SECONDS", 0.0)


def names(table: str) -> list[str]:
    return [line.split()[0] for line in table.splitlines()[1:]]


def test_all_places_are_one_table_and_one_that_refuses_costs_a_note(
    command: Command,
    vertex: Any,
    kubeflow: KubeflowService,
    backend: Backend,
    submission: Submission,
    tmp_path: Path,
) -> None:
    write(tmp_path, record("quickdraw-l1", {"hit_at_1": 0.5}))
    find_backend("kubeflow", read_settings()).submit(submission, "quickdraw-k1")
    backend.submit(submission, "quickdraw-v1")
    vertex.end("quickdraw-v1", metrics={"evaluate": {"hit_at_1": 0.875}})
    code, out, err = command("runs", "--runs", tmp_path)
    assert (code, err) == (0, "")
    assert sorted(names(out)) == ["quickdraw-k1", "quickdraw-l1", "quickdraw-v1"]
    (row,) = (line.split() for line in out.splitlines() if line.startswith("quickdraw-v1"))
    assert row[1:4] == ["vertex", "quickdraw", "succeeded"]
    assert row[-4:] == ["0.8750", "Hit@1", "0123456789ab+changes", "ada"]
    vertex.fail("ListPipelineJobs", grpc.StatusCode.PERMISSION_DENIED)
    code, out, err = command("runs", "quickdraw", "--runs", tmp_path)
    assert (code, sorted(names(out))) == (0, ["quickdraw-k1", "quickdraw-l1"])
    assert err.startswith("note: vertex left out: ")
    assert len(err.splitlines()) == 1


def test_a_failed_run_shows_its_step_and_the_end_of_its_log(
    command: Command, vertex: Any, backend: Backend, submission: Submission, tmp_path: Path
) -> None:
    backend.submit(submission, "quickdraw-v1")
    vertex.end("quickdraw-v1", failing="train", error="exited with status 1")
    task = next(
        task
        for task in vertex.pipelines.jobs["quickdraw-v1"].job_detail.task_details
        if task.task_name == "train"
    )
    job = task.executor_detail.container_detail.main_job.rpartition("/")[2]
    vertex.logs.lines[job] = ["loading", "ValueError: no memory left"]
    code, out, err = command("runs", "--run", "quickdraw-v", "--runs", tmp_path)
    assert (code, err) == (0, "")
    assert "  step train failed: exited with status 1\n" in out
    assert out.endswith("    loading\n    ValueError: no memory left\n")
    (epochs,) = re.findall(r"^  epochs +3$", out, re.MULTILINE)
    assert out.index(epochs) < out.index("parameters with their defaults")


def test_a_run_is_cancelled_and_followed_to_its_end(
    command: Command, vertex: Any, backend: Backend, submission: Submission, tmp_path: Path
) -> None:
    backend.submit(submission, "quickdraw-v1")
    code, out, err = command("cancel", "quickdraw-v1", "--runs", tmp_path)
    assert (code, err) == (0, "")
    assert out.startswith("quickdraw-v1 is asked to stop")
    code, out, err = command("runs", "--run", "quickdraw-v1", "--wait", "--runs", tmp_path)
    assert (code, err) == (1, "")
    assert "  quickdraw-v1: interrupted\n" in out
    code, out, err = command("cancel", "quickdraw-v1", "--runs", tmp_path)
    assert (code, out) == (0, "quickdraw-v1 has ended before: interrupted\n")
    assert len(vertex.asked("CancelPipelineJob")) == 1
