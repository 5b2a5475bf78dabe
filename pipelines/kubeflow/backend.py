"""Kubeflow Pipelines as a place where pipelines run."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

import kfp_server_api as api

from pipelines.backend import Schedule, Submission
from pipelines.history.run_record import RunRecord
from pipelines.kubeflow.calls import Calls
from pipelines.kubeflow.client import make_client
from pipelines.kubeflow.cron import check_kept, to_kubeflow
from pipelines.kubeflow.experiments import Experiments
from pipelines.kubeflow.logs import Logs
from pipelines.kubeflow.records import find_task, to_record
from pipelines.kubeflow.recurring import RecurringRuns
from pipelines.kubeflow.runs import Runs
from pipelines.kubeflow.template import make_spec, read_labels
from pipelines.settings import Settings


class KubeflowBackend:
    """Runs and schedules pipelines on a Kubeflow Pipelines of version 2.

    Args:
        settings: say where it is and who we are.

    Raises:
        InputError: a setting is missing.
    """

    name = "kubeflow"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        client, call = make_client(settings), Calls(settings)
        self._experiments = Experiments(client, call, settings.kubeflow_namespace)
        self._runs = Runs(client, call, settings.kubeflow_namespace)
        self._recurring = RecurringRuns(client, call, settings)
        self._logs = Logs(client, call)

    def submit(self, submission: Submission, run: str) -> RunRecord:
        """Starts a run, and no second one of that name however often it is called."""
        there = self._runs.find(run)
        if there is None:
            there = self._runs.create(api.V2beta1Run(display_name=run, **self._common(submission)))
        return to_record(there, self._settings.kubeflow_host)

    def run(self, name: str) -> RunRecord:
        """Returns a run with its steps, as it is now."""
        return to_record(self._runs.get(name), self._settings.kubeflow_host)

    def runs(self, pipeline: str = "", limit: int = 50) -> Sequence[RunRecord]:
        """Returns the newest of our runs without their steps, newest first."""
        ours = (
            to_record(run, self._settings.kubeflow_host)
            for run in self._runs.backwards(limit + 10)
            if (labels := read_labels(run.pipeline_spec)) and pipeline in ("", labels["pipeline"])
        )
        return list(islice(ours, limit))

    def log_tail(self, run: RunRecord, step: str, lines: int = 20) -> str:
        """Returns the last lines of a step's log; "" if Kubeflow does not have it any more.

        The log is of the pod that the step began with: of one that was tried again, and where the
        address is only of the web pages, there is none here.
        """
        found = self._runs.get(run.run)
        task = find_task(found, step)
        pods = [child.pod_name for child in (task and task.child_tasks) or [] if child.pod_name]
        return self._logs.tail(found.run_id, pods[0], lines) if pods else ""

    def cancel(self, run: str) -> None:
        """Asks a run to stop; one that has ended is left as it is."""
        self._runs.terminate(run)

    def schedule(
        self, submission: Submission, cron: str, timezone: str, catch_up: bool = False
    ) -> Schedule:
        """Creates or updates the one schedule of the submission's pipeline; it is active then.

        Raises:
            InputError: `timezone` is not the one zone that this Kubeflow keeps.
        """
        check_kept(timezone, self._settings)
        trigger = api.V2beta1Trigger(cron_schedule=api.V2beta1CronSchedule(cron=to_kubeflow(cron)))
        body = api.V2beta1RecurringRun(
            display_name=submission.pipeline,
            trigger=trigger,
            max_concurrency="1",
            no_catchup=not catch_up,
            **self._common(submission),
        )
        return self._recurring.replace(body)

    def schedules(self) -> Sequence[Schedule]:
        """Returns the schedules of this project's pipelines, sorted by name."""
        return self._recurring.schedules(self._runs.newest())

    def pause(self, name: str) -> Schedule:
        """Pauses the schedule of a pipeline."""
        return self._recurring.pause(name)

    def resume(self, name: str) -> Schedule:
        """Resumes the schedule of a pipeline, without what was missed."""
        return self._recurring.resume(name)

    def delete(self, name: str) -> None:
        """Removes the schedule of a pipeline; its runs stay."""
        self._recurring.delete(name)

    def _common(self, submission: Submission) -> dict[str, Any]:
        """Returns what a run and a recurring run have in common."""
        spec = make_spec(submission)  # may refuse, before anything is made
        return {
            "description": _for_people(submission),
            "experiment_id": self._experiments.id_of(submission.experiment or submission.pipeline),
            "pipeline_spec": spec,
            "runtime_config": api.V2beta1RuntimeConfig(
                parameters=dict(submission.arguments),
                pipeline_root=self._settings.kubeflow_root or None,
            ),
            "service_account": self._settings.kubeflow_service_account or None,
        }


def _for_people(submission: Submission) -> str:
    """Returns the labels as they are shown on a run's page; it takes 255 characters."""
    return ", ".join(f"{key} {value}" for key, value in sorted(submission.labels.items()))[:255]
