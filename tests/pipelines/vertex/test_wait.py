"""Who follows a run on Vertex AI sees its end, whatever the service answers on the way."""

import io
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from rich.console import Console

from pipelines.backend import Backend, Submission
from pipelines.display import Display
from pipelines.history import follow as following
from pipelines.history.follow import follow
from preprocessing.errors import InputError

Code = grpc.StatusCode
RUN = "quickdraw-1"


@pytest.fixture
def screen(
    backend: Backend, submission: Submission, monkeypatch: pytest.MonkeyPatch
) -> io.StringIO:
    """Returns what the follower sees of a run that has been submitted."""
    monkeypatch.setattr(following, "POLL_SECONDS", 0.0)
    backend.submit(submission, RUN)
    return io.StringIO()


def test_a_run_is_followed_through_bad_states_and_a_service_that_is_away(
    vertex: Any, backend: Backend, screen: io.StringIO
) -> None:
    vertex.play(RUN, "QUEUED", "UNSPECIFIED", "RUNNING", "PAUSED", "42", "RUNNING", "SUCCEEDED")
    vertex.fail("GetPipelineJob", Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.UNKNOWN)
    assert follow(backend, RUN, Display(Console(file=screen))).status == "succeeded"
    assert len(vertex.asked("GetPipelineJob")) == 3 + 7
    assert len(vertex.asked("CreatePipelineJob")) == 1
    assert "Traceback" not in screen.getvalue()


def test_a_run_that_was_away_for_longer_than_one_call_waits_is_followed_on(
    vertex: Any, backend: Backend, screen: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.vertex_ai.PATIENCE", 0.05)
    vertex.fail("GetPipelineJob", *[Code.UNAVAILABLE] * 20)
    vertex.play(RUN, "SUCCEEDED")
    assert follow(backend, RUN, Display(Console(file=screen))).status == "succeeded"
    assert screen.getvalue().count("asking again") == 1


def test_a_run_that_ended_in_no_known_way_is_a_failure_that_says_so(
    vertex: Any, backend: Backend, screen: io.StringIO
) -> None:
    vertex.play(RUN, "42")
    vertex.pipelines.jobs[RUN].end_time = datetime.now(UTC)
    assert follow(backend, RUN, Display(Console(file=screen, width=200))).status == "failed"
    assert "it ended in a state that is not known here: 42" in screen.getvalue()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (Code.PERMISSION_DENIED, "roles/aiplatform.user"),
        (Code.NOT_FOUND, "RUN: there is no run 'quickdraw-1'"),
        (Code.RESOURCE_EXHAUSTED, "a quota is used up"),
    ],
)
def test_a_refusal_ends_the_following_and_not_the_run(
    vertex: Any, backend: Backend, screen: io.StringIO, code: grpc.StatusCode, told: str
) -> None:
    vertex.fail("GetPipelineJob", code)
    with pytest.raises(InputError, match=told):
        follow(backend, RUN, Display(Console(file=screen, width=200)))
    assert "quickdraw-1 may go on" in screen.getvalue()
    assert vertex.asked("CancelPipelineJob") == []
