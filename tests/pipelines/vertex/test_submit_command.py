"""`make submit` from the command line to Vertex AI: checked, estimated, started once, followed."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict

from models import vertex_ai
from pipelines import check_classes
from pipelines.history import follow
from pipelines.history.run_record import RunRecord, Step
from pipelines.vertex import experiments
from preprocessing.samples import quickdraw
from tests.conftest import WriteBitmaps
from tests.pipelines.conftest import Command

Submit = Callable[..., tuple[int, str, str]]


@pytest.fixture
def submit(
    command: Command,
    vertex: Any,
    bucket: Any,
    write_bitmaps: WriteBitmaps,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Submit:
    """Returns a function that submits `quickdraw`, with a small sample, from an empty folder."""
    monkeypatch.setattr(vertex_ai, "FIRST_DELAY", 0.01)
    monkeypatch.setattr(vertex_ai, "PATIENCE", 0.3)
    monkeypatch.setattr(experiments, "WAIT", 0.01)
    monkeypatch.setattr(follow, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(
        quickdraw, "write_sample", lambda folder: write_bitmaps(Path(folder), {"ant": 9, "bee": 9})
    )
    bucket._patch_property("location", "EUROPE-WEST4")
    bucket.patch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMAGE", "registry/image:1")

    def call(*options: str, pipeline: str = "quickdraw") -> tuple[int, str, str]:
        return command("submit", pipeline, *options)

    return call


def started(vertex: Any) -> Any:
    """Returns the one run that was started."""
    (job,) = vertex.pipelines.jobs.values()
    return job


def test_one_command_brings_the_data_says_the_cost_and_starts_the_run(
    submit: Submit, vertex: Any, bucket: Any
) -> None:
    status, out, err = submit("--params", "epochs=3", "--no-cache", "--failure", "slow")
    assert (status, err) == (0, ""), out
    job = started(vertex)
    run = job.name.rpartition("/")[2]
    assert run.startswith("quickdraw-20")
    sent = MessageToDict(type(job).pb(job))["runtimeConfig"]
    assert sent["failurePolicy"] == "PIPELINE_FAILURE_POLICY_FAIL_SLOW"
    assert sent["parameterValues"]["epochs"] == 3
    source = sent["parameterValues"]["source"]
    assert source.startswith("gs://challenge/sample/quickdraw-")
    assert len(list(bucket.list_blobs(prefix=source.removeprefix("gs://challenge/")))) == 2
    assert job.labels["source"] == sent["parameterValues"]["source_fingerprint"]
    assert vertex.metadata.children == {"quickdraw-runs": [run]}
    for told in (
        *("console.cloud.google.com", f"make cancel RUN={run}", f"make runs RUN={run}"),
        *("e2-standard-4", "in all, about", "list prices of us-central1"),
    ):
        assert told in out
    assert not list(Path("build/pending").iterdir())


@pytest.mark.usefixtures("submit")
def test_a_tuning_is_sent_with_what_it_tries_and_what_it_does_not(
    command: Command, vertex: Any
) -> None:
    asked = ("tune", "quickdraw", "--backend", "vertex", "--trials", 4, "--parallel", 2)
    status, out, _ = command(*asked, "--params", "study_dir=/gcs/bucket/studies")
    assert (status, "study_dir=/gcs/bucket/studies: a tuning job of Vertex AI keeps" in out) == (
        1,
        True,
    )
    status, out, err = command(*asked, "--params", "batch_size=64")
    assert (status, err) == (0, ""), out
    tried = "learning_rate, learning_rate_decay, Cnn.units, Cnn.dropout"
    assert re.search(rf"^  tries +ok +{tried}$", out, re.MULTILINE)
    job = started(vertex)
    assert job.name.rpartition("/")[2].startswith("quickdraw-tune-20")
    sent = MessageToDict(type(job).pb(job))["runtimeConfig"]["parameterValues"]
    assert (sent["trials"], sent["parallel"]) == (4, 2)
    assert sent["fixed_parameters"] == ["batch_size"]


def test_several_spot_machines_are_asked_for_and_their_checkpoints_are_in_the_bucket(
    submit: Submit, vertex: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKERS", "3")
    monkeypatch.setenv("SPOT", "1")
    status, out, err = submit()
    assert (status, err) == (0, ""), out
    assert "3 x e2-standard-8, spot" in out
    sent = MessageToDict(type(started(vertex)).pb(started(vertex)))
    values = sent["runtimeConfig"]["parameterValues"]
    assert values["checkpoint_dir"] == "/gcs/challenge/checkpoints"
    assert values["batch_size"] == 129
    inputs = sent["pipelineSpec"]["components"]["comp-train"]["inputDefinitions"]["parameters"]
    pools = inputs["worker_pool_specs"]["defaultValue"]
    assert [pool["replica_count"] for pool in pools] == [1, 2]
    assert inputs["strategy"]["defaultValue"] == "SPOT"


def test_everything_that_is_wrong_is_told_before_anything_is_started(
    submit: Submit, vertex: Any, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUCKET", "gs://nobodys")
    monkeypatch.setenv("ACCELERATOR", "NVIDIA_TESLA_T4")
    monkeypatch.setenv("ACCELERATOR_COUNT", "3")
    monkeypatch.setenv("IMAGE", "")
    vertex.fail("ListPipelineJobs", grpc.StatusCode.PERMISSION_DENIED)
    status, out, err = submit("--params", "epocs=3", "--data", "drawings")
    assert status == 1
    assert "nothing was sent" in err
    for told in (
        "did you mean 'epochs'",
        "`gcloud storage cp drawings gs://nobodys/data/`",
        "set ACCELERATOR_COUNT=2 or 4",
        "gcloud storage buckets create gs://nobodys",
        "PERMISSION_DENIED",
    ):
        assert told in out
    assert not vertex.asked("CreatePipelineJob")
    assert "Traceback" not in out + err
    assert not Path("build").exists()


def test_without_an_image_in_a_registry_nothing_is_submitted(
    submit: Submit, vertex: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGE", "")
    status, out, _ = submit()
    assert status == 1
    assert "IMAGE=europe-west4-docker.pkg.dev/challenges/" in out
    assert "`make image PUSH=1`" in out
    assert not vertex.asked("CreatePipelineJob")


def test_a_participants_file_is_named_as_it_is_in_the_image(
    submit: Submit, vertex: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_classes, "_check", lambda module, tried: None)  # takes seconds
    Path("mine.py").write_text(
        "from models.renaissance import Cnn\n\nclass MyNet(Cnn):\n    pass\n"
    )
    status, _, err = submit("--model", "mine.py:MyNet")
    assert (status, err) == (0, "")
    job = started(vertex)
    sent = MessageToDict(type(job).pb(job))["runtimeConfig"]["parameterValues"]
    assert sent["model"] == "participant/quickdraw/mine.py:MyNet"
    assert len(sent["files_fingerprint"]) == 16


def test_the_same_command_after_a_lost_answer_finds_the_run(submit: Submit, vertex: Any) -> None:
    # The service takes the run, but nobody hears of it before we have given up to ask.
    vertex.lose_answer("CreatePipelineJob", grpc.StatusCode.DEADLINE_EXCEEDED)
    vertex.fail("GetPipelineJob", *[grpc.StatusCode.UNAVAILABLE] * 100)
    status, _, err = submit()
    assert status == 1
    assert "same command again is safe" in err
    started(vertex)
    (pending,) = Path("build/pending").iterdir()
    name = json.loads(pending.read_text())["run"]
    vertex.recover()

    status, out, err = submit()
    assert (status, err) == (0, "")
    assert f"asking for that run again, {name}" in " ".join(out.split())
    assert started(vertex).name.endswith(name)
    assert not pending.exists()


@pytest.mark.parametrize(("state", "status"), [("SUCCEEDED", 0), ("FAILED", 1), ("CANCELLED", 1)])
def test_who_waits_gets_the_result_of_the_run(
    submit: Submit, vertex: Any, monkeypatch: pytest.MonkeyPatch, state: str, status: int
) -> None:
    create = vertex.pipelines.create_pipeline_job

    def created(request: Any) -> Any:
        answer = create(request)
        vertex.play(request.pipeline_job_id, "RUNNING", state)
        return answer

    monkeypatch.setattr(vertex.pipelines, "create_pipeline_job", created)
    assert submit("--wait")[0] == status


def test_who_interrupts_is_told_that_nothing_is_doubled(
    submit: Submit, vertex: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: Any, submission: Any, run: str) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as once:
        once.setattr("pipelines.vertex.backend.VertexBackend.submit", interrupted)
        status, _, err = submit()
    assert status == 130
    assert "finds a run that was asked for already" in err
    status, out, _ = submit()
    assert status == 0
    assert "asking for that run again" in " ".join(out.split())
    started(vertex)


@pytest.mark.usefixtures("submit")
def test_who_waits_for_a_tuning_sees_its_trials_in_the_bucket(
    command: Command, vertex: Any, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The artifacts that the service would tell of are the test's."""
    trials = "trial,state,hit_at_1,batch_size,epochs,seconds,error\n0,complete,0.9,128,3,9.5,\n"
    bucket.blob("1/study/trials.csv").upload_from_string(trials)
    bucket.blob("1/study/best.json").upload_from_string('{"batch_size": 128}')

    def followed(backend: Any, run: str, display: Any) -> RunRecord:
        artifacts = {"study": "gs://challenge/1/study"}
        steps = [Step("tune-on-vertex", "succeeded", artifacts=artifacts)]
        return RunRecord(run, pipeline, "", {}, "", "succeeded", steps=steps, backend="vertex")

    monkeypatch.setattr(follow, "follow", followed)
    pipeline, words = "quickdraw-tune", ("--params", "epochs=3", "--wait")
    status, out, _ = command("tune", "quickdraw", "--backend", "vertex", *words)
    assert status == 0
    assert re.search(r" 0  0\.9000  best default +128 +3 +9\.5 s\n", out)
    best = "gs://challenge/1/study/best.json"
    assert out.endswith(f"make submit PIPELINE=quickdraw PARAMS='@{best} epochs=3'\n")

    pipeline = "quickdraw-tuning"
    status, out, _ = command("submit", pipeline, "--params", f"@{best}", "--wait")
    sent = [job.runtime_config.parameter_values for job in vertex.pipelines.jobs.values()][-1]
    assert (sent["batch_size"], list(sent["fixed_parameters"])) == (128, ["batch_size"])
    assert (status, out.endswith("trained with         batch_size=128\n")) == (0, True)
    bucket.blob("1/study/best.json").delete()
    bucket.blob("1/study/trials.csv").delete()
    status, out, _ = command("submit", pipeline, "--wait")
    assert status == 0  # that of the run
    assert "  trials: gs://challenge/1/study/trials.csv: cannot be read" in out
