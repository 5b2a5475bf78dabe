"""The schedules of Vertex AI from the command line."""

import json
from typing import Any

import pytest

from pipelines.backend import Backend, Submission
from tests.pipelines.conftest import Command


@pytest.fixture
def scheduled(backend: Backend, submission: Submission, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts quickdraw on a schedule."""
    monkeypatch.setenv("KUBEFLOW_HOST", "")
    backend.schedule(submission, "0 3 * * 1", "Europe/Zurich")


def test_a_schedule_is_listed_paused_resumed_and_deleted(
    command: Command, vertex: Any, scheduled: None
) -> None:
    run = vertex.fire("quickdraw")
    code, out, err = command("schedules", "--json")
    assert (code, err) == (0, "")
    (listed,) = json.loads(out)
    assert listed["next_run"].startswith("20")
    assert (listed["status"], listed["last_run"]) == ("active", run)
    code, out, err = command("pause-schedule", "quickdraw")
    assert (code, err) == (0, "")
    assert out.startswith("quickdraw on vertex, 0 3 * * 1 Europe/Zurich: paused\nhttps://console")
    assert "active" in command("resume-schedule", "quickdraw")[1]
    assert command("delete-schedule", "quickdraw")[0] == 0
    assert vertex.schedules.schedules == {}
    assert list(vertex.pipelines.jobs) == [run]
