"""`make schedule` and what is done with schedules, as a user types it; mostly on Kubeflow."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import WriteBitmaps
from tests.kubeflow_service import KubeflowService
from tests.pipelines.conftest import Command

WEEKLY = "0 3 * * 1"


@pytest.fixture(autouse=True)
def _environment(
    kubeflow: KubeflowService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    environment = {
        **{"BACKEND": "kubeflow", "IMAGE": "registry/image:1"},
        "REGISTRY": "gs://challenge/champions",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for name in ("CRON", "TIMEZONE", "DATA", "PARAMS", "JSON", "PROJECT", "REGION", "BUCKET"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def data(bucket: Any, tmp_path: Path, write_bitmaps: WriteBitmaps) -> str:
    for path in write_bitmaps(tmp_path / "drawings", {"ant": 9, "bee": 9}).iterdir():
        bucket.blob(f"mine/{path.name}").upload_from_filename(str(path))
    return "gs://challenge/mine"


def _listed(command: Command) -> list[dict[str, Any]]:
    _, output, _ = command("schedules", "--json")
    listed: list[dict[str, Any]] = json.loads(output)
    return listed


def test_a_schedule_is_made_with_what_the_user_says(
    command: Command, kubeflow: KubeflowService, data: str
) -> None:
    options = ("--cron", WEEKLY, "--data", data, "--params", "epochs=3")
    status, output, _ = command("schedule", "quickdraw", *options)
    assert status == 0
    (one,) = kubeflow.recurring_runs.values()
    name = one["display_name"]
    assert name == "quickdraw-retraining"
    *checks, first, link, times = output.splitlines()
    assert any(line.split()[:2] == ["kubeflow", "ok"] for line in checks)
    assert first == f"{name} on kubeflow, 0 3 * * 1 UTC: active"
    assert link.endswith(one["recurring_run_id"])
    assert times.startswith("next: ")
    assert times.endswith(" UTC")
    assert times.count(" 03:00") == 3
    arguments = one["runtime_config"]["parameters"]
    assert (arguments["epochs"], arguments["source"]) == (3, data)
    assert arguments["source_fingerprint"] == ""  # today's would be told of every run to come
    tasks = one["pipeline_spec"]["root"]["dag"]["tasks"].values()
    assert not any(task["cachingOptions"]["enableCache"] for task in tasks)

    kubeflow.start_scheduled(name, display_name="the-last-one")
    header, row = command("schedules")[1].splitlines()
    assert header.split()[:5] == ["name", "backend", "cron", "zone", "status"]
    assert row.split()[:9] == [name, "kubeflow", "0", "3", "*", "*", "1", "UTC", "active"]
    assert row.rstrip().endswith("03:00  the-last-one")
    (listed,) = _listed(command)
    start = datetime.fromisoformat(listed["next_run"])
    assert start > datetime.now(UTC)
    assert (start.weekday(), start.hour, start.minute) == (0, 3, 0)

    assert command("pause-schedule", "quickdraw")[1].startswith(f"{name} on kubeflow, {WEEKLY} UTC")
    (paused,) = _listed(command)
    assert (paused["status"], paused["next_run"]) == ("paused", None)
    assert command("resume-schedule", "quickdraw")[1].splitlines()[0].endswith(": active")
    assert command("delete-schedule", "quickdraw") == (0, f"{name} on kubeflow: deleted\n", "")
    assert command("schedules")[1].startswith("no schedules; ")


def test_on_vertex_ai_a_schedule_keeps_the_zone_that_is_named(
    command: Command, vertex: Any, bucket: Any, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket._patch_property("location", "EUROPE-WEST4")
    bucket.patch()
    for name, value in {"BACKEND": "vertex", "REGISTRY": "", "KUBEFLOW_HOST": ""}.items():
        monkeypatch.setenv(name, value)
    options = ("--cron", WEEKLY, "--timezone", "Europe/Zurich", "--data", data)
    for _ in range(2):
        status, output, errors = command("schedule", "quickdraw", *options)
        assert (status, errors) == (0, ""), output
    (schedule,) = vertex.schedules.schedules.values()
    assert schedule.cron == f"CRON_TZ=Europe/Zurich {WEEKLY}"
    *_, first, link, was, times = output.splitlines()
    assert was.startswith(f"it was {WEEKLY} Europe/Zurich, active; ")
    assert first == f"quickdraw-retraining on vertex, {WEEKLY} Europe/Zurich: active"
    assert link.startswith("https://console.cloud.google.com/")
    assert times.endswith(" 03:00 Europe/Zurich")
    (listed,) = _listed(command)
    assert (listed["name"], listed["timezone"]) == ("quickdraw-retraining", "Europe/Zurich")
    start = datetime.fromisoformat(listed["next_run"])
    assert (start.weekday(), start.hour) == (0, 3)  # in the zone that it is listed with


@pytest.mark.parametrize(
    ("pipeline", "options", "said"),
    [
        ("quickdraw", ("--cron", "0 25 * * 1"), "CRON: hour: expected 0 to 23"),
        ("quickdraw", ("--cron", WEEKLY, "--timezone", "Zurich"), "did you mean Europe/Zurich?"),
        ("quickdraw", ("--cron", WEEKLY, "--timezone", "Europe/Zurich"), "this Kubeflow keeps UTC"),
        ("quickdraws", ("--cron", WEEKLY), "did you mean 'quickdraw'?"),
    ],
)
def test_what_cannot_be_is_one_line_and_nothing_is_sent(
    command: Command,
    kubeflow: KubeflowService,
    pipeline: str,
    options: tuple[str, ...],
    said: str,
) -> None:
    status, _, errors = command("schedule", pipeline, *options)
    assert status == 1
    assert said in errors
    assert len(errors.splitlines()) == 1
    assert kubeflow.requests == []


def test_what_submit_checks_is_checked_before_a_schedule_too(
    command: Command, kubeflow: KubeflowService, data: str
) -> None:
    kubeflow.fail(".*", 401, times=9)
    options = ("--cron", WEEKLY, "--data", data, "--params", "epoch=3")
    status, output, errors = command("schedule", "quickdraw", *options)
    assert status == 1
    assert "did you mean 'epochs'?" in output
    assert "set KUBEFLOW_TOKEN or KUBEFLOW_COOKIE" in output
    assert errors.endswith("checks failed; nothing was sent\n")
    assert kubeflow.recurring_runs == {}


def test_a_champion_on_the_machine_of_a_step_would_be_lost(
    command: Command, kubeflow: KubeflowService, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("schedule", "quickdraw", "--cron", WEEKLY, "--data", data)
    for place in ("", "registry"):
        monkeypatch.setenv("REGISTRY", place)
        status, output, errors = command(*options)
        assert (status, len(errors.splitlines())) == (1, 1)
        assert "REGISTRY" in output
    assert kubeflow.recurring_runs == {}
    assert command(*options, "--params", "registry=gs://challenge/others")[0] == 0


def test_a_schedule_that_is_not_there(command: Command) -> None:
    for name in ("pause-schedule", "resume-schedule", "delete-schedule"):
        assert command(name, "quickdraw") == (
            *(1, ""),
            "error: PIPELINE: kubeflow has no schedule of quickdraw; there are: none\n",
        )


def test_the_only_backend_that_is_set_up_says_what_is_wrong(
    command: Command, kubeflow: KubeflowService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKEND", "")
    kubeflow.fail("GET", 401, times=9)
    status, _, errors = command("schedules")
    assert (status, errors.count("not let in")) == (1, 1)  # the only one that is set up
    monkeypatch.setenv("KUBEFLOW_HOST", "")
    _, _, errors = command("schedules")
    assert errors.startswith("error: BACKEND: none is set up; set PROJECT and REGION")


def test_of_two_backends_the_one_that_fails_costs_a_note(
    command: Command, kubeflow: KubeflowService, vertex: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKEND", "")
    monkeypatch.setenv("PROJECT", "challenges")
    monkeypatch.setenv("REGION", "europe-west4")
    kubeflow.fail("GET", 400, times=9, message="no such thing as [/runs] and [bold]")
    status, output, errors = command("schedules")
    assert (status, output.startswith("no schedules; ")) == (0, True)
    assert errors.startswith("note: kubeflow left out: ")
    assert "[/runs] and [bold]" in errors
    assert len(errors.splitlines()) == 1


def test_sample_data_is_not_scheduled(command: Command, kubeflow: KubeflowService) -> None:
    status, output, errors = command("schedule", "quickdraw", "--cron", WEEKLY)
    assert (status, output) == (1, "")
    assert errors.startswith("error: DATA: not set; a schedule needs data that new files come to")
    assert not kubeflow.recurring_runs


def test_a_changed_schedule_tells_what_it_was(command: Command, data: str) -> None:
    command("schedule", "quickdraw", "--cron", WEEKLY, "--data", data)
    _, output, _ = command("schedule", "quickdraw", "--cron", "30 4 * * *", "--data", data)
    assert "quickdraw-retraining on kubeflow, 30 4 * * * UTC: active\n" in output
    assert f"it was {WEEKLY} UTC, active; parameters and data are new too\n" in output


def test_a_variant_that_is_named_has_a_schedule_of_its_own(
    command: Command, kubeflow: KubeflowService, data: str
) -> None:
    for pipeline in ("quickdraw", "quickdraw-tuning"):
        assert command("schedule", pipeline, "--cron", WEEKLY, "--data", data)[0] == 0
    names = {one["display_name"] for one in kubeflow.recurring_runs.values()}
    assert names == {"quickdraw-retraining", "quickdraw-tuning"}
    assert command("pause-schedule", "quickdraw-tuning")[1].startswith("quickdraw-tuning on kube")
    assert {one["name"]: one["status"] for one in _listed(command)} == {
        "quickdraw-retraining": "active",
        "quickdraw-tuning": "paused",
    }
    assert command("delete-schedule", "quickdraw-tuning")[0] == 0
    _, _, error = command("delete-schedule", "quickdraw-tuning")
    assert error.endswith("has no schedule of quickdraw-tuning; there are: quickdraw-retraining\n")
