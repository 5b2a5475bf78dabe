"""A run of Kubeflow as a `RunRecord`.

Its API tells of each step when it began and ended and how; not what it logged or left, nor whether
it came from the cache. Metrics and artifacts are on the run's page.
"""

import time
from datetime import datetime
from typing import Any

from pipelines.history.run_record import RunRecord, Step
from pipelines.kubeflow.template import pipeline_name, read_labels, step_names

_STATUS = {
    None: "pending",
    "RUNTIME_STATE_UNSPECIFIED": "pending",
    "PENDING": "pending",
    "PAUSED": "pending",
    "RUNNING": "running",
    "CANCELING": "running",
    "SUCCEEDED": "succeeded",
    "SKIPPED": "skipped",
    "FAILED": "failed",
    "CANCELED": "interrupted",
}


def to_record(run: Any, host: str) -> RunRecord:
    """Returns the record of a run.

    Args:
        run: a `V2beta1Run`.
        host: the address of Kubeflow, for links.
    """
    labels = read_labels(run.pipeline_spec)
    status = _STATUS.get(run.state, "running")
    config = run.runtime_config
    record = RunRecord(
        run=run.display_name,
        pipeline=pipeline_name(run.pipeline_spec),
        folder=(config and config.pipeline_root) or "",
        parameters=dict((config and config.parameters) or {}),
        commit=labels.get("commit", "").replace("-changes", "+changes"),
        status=status,
        started=run.created_at.timestamp(),
        seconds=_seconds(run.created_at, run.finished_at, status),
        backend="kubeflow",
        user=labels.get("user", ""),
        link=run_link(run.run_id, host),
        error=_line(run.error),
    )
    record.steps = _steps(run, record)
    return record


def run_link(run_id: str, host: str) -> str:
    """Returns the address of a run's page."""
    return f"{host.rstrip('/')}/#/runs/details/{run_id}"


def find_task(run: Any, step: str) -> Any:
    """Returns the newest `V2beta1PipelineTaskDetail` of a step; None if it has not begun."""
    details = [one for one in _details(run) if one.display_name == step]
    return max(details, key=_began, default=None)


def _steps(run: Any, record: RunRecord) -> list[Step]:
    """Returns the steps that have begun by their time, then those that have not."""
    if record.status != "pending" and not _details(run):
        return []  # a list of runs does not tell
    begun, waiting = [], []
    ended = record.status not in ("pending", "running")
    for name in step_names(run.pipeline_spec):
        task = find_task(run, name)
        if task is None:
            waiting.append(Step(name=name, status="skipped" if ended else "pending"))
            continue
        status = _STATUS.get(task.state, "running")
        if ended and status in ("pending", "running"):
            status = "interrupted"
        error = _line(task.error) or next(
            (_line(one.error) for one in reversed(task.state_history or []) if one.error), ""
        )
        step = Step(
            name=name,
            status=status,
            seconds=_seconds(task.start_time, task.end_time, status),
            log=record.link,
            error=error,
            link=record.link,
        )
        begun.append((_began(task), step))
    return [step for _, step in sorted(begun, key=lambda pair: pair[0])] + waiting


def _details(run: Any) -> list[Any]:
    return (run.run_details and run.run_details.task_details) or []


def _began(task: Any) -> float:
    return task.start_time.timestamp() if task.start_time else 0.0


def _seconds(start: datetime | None, end: datetime | None, status: str) -> float:
    """Returns how long something took, so far if it goes on; a time not known is 1970 or none."""
    if start is None or start.year <= 1970 or status == "pending":
        return 0.0
    if end is not None and end >= start:
        return (end - start).total_seconds()
    return time.time() - start.timestamp() if status == "running" else 0.0


def _line(error: Any) -> str:
    """Returns what an error says, in one line."""
    return " ".join(((error and error.message) or "").split())
