"""Whoever kills a command after the service has done it, but before it says so, doubles nothing.

The command is a process of its own, killed for good; then the same command is given again.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import WriteBitmaps
from tests.kubeflow_service import KubeflowService
from tests.pipelines.conftest import Command

ROOT = Path(__file__).parent.parent.parent.parent
DATA = ("--data", "gs://challenge/mine")
SUBMIT = ("submit", "quickdraw", *DATA)
SCHEDULE = ("schedule", "quickdraw", *DATA, "--cron", "0 3 * * 1")


@pytest.fixture(autouse=True)
def _place(
    identity: Any,
    bucket: Any,
    tmp_path: Path,
    write_bitmaps: WriteBitmaps,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Puts the test into an empty folder, with data in the bucket."""
    bucket._patch_property("location", "EUROPE-WEST4")
    bucket.patch()
    for path in write_bitmaps(tmp_path / "drawings", {"ant": 9, "bee": 9}).iterdir():
        bucket.blob(f"mine/{path.name}").upload_from_filename(str(path))
    monkeypatch.chdir(tmp_path)
    environment = {
        "IMAGE": "registry/image:1",
        "PYTHONPATH": str(ROOT),
        "GOOGLE_APPLICATION_CREDENTIALS": str(identity.account),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def start_and_kill(arguments: tuple[str, ...], done: threading.Event) -> None:
    """Starts a command in a process of its own, and kills it as soon as the service has done it."""
    with subprocess.Popen(
        [sys.executable, "-m", "pipelines", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        taken = done.wait(60)
        os.kill(process.pid, signal.SIGKILL)
        told, _ = process.communicate()
        assert taken, told
        assert process.returncode == -signal.SIGKILL


def test_a_run_on_vertex_ai_is_found_again(vertex: Any, command: Command) -> None:
    with vertex.hold_answer("CreatePipelineJob") as done:
        start_and_kill(SUBMIT, done)
    (run,) = vertex.pipelines.jobs
    (pending,) = Path("build/pending").iterdir()
    assert json.loads(pending.read_text())["run"] == run
    status, out, err = command(*SUBMIT)
    assert (status, err) == (0, "")
    assert f"asking for that run again, {run}" in " ".join(out.split())
    assert list(vertex.pipelines.jobs) == [run]
    assert not pending.exists()


def test_a_schedule_on_vertex_ai_is_found_again(vertex: Any, command: Command) -> None:
    with vertex.hold_answer("CreateSchedule") as done:
        start_and_kill(SCHEDULE, done)
    (schedule,) = vertex.schedules.schedules
    status, _, err = command(*SCHEDULE)
    assert (status, err) == (0, "")
    assert list(vertex.schedules.schedules) == [schedule]


def test_a_run_on_kubeflow_is_found_again(
    kubeflow: KubeflowService, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKEND", "kubeflow")
    kubeflow.fail("POST .*/runs$", "held")
    start_and_kill(SUBMIT, kubeflow.done)
    kubeflow.over.set()
    (run,) = kubeflow.runs
    status, _, err = command(*SUBMIT)
    assert (status, err) == (0, "")
    assert list(kubeflow.runs) == [run]


def test_a_schedule_on_kubeflow_is_one_and_active_in_the_end(
    kubeflow: KubeflowService, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKEND", "kubeflow")
    monkeypatch.setenv("REGISTRY", "gs://challenge/champions")
    kubeflow.fail("POST .*/recurringruns$", "held")
    start_and_kill(SCHEDULE, kubeflow.done)
    kubeflow.over.set()
    (left,) = kubeflow.recurring_runs.values()
    assert left["status"] == "DISABLED"  # it was not to run before all was done
    status, _, err = command(*SCHEDULE)
    assert (status, err) == (0, "")
    assert [one["status"] for one in kubeflow.recurring_runs.values()] == ["ENABLED"]
