"""The pipeline inside a run of Kubeflow: what is sent, and what can be read from it again.

Kubeflow has no labels. Ours are the last line of the pipeline's own description, as JSON: it is the
one text that a run has whether we or a recurring run started it, and it stays when that is deleted.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any

from pipelines.backend import Submission
from pipelines.compiled import read_compiled
from preprocessing.errors import InputError

Spec = dict[str, Any]


def make_spec(submission: Submission) -> Spec:
    """Returns a compiled pipeline as Kubeflow takes it, with labels, and caching on or off.

    Raises:
        InputError: the pipeline asks for what Kubeflow does not have.
    """
    spec, *platform = read_compiled(submission.template)
    _check_accelerators(spec)
    if not submission.fail_fast:
        raise InputError(
            "FAILURE=slow: Kubeflow ends every run with the first step that fails; leave it out"
        )
    if not submission.caching:
        # The SDK's own switch leaves tasks inside a condition or a loop as they were.
        for task in (task for dag in _dags(spec) for task in dag["tasks"].values()):
            task["cachingOptions"] = {"enableCache": False}
    info = spec["pipelineInfo"]
    labels = {**submission.labels, "pipeline": submission.pipeline}
    lines = [info.get("description", "").strip(), json.dumps(labels, sort_keys=True)]
    info["description"] = "\n".join(filter(None, lines))
    return {"pipeline_spec": spec, "platform_spec": platform[0]} if platform else spec


def read_labels(spec: Any) -> Mapping[str, str]:
    """Returns the labels of a pipeline; none if it is not one of ours."""
    info = _pipeline(spec).get("pipelineInfo") or {}
    last = str(info.get("description") or "").rpartition("\n")[2]
    try:
        labels = json.loads(last)
    except ValueError:
        return {}
    return labels if isinstance(labels, dict) and "pipeline" in labels else {}


def pipeline_name(spec: Any) -> str:
    """Returns the name of a pipeline, ours or not; "" if it has none."""
    info = _pipeline(spec).get("pipelineInfo") or {}
    return read_labels(spec).get("pipeline") or info.get("name") or ""


def step_names(spec: Any) -> Sequence[str]:
    """Returns the names of the tasks that run something, in the order in which they may run."""
    spec = _pipeline(spec)
    return list(_leaves(spec.get("root") or {}, spec.get("components") or {}))


def _leaves(part: Spec, components: Mapping[str, Spec]) -> Iterator[str]:
    tasks = part.get("dag", {}).get("tasks", {})
    needs = {name: task.get("dependentTasks") or () for name, task in tasks.items()}
    for name in TopologicalSorter(needs).static_order():
        component = components[tasks[name]["componentRef"]["name"]]
        if "dag" in component:  # a condition or a loop
            yield from _leaves(component, components)
        else:
            yield name


def _pipeline(spec: Any) -> Spec:
    """Returns the pipeline without what is for one platform."""
    if not isinstance(spec, dict):  # of others, made in other ways
        return {}
    inner: Spec = spec.get("pipeline_spec") or spec
    return inner


def _dags(spec: Spec) -> Iterator[Spec]:
    """Yields the pipeline's graph and those inside it, of conditions and loops."""
    for part in (spec.get("root") or {}, *(spec.get("components") or {}).values()):
        if "dag" in part:
            yield part["dag"]


def _check_accelerators(spec: Spec) -> None:
    for executor in spec["deploymentSpec"]["executors"].values():
        resources = executor.get("container", {}).get("resources", {})
        accelerator = resources.get("accelerator", {})
        kind = accelerator.get("resourceType") or accelerator.get("type") or "a/b"
        if "/" not in kind:
            raise InputError(
                f"ACCELERATOR: Kubeflow takes a resource of its nodes, such as nvidia.com/gpu, not"
                f" {kind}; set ACCELERATOR=nvidia.com/gpu"
            )
