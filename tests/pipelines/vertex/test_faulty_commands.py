"""Each command that asks Vertex AI something, under each fault: as a user types it.

What passes by itself costs nothing, a refusal is one line and status 1, and nothing is there twice.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest

from models.promotion.registry import open_registry
from models.promotion.version import Facts, Reign, content_hash
from pipelines.backend import Backend, Submission
from pipelines.history import follow
from tests.conftest import WriteBitmaps
from tests.pipelines.conftest import Command

Code = grpc.StatusCode
RUN = "quickdraw-1"
NAME = "quickdraw-retraining"
DATA = ("--data", "gs://challenge/mine")
SCHEDULE = ("schedule", "quickdraw", *DATA, "--cron", "0 3 * * 1")
PLACE = "projects/challenges/locations/europe-west4"

COMMANDS = {
    "CreatePipelineJob": ("submit", "quickdraw", *DATA),
    "GetPipelineJob": ("runs", "--run", RUN, "--wait"),
    "ListPipelineJobs": ("runs", "--backend", "vertex"),
    "CancelPipelineJob": ("cancel", RUN),
    "CreateSchedule": SCHEDULE,
    "UpdateSchedule": SCHEDULE,
    "ListSchedules": ("schedules", "--backend", "vertex"),
    "PauseSchedule": ("pause-schedule", "quickdraw"),
    "ResumeSchedule": ("resume-schedule", "quickdraw"),
    "DeleteSchedule": ("delete-schedule", "quickdraw"),
    "ListModelVersions": ("models", "quickdraw"),
    "MergeVersionAliases": ("rollback", "quickdraw"),
}
"""A command for each method that can fail under it."""

CHANGING = [name for name in COMMANDS if not name.startswith(("Get", "List"))]

REFUSALS = {
    Code.PERMISSION_DENIED: "lacks a right (",
    Code.NOT_FOUND: "there is no",  # none, or no run of that name
    Code.RESOURCE_EXHAUSTED: "a quota is used up (",
}

Prepared = Callable[[str], tuple[str, ...]]


@pytest.fixture(scope="module")
def drawings(bucket: Any, write_bitmaps: WriteBitmaps, tmp_path_factory: Any) -> Any:
    """Returns the bucket, in our region, with data in it."""
    bucket._patch_property("location", "EUROPE-WEST4")
    bucket.patch()
    for path in write_bitmaps(tmp_path_factory.mktemp("raw"), {"ant": 9, "bee": 9}).iterdir():
        bucket.blob(f"mine/{path.name}").upload_from_filename(str(path))
    return bucket


@pytest.fixture
def prepared(
    vertex: Any,
    backend: Backend,
    submission: Submission,
    drawings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Prepared:
    """Returns a function that gives the command of a method, and makes what it needs."""
    monkeypatch.setattr(follow, "POLL_SECONDS", 0.0)
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "IMAGE": "registry/image:1",
        "KUBEFLOW_HOST": "",
        "REGISTRY": PLACE,
    }.items():
        monkeypatch.setenv(name, value)

    def prepare(method: str) -> tuple[str, ...]:
        if "PipelineJob" in method and method != "CreatePipelineJob":
            backend.submit(submission, RUN)
            if method == "GetPipelineJob":
                vertex.play(RUN, "RUNNING", "SUCCEEDED")
        if "Schedule" in method and method != "CreateSchedule":
            backend.schedule(replace(submission, pipeline=NAME), "0 4 * * 1", "UTC")
            if method == "ResumeSchedule":
                backend.pause(NAME)
        if "Version" in method:
            crown_two(tmp_path)
        vertex.calls.clear()
        return COMMANDS[method]

    return prepare


def crown_two(folder: Path) -> None:
    """Registers two models, of which the second is champion."""
    registry = open_registry(PLACE, "gs://challenge")
    for number, run in enumerate(("run-1", "run-2")):
        package = folder / run
        package.mkdir()
        (package / "labels.txt").write_text(run)
        content = content_hash(package)
        facts = Facts("quickdraw", run, run, image="registry/image:1", content=content)
        registry.crown(registry.add(package, facts, "why"), number, Reign.now(run, "why"))


def check_nothing_is_doubled(vertex: Any) -> None:
    assert len(vertex.pipelines.jobs) <= 1
    assert len(vertex.schedules.schedules) <= 1
    assert [len(versions) for versions in vertex.models.versions.values()] in ([], [2])


@pytest.mark.parametrize("method", COMMANDS)
def test_a_service_that_is_away_twice_is_asked_a_third_time(
    command: Command, vertex: Any, prepared: Prepared, method: str
) -> None:
    arguments = prepared(method)
    vertex.fail(method, Code.UNAVAILABLE, Code.UNAVAILABLE)
    status, out, err = command(*arguments)
    assert (status, err) == (0, ""), out
    assert len(vertex.asked(method)) >= 3
    check_nothing_is_doubled(vertex)


@pytest.mark.parametrize("method", CHANGING)
def test_what_was_done_though_its_answer_was_lost_is_found(
    command: Command, vertex: Any, prepared: Prepared, method: str
) -> None:
    arguments = prepared(method)
    vertex.lose_answer(method, Code.DEADLINE_EXCEEDED)
    status, out, err = command(*arguments)
    assert (status, err) == (0, ""), out
    check_nothing_is_doubled(vertex)


REFUSED = [
    *((method, code, told) for method in COMMANDS for code, told in REFUSALS.items()),
    ("CreatePipelineJob", Code.ALREADY_EXISTS, "there is none ("),  # gone when it is looked up
    ("CreateSchedule", Code.ALREADY_EXISTS, "ALREADY_EXISTS, as the test asked"),
]
REFUSED.remove(("DeleteSchedule", Code.NOT_FOUND, "there is no"))  # it is gone, as was asked
REFUSED.remove(("ListModelVersions", Code.NOT_FOUND, "there is no"))  # it has none yet


@pytest.mark.parametrize(("method", "code", "told"), REFUSED)
def test_a_refusal_is_one_line_and_status_1(
    command: Command,
    vertex: Any,
    prepared: Prepared,
    method: str,
    code: grpc.StatusCode,
    told: str,
) -> None:
    arguments = prepared(method)
    vertex.fail(method, *[code] * 9)
    status, out, err = command(*arguments)
    assert (status, err.count("\n")) == (1, 1)
    assert err.startswith("error: ")
    assert told in err
    assert "Traceback" not in out
    check_nothing_is_doubled(vertex)
    if method.startswith("Create"):
        assert not vertex.pipelines.jobs
        assert not vertex.schedules.schedules


def test_states_that_nobody_knows_break_no_command(
    command: Command, vertex: Any, prepared: Prepared
) -> None:
    cancel = prepared("CancelPipelineJob")
    vertex.pipelines.move(vertex.pipelines.jobs[RUN], "42")
    vertex.play(RUN, *("42", "42", "42", "UNSPECIFIED", "RUNNING", "42", "PAUSED", "QUEUED"))
    for arguments in (COMMANDS["ListPipelineJobs"], cancel):
        status, out, err = command(*arguments)
        assert (status, err) == (0, "")
        assert RUN in out
    status, out, err = command(*COMMANDS["GetPipelineJob"])
    assert (status, err) == (1, "")
    assert f"  {RUN}: interrupted\n" in out

    prepared("ListSchedules")
    (schedule,) = vertex.schedules.schedules.values()
    type(schedule).pb(schedule).state = 42
    status, out, err = command(*COMMANDS["ListSchedules"])
    assert (status, err) == (0, "")
    assert NAME in out
