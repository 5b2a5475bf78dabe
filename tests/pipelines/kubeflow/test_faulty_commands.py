"""Each command that asks Kubeflow something, under each fault: as a user types it.

What passes by itself costs nothing, a refusal is one line and status 1, and nothing is there twice.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.history import follow
from pipelines.kubeflow.backend import KubeflowBackend
from tests.conftest import WriteBitmaps
from tests.kubeflow_service import KubeflowService
from tests.pipelines.conftest import Command
from tests.pipelines.kubeflow.conftest import MakeSubmission

RUN = "quickdraw-1"
NAME = "quickdraw-retraining"
DATA = ("--data", "gs://challenge/mine")
SCHEDULE = ("schedule", "quickdraw", *DATA, "--cron", "0 3 * * 1")

COMMANDS = {
    "submit": ("POST .*/runs$", ("submit", "quickdraw", *DATA)),
    "wait": ("GET .*/runs/", ("runs", "--run", RUN, "--backend", "kubeflow", "--wait")),
    "list": ("GET .*/runs$", ("runs", "--backend", "kubeflow")),
    "cancel": (":terminate", ("cancel", RUN)),
    "schedule": ("POST .*/recurringruns$", SCHEDULE),
    "update": (":enable", SCHEDULE),
    "schedules": ("GET .*/recurringruns$", ("schedules", "--backend", "kubeflow")),
    "pause": (":disable", ("pause-schedule", "quickdraw")),
    "resume": ("POST .*/recurringruns$", ("resume-schedule", "quickdraw")),
    "delete": ("DELETE", ("delete-schedule", "quickdraw")),
}
"""Commands, and the request under each that fails."""

REFUSALS = {
    403: "not let in (403: played by the test); set KUBEFLOW_TOKEN",
    404: "nothing there (404: played by the test)",
    429: "too many requests, or a quota is used up (429: played by the test)",
}

Prepared = Callable[[str], tuple[str, tuple[str, ...]]]


@pytest.fixture(scope="module")
def drawings(bucket: Any, write_bitmaps: WriteBitmaps, tmp_path_factory: Any) -> None:
    """Puts data into the bucket."""
    for path in write_bitmaps(tmp_path_factory.mktemp("raw"), {"ant": 9, "bee": 9}).iterdir():
        bucket.blob(f"mine/{path.name}").upload_from_filename(str(path))


@pytest.fixture
def prepared(
    kubeflow: KubeflowService,
    backend: KubeflowBackend,
    make: MakeSubmission,
    drawings: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Prepared:
    """Returns a function that gives a command with what fails, and makes what it needs."""
    monkeypatch.setattr(follow, "POLL_SECONDS", 0.0)
    monkeypatch.chdir(tmp_path)
    settings = {"BACKEND": "kubeflow", "IMAGE": "registry/image:1", "PROJECT": ""}
    for name, value in (settings | {"REGISTRY": "gs://challenge/champions"}).items():
        monkeypatch.setenv(name, value)

    def prepare(command: str) -> tuple[str, tuple[str, ...]]:
        if command in ("wait", "list", "cancel"):
            backend.submit(make(), RUN)
        if command == "wait":
            kubeflow.states[RUN] = [{"state": "RUNNING"}] * 2 + [{"state": "SUCCEEDED"}]
        if command in ("update", "schedules", "pause", "resume", "delete"):
            backend.schedule(make(pipeline=NAME), "0 4 * * 1", "UTC")
        if command == "resume":
            backend.pause(NAME)
        kubeflow.requests.clear()
        return COMMANDS[command]

    return prepare


def check_nothing_is_doubled(kubeflow: KubeflowService) -> None:
    assert len(kubeflow.runs) <= 1
    active = [one for one in kubeflow.recurring_runs.values() if one["status"] == "ENABLED"]
    assert len(active) <= 1


@pytest.mark.parametrize("name", COMMANDS)
def test_a_service_that_is_away_twice_is_asked_a_third_time(
    command: Command, kubeflow: KubeflowService, prepared: Prepared, name: str
) -> None:
    where, arguments = prepared(name)
    kubeflow.fail(where, 503, times=2)
    status, out, err = command(*arguments)
    assert (status, err) == (0, ""), out
    assert len(kubeflow.asked(where)) >= 3
    check_nothing_is_doubled(kubeflow)
    assert len(kubeflow.recurring_runs) <= 1


CHANGING = [name for name in COMMANDS if name not in ("wait", "list", "schedules")]


@pytest.mark.parametrize("name", CHANGING)
def test_what_was_done_though_its_answer_was_lost_is_found(
    command: Command, kubeflow: KubeflowService, prepared: Prepared, name: str
) -> None:
    where, arguments = prepared(name)
    kubeflow.fail(where, "lost")
    status, out, err = command(*arguments)
    assert (status, err) == (0, ""), out
    check_nothing_is_doubled(kubeflow)
    assert len(kubeflow.recurring_runs) <= 1


REFUSED = [
    *((name, what, told) for name in COMMANDS for what, told in REFUSALS.items()),
    ("wait", 404, f"there is no run '{RUN}'; `make runs` lists them"),
    ("submit", 409, "has one of that name already (409: played by the test)"),
    ("schedule", 409, "has one of that name already (409: played by the test)"),
]
for gone in ("wait", "pause", "delete"):  # what is gone needs neither of the last two
    REFUSED.remove((gone, 404, REFUSALS[404]))


@pytest.mark.parametrize(("name", "what", "told"), REFUSED)
def test_a_refusal_is_one_line_and_status_1(
    command: Command,
    kubeflow: KubeflowService,
    prepared: Prepared,
    name: str,
    what: int,
    told: str,
) -> None:
    where, arguments = prepared(name)
    kubeflow.fail(where, what, times=99)
    status, out, err = command(*arguments)
    assert (status, err.count("\n")) == (1, 1)
    assert err.startswith("error: ")
    assert told in err
    assert "Traceback" not in out
    check_nothing_is_doubled(kubeflow)
    if name in ("submit", "schedule"):
        assert not kubeflow.runs
        assert not kubeflow.recurring_runs


def test_states_that_nobody_knows_break_no_command(
    command: Command, kubeflow: KubeflowService, prepared: Prepared
) -> None:
    _, cancel = prepared("cancel")
    odd = [{"state": state} for state in ("WONDERING", None, "RUNNING", "42", "")]
    kubeflow.states[RUN] = [*odd * 2, {"state": "CANCELED"}]
    for arguments in (COMMANDS["list"][1], cancel):
        status, out, err = command(*arguments)
        assert (status, err) == (0, "")
        assert RUN in out
    status, out, err = command(*COMMANDS["wait"][1])
    assert (status, err) == (1, "")
    assert f"  {RUN}: interrupted\n" in out
    assert len(kubeflow.runs) == 1
