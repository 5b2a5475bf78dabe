"""A pipeline has one schedule, whatever answers are lost, and one run of it at a time."""

from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from google.cloud.aiplatform_v1 import types
from google.protobuf.json_format import MessageToDict

from pipelines.backend import Backend, Submission
from preprocessing.errors import InputError

Code = grpc.StatusCode
NAME = "quickdraw"
CRON = "0 3 * * 1"


@pytest.fixture
def scheduled(backend: Backend, submission: Submission) -> Backend:
    """Returns the backend, with quickdraw on a schedule."""
    backend.schedule(submission, CRON, "Europe/Zurich")
    return backend


def only(vertex: Any) -> Any:
    (schedule,) = vertex.schedules.schedules.values()
    return schedule


def test_the_whole_request_is_what_was_asked_for(
    vertex: Any, backend: Backend, submission: Submission
) -> None:
    schedule = backend.schedule(submission, CRON, "Europe/Zurich")
    (request,) = vertex.asked("CreateSchedule")
    sent = MessageToDict(types.CreateScheduleRequest.pb(request))
    job = sent["schedule"].pop("createPipelineJobRequest")
    assert sent == {
        "parent": "projects/challenges/locations/europe-west4",
        "schedule": {
            "displayName": NAME,
            "cron": "CRON_TZ=Europe/Zurich 0 3 * * 1",
            "maxConcurrentRunCount": "1",
            "maxConcurrentActiveRunCount": "1",
        },
    }
    assert job["parent"] == sent["parent"]
    run = job["pipelineJob"]
    assert run["labels"] == dict(submission.labels)
    assert run["serviceAccount"] == "pipelines@challenges.iam.gserviceaccount.com"
    assert run["runtimeConfig"]["parameterValues"]["epochs"] == 3
    tasks = run["pipelineSpec"]["root"]["dag"]["tasks"].values()
    assert not any(task["cachingOptions"].get("enableCache") for task in tasks)
    assert (schedule.name, schedule.backend, schedule.status) == (NAME, "vertex", "active")
    assert (schedule.cron, schedule.timezone) == (CRON, "Europe/Zurich")
    assert schedule.next_run is not None
    assert schedule.next_run > datetime.now(UTC)
    assert schedule.link.endswith("europe-west4/pipelines/schedules/4000?project=challenges")


def test_a_second_schedule_of_a_pipeline_updates_the_first(
    vertex: Any, scheduled: Backend, submission: Submission
) -> None:
    scheduled.pause(NAME)
    schedule = scheduled.schedule(submission, "30 4 1 * *", "UTC", catch_up=True)
    assert only(vertex).name.endswith("/4000")
    assert (schedule.cron, schedule.timezone, schedule.status) == ("30 4 1 * *", "UTC", "active")
    assert only(vertex).allow_queueing
    assert not only(vertex).catch_up


@pytest.mark.parametrize("code", [Code.DEADLINE_EXCEEDED, Code.UNAVAILABLE])
def test_a_lost_answer_makes_no_second_schedule(
    vertex: Any, backend: Backend, submission: Submission, code: grpc.StatusCode
) -> None:
    vertex.fail("ListSchedules", Code.UNAVAILABLE)
    vertex.fail("CreateSchedule", Code.UNAVAILABLE, Code.UNAVAILABLE)
    vertex.lose_answer("CreateSchedule", code)
    vertex.lose_answer("UpdateSchedule", code)
    assert backend.schedule(submission, CRON, "UTC").status == "active"
    assert only(vertex).cron == "CRON_TZ=UTC 0 3 * * 1"


def test_an_answer_that_never_comes_makes_no_second_schedule(
    vertex: Any, backend: Backend, submission: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.vertex.schedules.ANSWER", 0.3)
    with vertex.hold_answer("CreateSchedule"):
        assert backend.schedule(submission, CRON, "UTC").status == "active"
    assert len(vertex.asked("CreateSchedule")) == 1
    only(vertex)


def test_several_schedules_of_a_name_are_for_the_user_to_sort_out(
    vertex: Any, scheduled: Backend, submission: Submission
) -> None:
    twin = types.CreateScheduleRequest(
        parent=vertex.asked("CreateSchedule")[0].parent, schedule=only(vertex)
    )
    vertex.schedules.create_schedule(twin)
    for act in (scheduled.pause, scheduled.resume, scheduled.delete):
        with pytest.raises(InputError, match=r"has 2 schedules .* delete all but one of https"):
            act(NAME)
    with pytest.raises(InputError, match="has 2 schedules"):
        scheduled.schedule(submission, CRON, "UTC")
    assert len(vertex.schedules.schedules) == 2


def test_one_run_at_a_time_is_started_and_none_while_paused(
    vertex: Any, scheduled: Backend
) -> None:
    run = vertex.fire(NAME)
    assert vertex.fire(NAME) == ""
    record = scheduled.run(run)
    assert (record.pipeline, record.user) == (NAME, "ada")
    assert [record.run for record in scheduled.runs(NAME)] == [run]
    vertex.end(run)
    scheduled.pause(NAME)
    assert vertex.fire(NAME) == ""
    scheduled.resume(NAME)
    again = vertex.fire(NAME)
    assert again
    assert again != run
    assert scheduled.schedules()[0].last_run == again


def test_pause_and_resume_survive_lost_answers_and_are_done_once(
    vertex: Any, scheduled: Backend
) -> None:
    vertex.fail("PauseSchedule", Code.UNAVAILABLE, Code.UNAVAILABLE)
    vertex.lose_answer("PauseSchedule", Code.DEADLINE_EXCEEDED)
    vertex.lose_answer("ResumeSchedule", Code.DEADLINE_EXCEEDED)
    paused = scheduled.pause(NAME)
    assert (paused.status, paused.next_run) == ("paused", None)
    assert scheduled.pause(NAME).status == "paused"
    assert scheduled.resume(NAME).status == "active"
    assert scheduled.resume(NAME).status == "active"
    assert len(vertex.asked("PauseSchedule")) == 3
    assert [request.catch_up for request in vertex.asked("ResumeSchedule")] == [False]


def test_a_deleted_schedule_is_gone_and_its_runs_stay(vertex: Any, scheduled: Backend) -> None:
    run = vertex.fire(NAME)
    vertex.fail("DeleteSchedule", Code.UNAVAILABLE)
    vertex.lose_answer("DeleteSchedule", Code.DEADLINE_EXCEEDED)
    scheduled.delete(NAME)
    assert scheduled.schedules() == []
    assert scheduled.run(run).status == "pending"
    for act in (scheduled.pause, scheduled.resume, scheduled.delete):
        with pytest.raises(InputError, match="PIPELINE: quickdraw has no schedule on Vertex AI"):
            act(NAME)


def test_schedules_of_others_are_not_listed(
    vertex: Any, scheduled: Backend, submission: Submission
) -> None:
    other = types.Schedule(only(vertex))
    other.display_name = "nightly"
    other.create_pipeline_job_request.pipeline_job.labels.clear()
    parent = vertex.asked("CreateSchedule")[0].parent
    vertex.schedules.create_schedule(types.CreateScheduleRequest(parent=parent, schedule=other))
    assert [schedule.name for schedule in scheduled.schedules()] == [NAME]


@pytest.mark.parametrize(
    ("code", "message", "told"),
    [
        (Code.PERMISSION_DENIED, "'aiplatform.schedules.create' denied", "roles/aiplatform.user"),
        (Code.RESOURCE_EXHAUSTED, "schedules per project", "schedules per project"),
        (Code.INVALID_ARGUMENT, "Invalid cron", "cannot schedule quickdraw: Invalid cron"),
        (Code.ALREADY_EXISTS, "there is one", "cannot schedule quickdraw: there is one"),
        (Code.NOT_FOUND, "no such network", "no such network"),
    ],
)
def test_a_refusal_is_told_at_once_in_one_line(
    vertex: Any,
    backend: Backend,
    submission: Submission,
    code: grpc.StatusCode,
    message: str,
    told: str,
) -> None:
    vertex.fail("CreateSchedule", code, message=message)
    with pytest.raises(InputError) as refused:
        backend.schedule(submission, CRON, "UTC")
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(vertex.asked("CreateSchedule")) == 1
