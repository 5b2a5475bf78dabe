"""Plays a run to its end: what each of its tasks did, as the service would tell."""

import datetime
from collections.abc import Mapping
from graphlib import TopologicalSorter
from typing import Any

from google.cloud.aiplatform_v1 import types
from google.rpc import status_pb2

from tests.vertex_service.names import LOCATION, NUMBER, last, now

Task = types.PipelineTaskDetail


def end(
    job: Any,
    failing: str = "",
    error: str = "",
    cached: tuple[str, ...] = (),
    metrics: Mapping[str, Mapping[str, float]] | None = None,
) -> None:
    """Ends a run, with the details of its tasks and of itself.

    Args:
        job: the run.
        failing: name of the task that fails; the others succeed if they come before it.
        error: what the service says about it.
        cached: names of tasks that were answered from the cache.
        metrics: values of a metrics artifact, by task.
    """
    names = _order(job.pipeline_spec["root"]["dag"]["tasks"])
    names = names[: names.index(failing) + 1] if failing else names
    job.job_detail.task_details = [_root(job)]
    for number, name in enumerate(names, 1):
        task = Task(
            task_id=number,
            parent_task_id=100,
            task_name=name,
            create_time=now(),
            start_time=now(),
            end_time=now() + datetime.timedelta(seconds=10 * number),
            state=Task.State.SKIPPED if name in cached else Task.State.SUCCEEDED,
        )
        if name not in cached:
            task.executor_detail.container_detail.main_job = f"{LOCATION}/customJobs/{number}"
        for key, artifact in _artifacts(job, name, (metrics or {}).get(name, {})).items():
            task.outputs[key] = types.PipelineTaskDetail.ArtifactList(artifacts=[artifact])
        if name == failing:
            task.outputs.clear()
            task.state = Task.State.FAILED
            task.error = status_pb2.Status(code=9, message=error)
        job.job_detail.task_details.append(task)
    job.start_time = job.start_time or now()
    job.end_time = job.update_time = now() + datetime.timedelta(seconds=10 * len(names))
    outcome = "FAILED" if failing else "SUCCEEDED"
    job.state = types.PipelineState[f"PIPELINE_STATE_{outcome}"]
    if failing:
        job.error = status_pb2.Status(
            code=9,
            message=f"The DAG failed because some tasks failed. The failed tasks are: [{failing}].",
        )


def _order(tasks: Any) -> list[str]:
    needs = {
        name: list(tasks[name]["dependentTasks"]) if "dependentTasks" in tasks[name] else []
        for name in sorted(tasks)
    }
    return list(TopologicalSorter(needs).static_order())


def _root(job: Any) -> Any:
    return Task(
        task_id=100,
        task_name=job.pipeline_spec["pipelineInfo"]["name"],
        create_time=now(),
        start_time=now(),
        state=Task.State.SUCCEEDED,
    )


def _artifacts(job: Any, task: str, metrics: Mapping[str, float]) -> dict[str, Any]:
    spec = job.pipeline_spec
    component = spec["components"][spec["root"]["dag"]["tasks"][task]["componentRef"]["name"]]
    outputs = dict(component["outputDefinitions"])["artifacts"] if _has(component) else {}
    root = f"{job.runtime_config.gcs_output_directory}/{NUMBER}/{last(job.name)}/{task}"
    found = {}
    for key in outputs:
        title = outputs[key]["artifactType"]["schemaTitle"]
        found[key] = types.Artifact(
            name=f"{LOCATION}/metadataStores/default/artifacts/{task}-{key}",
            display_name=key,
            uri=f"{root}/{key}",
            schema_title=title,
            metadata=dict(metrics) if title == "system.Metrics" else {},
        )
    return found


def _has(component: Any) -> bool:
    return "outputDefinitions" in component and "artifacts" in component["outputDefinitions"]
