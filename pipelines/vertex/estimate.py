"""Estimates what a run on Vertex AI costs, step by step, before it is started."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from pipelines.compiled import read_compiled
from pipelines.history.run_record import RunRecord
from pipelines.image.name import TRAINING
from pipelines.vertex.machines import Machine, find_machine, named_machine
from pipelines.vertex.prices import dollars_a_run, dollars_an_hour

ASSUMED_MINUTES = 10
"""How long a step is taken to last of which no run tells."""

ASSUMED_TRAINING_MINUTES = 60
"""The same for the training, and for each trial of a tuning job."""

TUNING_JOB = "tune-on-vertex"
"""The step that awaits a tuning job; next to its trials' machines its own costs little."""


@dataclass(frozen=True)
class StepCost:
    """What a step may cost.

    Attributes:
        step: its name.
        machine: that Vertex AI is expected to choose; of a custom job all of its machines, of a
            tuning job those of all trials that run at a time.
        minutes: how long it may take.
        dollars: list price of the machine for that time.
        assumed: whether no run says how long it takes.
        trials: of a tuning job; 0 for another step.
    """

    step: str
    machine: Machine
    minutes: float
    dollars: float
    assumed: bool
    trials: int = 0


@dataclass(frozen=True)
class Estimate:
    """What a run may cost.

    Attributes:
        steps: each with its cost.
        fee: for the run itself.
        like: the run whose times were taken; "" for none.
    """

    steps: tuple[StepCost, ...]
    fee: float
    like: str

    @property
    def dollars(self) -> float:
        """The whole run."""
        return self.fee + sum(step.dollars for step in self.steps)


def estimate(
    machines: Mapping[str, Machine], like: RunRecord | None, trials: int = 1, parallel: int = 1
) -> Estimate:
    """Estimates the cost of a run whose steps take as long as those of another.

    Args:
        machines: of each step.
        like: a run that succeeded; steps that it took from a cache tell no time. None if there is
            none.
        trials: of the tuning job, if there is one.
        parallel: how many of them at a time.
    """
    known = {
        step.name: step.seconds / 60
        for step in (like.steps if like else ())
        if step.status == "succeeded"
    }
    at_once = min(trials, parallel)
    steps = []
    for step, machine in machines.items():
        assumed = ASSUMED_TRAINING_MINUTES if step in TRAINING else ASSUMED_MINUTES
        if step == TUNING_JOB:
            machine = replace(machine, replicas=machine.replicas * at_once)
            assumed = ASSUMED_TRAINING_MINUTES * math.ceil(trials / at_once)
        minutes = known.get(step, assumed)
        dollars = minutes / 60 * dollars_an_hour(machine)
        count = trials if step == TUNING_JOB else 0
        steps.append(StepCost(step, machine, minutes, dollars, step not in known, count))
    return Estimate(tuple(steps), dollars_a_run(), like.run if like else "")


def machines_of(template: Path) -> dict[str, Machine]:
    """Returns the machine of each step of a compiled pipeline, in the order they can run in.

    Steps within conditions and loops are there too, once; a custom job is there with all of its
    machines, which are the same in every worker pool, and a batch prediction with the one that it
    starts with.

    Raises:
        InputError: Vertex AI has no such machine.
    """
    compiled = read_compiled(template)[0]
    components, executors = compiled["components"], compiled["deploymentSpec"]["executors"]
    found: dict[str, Machine] = {}
    waiting: list[Any] = [compiled["root"]["dag"]]
    while waiting:
        dag, *waiting = waiting
        tasks = dag["tasks"]
        needs = {name: tasks[name].get("dependentTasks") or () for name in tasks}
        for name in TopologicalSorter(needs).static_order():
            task = tasks[name]
            component = components[task["componentRef"]["name"]]
            if "dag" in component:
                waiting.append(component["dag"])
            elif (executor := executors[component["executorLabel"]]).get("container"):
                resources = executor["container"].get("resources", {})
                found[name] = _of_job(component, task) or _of_step(resources)
    return found


def _of_job(component: Mapping[str, Any], task: Mapping[str, Any]) -> Machine | None:
    """Returns the machine of a custom job or a batch prediction; None for a step of our own."""
    inputs = component.get("inputDefinitions", {}).get("parameters", {})
    values = {name: inputs[name].get("defaultValue") for name in inputs}
    for name, given in task.get("inputs", {}).get("parameters", {}).items():
        values[name] = given.get("runtimeValue", {}).get("constant", values.get(name))
    pools = values.get("worker_pool_specs") or [{}]
    machine = pools[0].get("machine_spec", values)
    if not machine.get("machine_type"):
        return None
    count = int(machine.get("accelerator_count") or 0)
    kind = machine.get("accelerator_type") if count else ""
    return replace(
        named_machine(machine["machine_type"], kind or "", count),
        replicas=sum(int(pool.get("replica_count", 1)) for pool in pools),
        spot=values.get("strategy") == "SPOT",
    )


def _of_step(resources: Mapping[str, Any]) -> Machine:
    accelerator = resources.get("accelerator", {})
    return find_machine(
        resources.get("cpuLimit", 0),
        resources.get("memoryLimit", 0),
        accelerator.get("type", ""),
        int(accelerator.get("count", 0)),
    )
