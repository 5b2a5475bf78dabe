"""Runs on Kubeflow as records: their states, steps, logs, and how they are stopped."""

from typing import Any

import pytest

from pipelines.kubeflow.backend import KubeflowBackend
from preprocessing.errors import InputError
from tests.kubeflow_service import KubeflowService
from tests.pipelines.kubeflow.conftest import MakeSubmission


def _task(name: str, state: str, start: int, end: int | None = None, **more: Any) -> dict[str, Any]:
    """Returns what Kubeflow tells of a node of the workflow; times are seconds after 12:00."""

    def at(second: int | None) -> str:
        return "1970-01-01T00:00:00Z" if second is None else f"2026-11-21T12:00:{second:02}Z"

    task = {"display_name": name, "state": state, "start_time": at(start), "end_time": at(end)}
    return task | more


def _nodes(*tasks: dict[str, Any]) -> dict[str, Any]:
    """Returns the details of a run: its steps among the nodes that are none."""
    others = [_task(name, "SUCCEEDED", 1, 2) for name in ("executor", "root", "step-driver")]
    return {"run_details": {"task_details": [*others, *tasks]}}


def test_a_run_is_followed_through_its_states(
    kubeflow: KubeflowService, backend: KubeflowBackend, make: MakeSubmission
) -> None:
    backend.submit(make(), "quickdraw-1")
    first = _task("step", "SUCCEEDED", 5, 20)
    kubeflow.states["quickdraw-1"] = [
        {"state": None},
        {"state": "RUNNING", **_nodes(_task("step", "RUNNING", 5))},
        {"state": "WONDERING", **_nodes(first)},
        {
            "state": "SUCCEEDED",
            "finished_at": "2026-11-21T12:01:01Z",
            **_nodes(_task("step-2", "SUCCEEDED", 21, 50), first),
        },
    ]
    looks = [backend.run("quickdraw-1") for _ in range(4)]
    assert [look.status for look in looks] == ["pending", "running", "running", "succeeded"]
    assert [(s.name, s.status) for s in looks[1].steps] == [
        ("step", "running"),
        ("step-2", "pending"),
        ("step-3", "pending"),
    ]
    assert [(s.name, s.status, s.seconds) for s in looks[3].steps] == [
        ("step", "succeeded", 15),
        ("step-2", "succeeded", 29),
        ("step-3", "skipped", 0),
    ]
    assert looks[1].steps[0].seconds > 0
    assert looks[3].seconds == 59


def test_a_failed_run_says_which_step_and_why_and_how_its_log_ends(
    kubeflow: KubeflowService, backend: KubeflowBackend, make: MakeSubmission
) -> None:
    backend.submit(make(), "quickdraw-1")
    history = [{"state": "FAILED", "error": {"code": 2, "message": "Main exited\nwith 1"}}]
    failed = _task(
        *("step-2", "FAILED", 8, 9), state_history=history, child_tasks=[{"pod_name": "pod-7"}]
    )
    kubeflow.states["quickdraw-1"] = [
        {
            "state": "FAILED",
            "error": {"code": 2, "message": "child 'x' failed"},
            **_nodes(_task("step", "SUCCEEDED", 1, 2), failed),
        }
    ]
    kubeflow.logs["pod-7"] = "\n".join(f"line {index}" for index in range(30))
    record = backend.run("quickdraw-1")
    assert (record.status, record.error) == ("failed", "child 'x' failed")
    assert [(s.name, s.status, s.error) for s in record.steps] == [
        ("step", "succeeded", ""),
        ("step-2", "failed", "Main exited with 1"),
        ("step-3", "skipped", ""),
    ]
    assert backend.log_tail(record, "step-2", 2) == "line 28\nline 29"
    assert backend.log_tail(record, "step") == ""
    kubeflow.logs.clear()
    assert backend.log_tail(record, "step-2") == ""  # the pod is gone
    kubeflow.fail("log$", "login")
    assert backend.log_tail(record, "step-2") == ""  # the address is only of the web pages


def test_runs_of_others_are_left_out_and_pages_turned(
    kubeflow: KubeflowService, backend: KubeflowBackend, make: MakeSubmission
) -> None:
    backend.submit(make(), "quickdraw-1")
    for index in range(120):
        stranger = {"display_name": f"other-{index}", "pipeline_spec": {"pipelineInfo": {}}}
        kubeflow.start(stranger)
    backend.submit(make(pipeline="mnist"), "mnist-1")
    backend.submit(make(), "quickdraw-2")
    names = [record.run for record in backend.runs()]
    assert names == ["quickdraw-2", "mnist-1", "quickdraw-1"]
    assert [record.run for record in backend.runs("mnist")] == ["mnist-1"]
    assert [record.run for record in backend.runs(limit=1)] == ["quickdraw-2"]


def test_a_scheduled_run_has_its_labels_even_when_its_schedule_is_gone(
    kubeflow: KubeflowService, backend: KubeflowBackend, make: MakeSubmission
) -> None:
    backend.schedule(make(), "0 3 * * 1", "UTC")
    kubeflow.start_scheduled("quickdraw")
    assert backend.schedules()[0].last_run == "quickdraw-1"
    backend.delete("quickdraw")
    (record,) = backend.runs("quickdraw")
    assert (record.run, record.commit, record.user) == ("quickdraw-1", "abc123+changes", "ada")


def test_an_unknown_run_is_told_with_its_nearest_name(
    backend: KubeflowBackend, make: MakeSubmission
) -> None:
    backend.submit(make(), "quickdraw-1")
    with pytest.raises(InputError, match="no run 'quickdraw-7', did you mean 'quickdraw-1'"):
        backend.run("quickdraw-7")


def test_a_run_is_cancelled_once_and_one_that_has_ended_is_left(
    kubeflow: KubeflowService, backend: KubeflowBackend, make: MakeSubmission
) -> None:
    backend.submit(make(), "quickdraw-1")
    kubeflow.fail(":terminate", "lost")  # done, but the answer does not come
    backend.cancel("quickdraw-1")
    assert backend.run("quickdraw-1").status == "running"  # until its steps have stopped
    kubeflow.states["quickdraw-1"] = [{"state": "CANCELED", **_nodes(_task("step", "RUNNING", 1))}]
    record = backend.run("quickdraw-1")
    assert (record.status, record.steps[0].status) == ("interrupted", "interrupted")
    asked = len(kubeflow.requests)
    backend.cancel("quickdraw-1")
    assert all(one.method == "GET" for one in kubeflow.requests[asked:])


@pytest.mark.parametrize(
    "odd",
    [
        {"pipeline_spec": None},
        {"pipeline_spec": "text"},
        {"pipeline_spec": {"pipelineInfo": {"description": 5}}},
    ],
)
def test_a_run_of_others_that_is_odd_hides_none_of_ours(
    kubeflow: KubeflowService, backend: KubeflowBackend, make: MakeSubmission, odd: dict[str, Any]
) -> None:
    backend.submit(make(), "quickdraw-1")
    other = kubeflow.start({"display_name": "other", "pipeline_spec": {}})
    other.update(odd)
    assert [run.run for run in backend.runs()] == ["quickdraw-1"]
    assert backend.run("other").run == "other"
