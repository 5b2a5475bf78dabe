"""A run is started once, with everything that was asked for, whatever the service answers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml
from google.cloud.aiplatform_v1 import types
from google.protobuf.json_format import MessageToDict

from pipelines.backend import Backend, Submission, find_backend
from pipelines.settings import read_settings
from preprocessing.errors import InputError, Unreachable

Code = grpc.StatusCode


def sent(vertex: Any) -> Any:
    return vertex.asked("CreatePipelineJob")[-1]


def test_the_whole_request_is_what_was_asked_for(
    vertex: Any, monkeypatch: pytest.MonkeyPatch, submission: Submission
) -> None:
    monkeypatch.setenv("NETWORK", "projects/123456789012/global/networks/lab")
    monkeypatch.setenv("BUCKET", "gs://challenge/team/")
    record = find_backend("vertex", read_settings()).submit(submission, "quickdraw-1")
    request = MessageToDict(types.CreatePipelineJobRequest.pb(sent(vertex)))
    compiled = next(yaml.safe_load_all(submission.template.read_text()))
    assert request["pipelineJob"].pop("pipelineSpec") == compiled
    assert request == {
        "parent": "projects/challenges/locations/europe-west4",
        "pipelineJobId": "quickdraw-1",
        "pipelineJob": {
            "displayName": "quickdraw-1",
            "labels": dict(submission.labels),
            "runtimeConfig": {
                "gcsOutputDirectory": "gs://challenge/team/runs",
                "parameterValues": {
                    "source": "gs://challenge/data",
                    "epochs": 3.0,
                    "learning_rate": 0.01,
                },
                "failurePolicy": "PIPELINE_FAILURE_POLICY_FAIL_FAST",
            },
            "serviceAccount": "pipelines@challenges.iam.gserviceaccount.com",
            "network": "projects/123456789012/global/networks/lab",
        },
    }
    assert (record.run, record.status, record.backend) == ("quickdraw-1", "pending", "vertex")
    assert record.link == (
        "https://console.cloud.google.com/vertex-ai/locations/europe-west4/pipelines/runs/"
        "quickdraw-1?project=challenges"
    )


def test_no_request_holds_a_secret(vertex: Any, backend: Backend, submission: Submission) -> None:
    backend.submit(replace(submission, experiment="our-lab"), "quickdraw-1")
    backend.schedule(submission, "0 3 * * 1", "UTC")
    secret = vertex.secret.splitlines()[1]
    assert len(vertex.calls) > 4
    assert not any(secret in str(call.request) for call in vertex.calls)
    assert secret not in submission.template.read_text()


def test_without_the_cache_no_step_is_answered_from_it(
    vertex: Any, backend: Backend, submission: Submission
) -> None:
    backend.submit(replace(submission, caching=False, fail_fast=False), "quickdraw-1")
    job = sent(vertex).pipeline_job
    tasks = MessageToDict(types.PipelineJob.pb(job).pipeline_spec)["root"]["dag"]["tasks"]
    assert {task["cachingOptions"].get("enableCache", False) for task in tasks.values()} == {False}
    assert job.runtime_config.failure_policy.name == "PIPELINE_FAILURE_POLICY_FAIL_SLOW"


def test_a_service_that_is_away_for_a_moment_starts_one_run(
    vertex: Any, backend: Backend, submission: Submission
) -> None:
    vertex.fail("CreatePipelineJob", Code.UNAVAILABLE, Code.UNAVAILABLE)
    assert backend.submit(submission, "quickdraw-1").run == "quickdraw-1"
    assert len(vertex.asked("CreatePipelineJob")) == 3
    assert list(vertex.pipelines.jobs) == ["quickdraw-1"]


@pytest.mark.parametrize("code", [Code.DEADLINE_EXCEEDED, Code.UNAVAILABLE, Code.INTERNAL])
def test_a_lost_answer_starts_no_second_run(
    vertex: Any, backend: Backend, submission: Submission, code: grpc.StatusCode
) -> None:
    vertex.lose_answer("CreatePipelineJob", code)
    vertex.fail("GetPipelineJob", Code.UNAVAILABLE)
    assert backend.submit(submission, "quickdraw-1").run == "quickdraw-1"
    assert list(vertex.pipelines.jobs) == ["quickdraw-1"]


def test_an_answer_that_never_comes_starts_no_second_run(
    vertex: Any, backend: Backend, submission: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.vertex.runs.ANSWER", 0.3)
    with vertex.hold_answer("CreatePipelineJob"):
        assert backend.submit(submission, "quickdraw-1").run == "quickdraw-1"
    assert len(vertex.asked("CreatePipelineJob")) == 2
    assert list(vertex.pipelines.jobs) == ["quickdraw-1"]


def test_a_second_call_with_the_same_name_finds_the_run(
    vertex: Any, backend: Backend, submission: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.vertex_ai.PATIENCE", 0.2)
    vertex.lose_answer("CreatePipelineJob", *[Code.DEADLINE_EXCEEDED] * 2)
    vertex.fail("GetPipelineJob", *[Code.UNAVAILABLE] * 1000)
    with pytest.raises(Unreachable, match="the same command again is safe"):
        backend.submit(submission, "quickdraw-1")
    vertex.recover()
    vertex.pipelines.move(vertex.pipelines.jobs["quickdraw-1"], "RUNNING")
    assert backend.submit(submission, "quickdraw-1").status == "running"
    assert list(vertex.pipelines.jobs) == ["quickdraw-1"]


def test_a_name_that_another_run_has_is_refused(
    vertex: Any, backend: Backend, submission: Submission
) -> None:
    backend.submit(submission, "quickdraw-1")
    other = replace(submission, labels={**submission.labels, "user": "bob"})
    with pytest.raises(InputError, match=r"another run has this name already.*'user': 'ada'"):
        backend.submit(other, "quickdraw-1")


@pytest.mark.parametrize(
    ("code", "message", "told"),
    [
        (
            Code.PERMISSION_DENIED,
            "'aiplatform.pipelineJobs.create' denied",
            "roles/aiplatform.user",
        ),
        (
            Code.PERMISSION_DENIED,
            "You do not have permission to act as service_account: a@b",
            "roles/iam.serviceAccountUser on the service account",
        ),
        (Code.NOT_FOUND, "no such location", "cannot submit quickdraw-1: there is none"),
        (Code.RESOURCE_EXHAUSTED, "quota restricted_image_training_gpus", "wait until other runs"),
        (Code.INVALID_ARGUMENT, "source: required", "cannot submit quickdraw-1: source: required"),
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
    vertex.fail("CreatePipelineJob", code, message=message)
    with pytest.raises(InputError) as refused:
        backend.submit(submission, "quickdraw-1")
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(vertex.asked("CreatePipelineJob")) == 1
    assert vertex.pipelines.jobs == {}


def test_what_the_service_finds_wrong_is_told(backend: Backend, submission: Submission) -> None:
    with pytest.raises(InputError, match=r"^cannot submit quickdraw-1: Missing required parameter"):
        backend.submit(replace(submission, arguments={}), "quickdraw-1")


def test_what_cannot_be_sent_is_refused_before_anything_is(
    vertex: Any, backend: Backend, submission: Submission, tmp_path: Path
) -> None:
    (tmp_path / "broken.yaml").write_text("root: [")
    broken = [
        (replace(submission, template=tmp_path / "none.yaml"), "no such file; `make compile`"),
        (replace(submission, template=tmp_path / "broken.yaml"), "cannot be sent to Vertex AI"),
        (replace(submission, arguments={"epoch": 3}), "epoch"),
    ]
    for one, told in broken:
        with pytest.raises(InputError, match=told) as refused:
            backend.submit(one, "quickdraw-1")
        assert "\n" not in str(refused.value)
    assert vertex.calls == []


def test_a_run_is_put_into_its_experiment(
    vertex: Any, backend: Backend, submission: Submission
) -> None:
    vertex.fail("CreateContext", Code.UNAVAILABLE)
    vertex.lose_answer("AddContextChildren", Code.DEADLINE_EXCEEDED)
    backend.submit(replace(submission, experiment="quick_draw"), "quickdraw-1")
    assert vertex.metadata.contexts["quick-draw"].schema_title == "system.Experiment"
    assert set(vertex.metadata.children["quick-draw"]) == {"quickdraw-1"}


def test_an_experiment_that_vertex_ai_does_not_take_is_told(
    backend: Backend, submission: Submission, capsys: pytest.CaptureFixture[str]
) -> None:
    # A pipeline's name is taken, by the pipeline; and three letters are too few.
    for number, name in enumerate(["quickdraw", "lab"]):
        backend.submit(replace(submission, experiment=name), f"quickdraw-{number}")
        (told,) = capsys.readouterr().out.splitlines()
        assert told.startswith("note: the run has started, but is in no experiment: ")


def test_a_run_without_its_experiment_has_started_all_the_same(
    vertex: Any, backend: Backend, submission: Submission, capsys: pytest.CaptureFixture[str]
) -> None:
    vertex.fail("AddContextChildren", Code.PERMISSION_DENIED, message="aiplatform.contexts.update")
    record = backend.submit(replace(submission, experiment="our-lab"), "quickdraw-1")
    assert record.run == "quickdraw-1"
    told = capsys.readouterr().out
    assert "note: the run has started, but is in no experiment:" in told
    assert "roles/aiplatform.user" in told


def test_settings_that_are_missing_are_named_together(
    vertex: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROJECT", "")
    monkeypatch.setenv("BUCKET", "")
    with pytest.raises(InputError, match=r"^PROJECT, BUCKET: not set, and Vertex AI needs them"):
        find_backend("vertex", read_settings())
