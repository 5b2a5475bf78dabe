"""A run is told as it is: while it goes on, when it ends, and when the service is odd."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from pipelines.backend import Backend, Submission
from preprocessing.errors import InputError, Unreachable

Code = grpc.StatusCode
RUN = "quickdraw-1"


@pytest.fixture
def job(vertex: Any, backend: Backend, submission: Submission) -> Any:
    """Returns the service's side of a run that has been submitted."""
    backend.submit(submission, RUN)
    return vertex.pipelines.jobs[RUN]


def test_a_run_is_seen_to_go_through_its_states(vertex: Any, backend: Backend, job: Any) -> None:
    vertex.play(RUN, "QUEUED", "PENDING", "RUNNING", "PAUSED", "CANCELLING", "CANCELLED")
    seen = [backend.run(RUN).status for _ in range(6)]
    assert seen == ["pending", "pending", "running", "pending", "running", "interrupted"]


def test_a_run_that_succeeded_has_all_that_a_local_one_has(
    vertex: Any, backend: Backend, job: Any
) -> None:
    metrics = {"evaluate": {"test_accuracy": 0.91, "test_loss": 0.3}}
    vertex.end(RUN, cached=("preprocess",), metrics=metrics)
    record = backend.run(RUN)
    assert (record.status, record.backend, record.error) == ("succeeded", "vertex", "")
    assert (record.pipeline, record.user) == ("quickdraw", "ada")
    assert record.commit == "0123456789ab+changes"
    assert record.folder == f"gs://challenge/runs/123456789012/{RUN}"
    assert record.parameters == {
        "epochs": 3,
        "learning_rate": 0.01,
        "source": "gs://challenge/data",
    }
    assert isinstance(record.parameters["epochs"], int)
    assert record.started == pytest.approx(datetime.now(UTC).timestamp(), abs=60)
    assert record.seconds > 10
    steps = {step.name: step for step in record.steps}
    assert list(steps)[:2] == ["preprocess", "train"]
    assert list(steps)[-1] == "score"
    assert {step.status for step in record.steps} == {"succeeded", "cached"}
    assert (steps["preprocess"].status, steps["preprocess"].log) == ("cached", "")
    assert steps["evaluate"].metrics == metrics["evaluate"]
    assert steps["train"].artifacts["model"] == f"{record.folder}/train/model"
    assert steps["train"].seconds == pytest.approx(20, abs=1)
    assert "europe-west4/training/2?project=challenges" in steps["train"].link
    assert "job_id%3D%222%22" in steps["train"].log


def test_a_run_that_failed_names_its_step_and_the_end_of_its_log(
    vertex: Any, backend: Backend, job: Any
) -> None:
    vertex.end(RUN, failing="train", error="The replica workerpool0-0\nexited with status 1.")
    vertex.logs.lines["2"] = [f"line {number}" for number in range(30)]
    record = backend.run(RUN)
    assert record.status == "failed"
    assert record.error.startswith("The DAG failed because some tasks failed.")
    failed = record.steps[-1]
    assert (failed.name, failed.status) == ("train", "failed")
    assert failed.error == "The replica workerpool0-0 exited with status 1."
    assert backend.log_tail(record, "train", 3) == "line 27\nline 28\nline 29"
    assert vertex.logs.queries[0]["resourceNames"] == ["projects/challenges"]
    assert backend.log_tail(record, "score") == ""


def test_a_log_that_may_not_be_read_says_which_role_is_missing(
    vertex: Any, backend: Backend, job: Any
) -> None:
    vertex.end(RUN, failing="train")
    vertex.logs.status = 403
    with pytest.raises(InputError, match=r"cannot read the log of train: .*roles/logging.viewer"):
        backend.log_tail(backend.run(RUN), "train")


def test_a_step_that_starts_a_job_shows_that_jobs_log(
    vertex: Any, backend: Backend, job: Any
) -> None:
    vertex.end(RUN)
    task = next(task for task in job.job_detail.task_details if task.task_name == "train")
    started = "https://europe-west4-aiplatform.googleapis.com/v1/projects/1/customJobs/777"
    resources = {"resources": [{"resourceType": "CustomJob", "resourceUri": started}]}
    task.execution = {"metadata": {"output:gcp_resources": json.dumps(resources)}}
    vertex.logs.lines["777"] = ["epoch 1"]
    record = backend.run(RUN)
    assert "training/777" in next(step.link for step in record.steps if step.name == "train")
    assert backend.log_tail(record, "train") == "epoch 1"


def test_a_step_that_awaits_a_tuning_job_links_to_its_trials_and_shows_its_own_log(
    vertex: Any, backend: Backend, job: Any
) -> None:
    vertex.end(RUN)
    task = next(task for task in job.job_detail.task_details if task.task_name == "train")
    own = task.executor_detail.container_detail.main_job.rpartition("/")[2]
    resources = '{"resources": [{"resourceUri": "https://x/hyperparameterTuningJobs/777"}]}'
    task.execution = {"metadata": {"output:gcp_resources": resources}}
    vertex.logs.lines[own] = ["3 of 20 trials have ended"]
    record = backend.run(RUN)
    assert "training/777" in next(step.link for step in record.steps if step.name == "train")
    assert backend.log_tail(record, "train") == "3 of 20 trials have ended"


def test_groups_of_steps_are_no_steps_and_a_condition_that_does_not_hold_is_skipped(
    vertex: Any, backend: Backend, job: Any
) -> None:
    vertex.end(RUN)
    tasks = list(job.job_detail.task_details)
    kind, state = type(tasks[0]), type(tasks[0]).State
    group = kind(task_id=50, parent_task_id=100, task_name="condition-1", state=state.SUCCEEDED)
    inner = kind(task_id=51, parent_task_id=50, task_name="promote", state=state.RUNNING)
    other = kind(task_id=52, parent_task_id=100, task_name="condition-2", state=state.NOT_TRIGGERED)
    job.job_detail.task_details = [tasks[0], group, inner, other]
    steps = {step.name: step.status for step in backend.run(RUN).steps}
    assert steps == {"promote": "running", "condition-2": "skipped"}


def test_states_that_nobody_knows_do_not_end_a_run_that_goes_on(
    vertex: Any, backend: Backend, job: Any
) -> None:
    vertex.end(RUN)
    job.end_time = None
    type(job).pb(job).state = 77
    type(job).pb(job).job_detail.task_details[1].state = 99
    record = backend.run(RUN)
    assert record.status == "running"
    assert record.steps[0].status == "failed"  # it has ended, and nobody knows how
    assert "99" in record.steps[0].error
    job.end_time = datetime.now(UTC)
    record = backend.run(RUN)
    assert record.status == "failed"
    assert record.error.endswith("a state that is not known here: 77")


def test_a_run_of_which_hardly_anything_is_known_is_told(
    vertex: Any, backend: Backend, job: Any
) -> None:
    bare = type(job)(name=job.name, display_name="someone else's")
    vertex.pipelines.jobs[RUN] = bare
    record = backend.run(RUN)
    assert (record.pipeline, record.status, record.seconds) == ("someone else's", "pending", 0.0)
    assert (record.steps, record.parameters, record.commit) == ([], {}, "")


@pytest.mark.parametrize("name", ["quickdraw-2", "No Such/Run", ""])
def test_a_run_that_is_nowhere_is_named(backend: Backend, job: Any, name: str) -> None:
    with pytest.raises(InputError, match=r"RUN: there is no run .*make runs BACKEND=vertex"):
        backend.run(name)
    with pytest.raises(InputError, match="RUN: there is no run"):
        backend.cancel(name)


def test_a_service_that_is_away_for_a_moment_does_not_lose_the_run(
    vertex: Any, backend: Backend, job: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    vertex.fail("GetPipelineJob", Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.INTERNAL)
    assert backend.run(RUN).status == "pending"
    vertex.fail("GetPipelineJob", *[Code.UNAVAILABLE] * 1000)
    monkeypatch.setattr("models.vertex_ai.PATIENCE", 0.2)
    with pytest.raises(Unreachable):
        backend.run(RUN)


def test_the_newest_runs_are_listed_first_of_one_pipeline_or_all(
    vertex: Any, backend: Backend, submission: Submission
) -> None:
    backend.submit(submission, "quickdraw-0")
    first = vertex.pipelines.jobs["quickdraw-0"]
    for number in range(1, 120):
        run = f"quickdraw-{number}"
        created = first.create_time + timedelta(microseconds=number)
        vertex.pipelines.jobs[run] = type(first)(
            name=first.name.replace("quickdraw-0", run), labels=first.labels, create_time=created
        )
    other = replace(submission, pipeline="mnist", labels={"pipeline": "mnist"})
    backend.submit(other, "mnist-1")
    backend.submit(replace(submission, labels={}), "not-ours")
    vertex.fail("ListPipelineJobs", Code.UNAVAILABLE, Code.UNAVAILABLE)
    assert [record.run for record in backend.runs(limit=2)] == ["mnist-1", "quickdraw-119"]
    every = [record.run for record in backend.runs("quickdraw", limit=110)]
    assert every == [f"quickdraw-{number}" for number in range(119, 9, -1)]
    assert vertex.asked("ListPipelineJobs")[-1].page_token == "100"
    assert backend.runs("gan") == []


def test_a_run_is_cancelled_once(vertex: Any, backend: Backend, job: Any) -> None:
    vertex.fail("CancelPipelineJob", Code.UNAVAILABLE)
    vertex.lose_answer("CancelPipelineJob", Code.DEADLINE_EXCEEDED)
    backend.cancel(RUN)
    assert len(vertex.asked("CancelPipelineJob")) == 2
    assert backend.run(RUN).status == "interrupted"
    backend.cancel(RUN)
    assert len(vertex.asked("CancelPipelineJob")) == 2


def test_a_run_that_ends_while_it_is_cancelled_is_left_as_it_is(
    vertex: Any, backend: Backend, job: Any
) -> None:
    vertex.play(RUN, "RUNNING", "SUCCEEDED")
    vertex.fail("CancelPipelineJob", Code.FAILED_PRECONDITION)
    backend.cancel(RUN)
    assert backend.run(RUN).status == "succeeded"


def test_a_cancel_that_is_refused_says_why(vertex: Any, backend: Backend, job: Any) -> None:
    vertex.fail("CancelPipelineJob", Code.PERMISSION_DENIED)
    with pytest.raises(InputError, match=r"cannot cancel quickdraw-1: .*roles/aiplatform.user"):
        backend.cancel(RUN)
