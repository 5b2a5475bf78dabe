"""Schedules on Kubeflow: one of a name, never two that are active, mended after any crash.

The service itself fails a test in which two recurring runs of one name are enabled.
"""

from datetime import UTC, datetime

import pytest

from pipelines.kubeflow.backend import KubeflowBackend
from pipelines.kubeflow.cron import to_kubeflow
from pipelines.settings import Settings
from preprocessing.errors import InputError, Unreachable
from tests.kubeflow_service import KubeflowService
from tests.pipelines.kubeflow.conftest import MakeSubmission


def _crons(service: KubeflowService) -> list[tuple[str, str]]:
    return [
        (one["trigger"]["cron_schedule"]["cron"], one["status"])
        for one in service.recurring_runs.values()
    ]


def test_a_schedule_is_created(
    kubeflow: KubeflowService, backend: KubeflowBackend, make: MakeSubmission
) -> None:
    made = backend.schedule(make(caching=False), "0 3 * * 1", "UTC")
    (one,) = kubeflow.recurring_runs.values()
    assert (made.name, made.backend, made.status) == ("quickdraw", "kubeflow", "active")
    assert (made.cron, made.timezone) == ("0 3 * * 1", "UTC")
    assert made.link == f"{kubeflow.host}/#/recurringrun/details/{one['recurring_run_id']}"
    assert one["trigger"] == {"cron_schedule": {"cron": "0 0 3 * * 1"}}
    assert (one["max_concurrency"], one["no_catchup"], one["status"]) == ("1", True, "ENABLED")
    assert one["runtime_config"]["parameters"] == {"epochs": 3}
    assert one["experiment_id"] in kubeflow.experiments
    assert backend.schedules() == [made]


def test_starts_that_were_missed_are_made_up_for_only_when_asked(
    kubeflow: KubeflowService, backend: KubeflowBackend, make: MakeSubmission
) -> None:
    backend.schedule(make(), "0 3 * * 1", "UTC", catch_up=True)
    (one,) = kubeflow.recurring_runs.values()
    assert one["no_catchup"] is False


def test_a_second_call_updates_and_leaves_one(
    kubeflow: KubeflowService, backend: KubeflowBackend, make: MakeSubmission
) -> None:
    backend.schedule(make(), "0 3 * * 1", "UTC")
    backend.schedule(make(pipeline="mnist"), "0 1 * * *", "UTC")
    backend.schedule(make(arguments={"epochs": 9}), "0 4 * * 1", "UTC")
    assert _crons(kubeflow) == [("0 0 1 * * *", "ENABLED"), ("0 0 4 * * 1", "ENABLED")]
    assert [one.name for one in backend.schedules()] == ["mnist", "quickdraw"]


def test_a_run_that_goes_on_outlives_a_change_and_the_end_of_its_schedule(
    kubeflow: KubeflowService, backend: KubeflowBackend, make: MakeSubmission
) -> None:
    backend.schedule(make(), "0 3 * * 1", "UTC")
    kubeflow.start_scheduled("quickdraw", state="RUNNING")
    backend.schedule(make(), "0 4 * * 1", "UTC")
    kubeflow.start_scheduled("quickdraw", state="RUNNING")
    backend.delete("quickdraw")
    assert [run["state"] for run in kubeflow.runs.values()] == ["RUNNING", "RUNNING"]


@pytest.mark.parametrize(
    ("where", "left"),
    [
        ("POST .*/recurringruns$", [("0 0 3 * * 1", "ENABLED")]),
        (":disable", [("0 0 3 * * 1", "ENABLED"), ("0 0 4 * * 1", "DISABLED")]),
        (":enable", [("0 0 3 * * 1", "DISABLED"), ("0 0 4 * * 1", "DISABLED")]),
        ("DELETE", [("0 0 3 * * 1", "DISABLED"), ("0 0 4 * * 1", "ENABLED")]),
    ],
)
def test_an_update_that_stops_anywhere_is_mended_by_the_next(
    kubeflow: KubeflowService,
    backend: KubeflowBackend,
    make: MakeSubmission,
    where: str,
    left: list[tuple[str, str]],
) -> None:
    backend.schedule(make(), "0 3 * * 1", "UTC")
    kubeflow.fail(where, 503, times=4)
    with pytest.raises(Unreachable):
        backend.schedule(make(), "0 4 * * 1", "UTC")
    assert _crons(kubeflow) == left
    assert len(backend.schedules()) == 1
    backend.schedule(make(), "0 4 * * 1", "UTC")
    assert _crons(kubeflow) == [("0 0 4 * * 1", "ENABLED")]


def test_a_schedule_left_paused_by_a_fault_is_told(
    kubeflow: KubeflowService, backend: KubeflowBackend, make: MakeSubmission
) -> None:
    kubeflow.fail(":enable", 503, times=4)
    with pytest.raises(Unreachable, match="the schedule of quickdraw may be paused"):
        backend.schedule(make(), "0 4 * * 1", "UTC")


def test_one_that_kubeflow_refuses_leaves_the_old_one(
    kubeflow: KubeflowService, backend: KubeflowBackend, make: MakeSubmission
) -> None:
    backend.schedule(make(), "0 3 * * 1", "UTC")
    kubeflow.fail("POST .*/recurringruns$", 400, message="Schedule cron is not supported.")
    with pytest.raises(InputError, match=r"refused \(400: Schedule cron is not supported\)"):
        backend.schedule(make(), "0 4 * * 1", "UTC")
    assert _crons(kubeflow) == [("0 0 3 * * 1", "ENABLED")]


@pytest.mark.parametrize("where", ["POST .*/recurringruns$", ":disable", ":enable", "DELETE"])
def test_a_lost_answer_makes_no_second_schedule(
    kubeflow: KubeflowService, backend: KubeflowBackend, make: MakeSubmission, where: str
) -> None:
    backend.schedule(make(), "0 3 * * 1", "UTC")
    kubeflow.fail(where, "lost")
    backend.schedule(make(), "0 4 * * 1", "UTC")
    assert _crons(kubeflow) == [("0 0 4 * * 1", "ENABLED")]
    assert len(kubeflow.asked("POST .*/recurringruns$")) == 2


def test_of_two_made_at_the_same_moment_the_newer_stays(
    kubeflow: KubeflowService, backend: KubeflowBackend, make: MakeSubmission
) -> None:
    backend.schedule(make(), "0 3 * * 1", "UTC")
    (other,) = kubeflow.recurring_runs.values()
    other["created_at"] = "2030-01-01T00:00:00Z"
    kubeflow.hidden.append(other["recurring_run_id"])  # from the look before the new one is made
    with pytest.raises(InputError, match="another schedule of quickdraw was made in this moment"):
        backend.schedule(make(), "0 4 * * 1", "UTC")
    assert _crons(kubeflow) == [("0 0 3 * * 1", "ENABLED")]


def test_two_updates_within_a_second_are_two_updates(
    kubeflow: KubeflowService, backend: KubeflowBackend, make: MakeSubmission
) -> None:
    for hour in range(8):
        backend.schedule(make(), f"0 {hour} * * 1", "UTC")
        (one,) = kubeflow.recurring_runs.values()
        one["created_at"] = "2026-11-21T13:00:00Z"  # Kubeflow tells no fractions of a second
        kubeflow.clock = datetime(2026, 11, 21, 12, 59, 59, tzinfo=UTC)


def test_a_recurring_run_of_another_is_never_touched(
    kubeflow: KubeflowService, backend: KubeflowBackend, make: MakeSubmission
) -> None:
    stranger = {"display_name": "quickdraw", "mode": "ENABLE", "pipeline_spec": {}}
    kubeflow.recur(stranger | {"trigger": {"cron_schedule": {"cron": "0 0 0 * * *"}}})
    kubeflow.strangers.update(kubeflow.recurring_runs)
    with pytest.raises(InputError, match="no schedule of quickdraw on Kubeflow; there are: none"):
        backend.pause("quickdraw")
    backend.schedule(make(), "0 3 * * 1", "UTC")
    backend.delete("quickdraw")
    assert _crons(kubeflow) == [("0 0 0 * * *", "ENABLED")]
    assert backend.schedules() == []


def test_pause_and_resume(
    kubeflow: KubeflowService, backend: KubeflowBackend, make: MakeSubmission
) -> None:
    backend.schedule(make(), "0 3 * * 1", "UTC")
    (paused,) = kubeflow.recurring_runs.values()
    assert backend.pause("quickdraw").status == "paused"
    assert backend.pause("quickdraw").status == "paused"
    assert [one.status for one in backend.schedules()] == ["paused"]

    assert backend.resume("quickdraw").status == "active"
    (resumed,) = kubeflow.recurring_runs.values()
    # To enable the old one would at once start a run for the newest time that was missed.
    assert resumed["recurring_run_id"] != paused["recurring_run_id"]
    changed = {"recurring_run_id", "created_at", "status"}
    assert {k: v for k, v in resumed.items() if k not in changed} == {
        k: v for k, v in paused.items() if k not in changed
    }
    asked = len(kubeflow.asked("POST"))
    assert backend.resume("quickdraw").status == "active"
    assert len(kubeflow.asked("POST")) == asked


def test_a_zone_that_kubeflow_does_not_keep_is_refused(
    kubeflow: KubeflowService,
    backend: KubeflowBackend,
    make: MakeSubmission,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(InputError, match="this Kubeflow keeps UTC for all its schedules"):
        backend.schedule(make(), "0 3 * * 1", "Europe/Zurich")
    assert kubeflow.recurring_runs == {}
    monkeypatch.setenv("KUBEFLOW_TIMEZONE", "Europe/Zurich")
    ours = KubeflowBackend(Settings(_env_file=None))  # type: ignore[call-arg]
    assert ours.schedule(make(), "0 3 * * 1", "Europe/Zurich").timezone == "Europe/Zurich"


@pytest.mark.parametrize(
    ("cron", "sent"),
    [
        ("0 3 * * 1", "0 0 3 * * 1"),
        ("0 3 * * 7", "0 0 3 * * 0"),  # its parser ends the week with 6
        ("0 3 * * 5-7", "0 0 3 * * 0,5,6"),
        ("0 3 * * MON,FRI", "0 0 3 * * 1,5"),
        ("*/15 8-18 1 JAN */2", "0 */15 8-18 1 JAN */2"),
    ],
)
def test_cron_in_six_fields(cron: str, sent: str) -> None:
    assert to_kubeflow(cron) == sent
