"""From Vertex AI's PipelineJob to the record of a run."""

import math
import re
import time
from typing import Any

from google.protobuf.json_format import MessageToDict

from pipelines.history.run_record import RunRecord, Step
from pipelines.settings import Settings
from pipelines.vertex.links import job_link, log_link, run_link

OURS = "pipeline"
"""The label that every run of ours has: the name of its pipeline."""

ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")

_RUN_STATUS = {
    "QUEUED": "pending",
    "PENDING": "pending",
    "PAUSED": "pending",
    "RUNNING": "running",
    "CANCELLING": "running",
    "SUCCEEDED": "succeeded",
    "FAILED": "failed",
    "CANCELLED": "interrupted",
}
_STEP_STATUS = {
    "PENDING": "pending",
    "RUNNING": "running",
    "CANCEL_PENDING": "running",
    "CANCELLING": "running",
    "SUCCEEDED": "succeeded",
    "SKIPPED": "cached",
    "NOT_TRIGGERED": "skipped",
    "FAILED": "failed",
    "CANCELLED": "interrupted",
}


def to_record(job: Any, settings: Settings) -> RunRecord:
    """Returns the record of a run.

    Args:
        job: its `PipelineJob` message.
        settings: the project and region, for links.
    """
    name = job.name.rpartition("/")[2]
    number = job.name.split("/")[1]
    labels = dict(job.labels)
    status, odd = _status(job, _RUN_STATUS)
    commit, changes, _ = labels.get("commit", "").partition("-changes")
    return RunRecord(
        run=name,
        pipeline=labels.get(OURS) or job.display_name,
        folder=f"{job.runtime_config.gcs_output_directory}/{number}/{name}",
        parameters=_parameters(job),
        commit=f"{commit}+changes" if changes else commit,
        status=status,
        started=_time(job.start_time) or _time(job.create_time) or 0.0,
        seconds=_seconds(job),
        steps=[_step(task, settings) for task in step_tasks(job)],
        backend="vertex",
        user=labels.get("user", ""),
        link=run_link(settings, name),
        error=_line(job.error.message) or odd,
    )


def step_tasks(job: Any) -> list[Any]:
    """Returns the details of a run's steps, in the order in which they began.

    Vertex AI tells of the pipeline itself and of each group of steps as tasks too; what has tasks
    below it is no step.
    """
    tasks = list(job.job_detail.task_details)
    groups = {task.parent_task_id for task in tasks if task.parent_task_id}
    steps = [
        task
        for task in tasks
        if task.task_id not in groups and (task.parent_task_id or len(tasks) > 1)
    ]
    return sorted(
        steps,
        key=lambda task: (
            _time(task.start_time) or _time(task.create_time) or math.inf,
            task.task_id,
        ),
    )


def custom_job(task: Any) -> str:
    """Returns the id of the job in which a step runs, or ran last; "" for none.

    A step of Google's own that starts a job has that one's id, and not that of its launcher.
    """
    if started := _started(task, "customJobs"):
        return started
    detail = task.executor_detail
    name: str = detail.container_detail.main_job or detail.custom_job_detail.job
    return name.rpartition("/")[2]


def _started(task: Any, kind: str) -> str:
    """Returns the id of the job of a kind that a step has started; "" for none."""
    resources = str((task.execution.metadata or {}).get("output:gcp_resources", ""))
    found = re.search(rf"/{kind}/(\d+)", resources)
    return found.group(1) if found else ""


def state_name(message: Any) -> str:
    """Returns the name of a message's state; of one that is not known here, its number."""
    raw = type(message).pb(message)
    known = raw.DESCRIPTOR.fields_by_name["state"].enum_type.values_by_number.get(raw.state)
    return known.name.removeprefix("PIPELINE_STATE_") if known else str(raw.state)


def _step(task: Any, settings: Settings) -> Step:
    status, odd = _status(task, _STEP_STATUS)
    job = custom_job(task)
    page = _started(task, "hyperparameterTuningJobs") or job
    artifacts, metrics = {}, {}
    for key, found in task.outputs.items():
        for number, artifact in enumerate(found.artifacts):
            artifacts[f"{key}-{number + 1}" if number else key] = artifact.uri
            metrics.update(_metrics(artifact))
    return Step(
        name=task.task_name,
        status=status,
        seconds=_seconds(task),
        artifacts=artifacts,
        metrics=metrics,
        log=log_link(settings, job) if job else "",
        error=(_line(task.error.message) or odd) if status == "failed" else "",
        link=job_link(settings, page) if page else "",
    )


def _status(message: Any, known: dict[str, str]) -> tuple[str, str]:
    """Returns our word for a state, and what to tell of one that nobody expects."""
    name = state_name(message)
    if name in known:
        return known[name], ""
    if message.end_time:
        return "failed", f"Vertex AI says that it ended in a state that is not known here: {name}"
    return "running" if message.start_time else "pending", ""


def _metrics(artifact: Any) -> dict[str, float]:
    """Returns the numbers of a metrics artifact."""
    if not artifact.schema_title.endswith("Metrics") or not artifact.metadata:
        return {}
    values = MessageToDict(type(artifact).pb(artifact).metadata)
    return {
        name: float(value)
        for name, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _parameters(job: Any) -> dict[str, Any]:
    """Returns the arguments; JSON knows no whole numbers, so the pipeline says which are."""
    message = type(job).pb(job)
    given = MessageToDict(message.runtime_config).get("parameterValues", {})
    inputs = MessageToDict(message.pipeline_spec).get("root", {}).get("inputDefinitions", {})
    kinds = inputs.get("parameters", {})
    return {
        name: int(value)
        if kinds.get(name, {}).get("parameterType") == "NUMBER_INTEGER" and isinstance(value, float)
        else value
        for name, value in sorted(given.items())
    }


def _seconds(message: Any) -> float:
    start = _time(message.start_time) or _time(message.create_time)
    if start is None:
        return 0.0
    end = _time(message.end_time)
    return max(0.0, (time.time() if end is None else end) - start)


def _time(value: Any) -> float | None:
    return value.timestamp() if value else None


def _line(text: str) -> str:
    return " ".join(text.split())
