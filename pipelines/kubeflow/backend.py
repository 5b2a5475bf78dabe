"""Kubeflow Pipelines as a place where pipelines run."""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

import kfp_server_api as api

from pipelines.backend import Schedule, Submission
from pipelines.kubeflow.calls import Calls, ExistsError, NotFoundError
from pipelines.kubeflow.client import make_client
from pipelines.kubeflow.cron import to_kubeflow
from pipelines.kubeflow.records import find_task, to_record
from pipelines.kubeflow.recurring import RecurringRuns
from pipelines.kubeflow.template import make_spec, read_labels
from pipelines.run_record import RunRecord
from pipelines.settings import Settings
from pipelines.unknown_run import unknown_run
from preprocessing.errors import InputError

_PAGE = 50
_PAGES = 10
"""How many pages back runs are looked for: a Kubeflow may be shared with many others."""

_ENDED = ("SUCCEEDED", "FAILED", "SKIPPED", "CANCELED")


class KubeflowBackend:
    """Runs and schedules pipelines on a Kubeflow Pipelines of version 2.

    Args:
        settings: say where it is and who we are.
    """

    name = "kubeflow"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client = make_client(settings)
        self._call = Calls(settings)
        self._recurring = RecurringRuns(self._client, self._call, settings)

    def submit(self, submission: Submission, run: str) -> RunRecord:
        """Starts a run, and no second one of that name however often it is called.

        Kubeflow gives out the ids and takes a name twice, so it is asked for the name before the
        first try and before each further one.
        """
        there = self._find(run)
        if there is None:
            spec = make_spec(submission)
            body = api.V2beta1Run(
                display_name=run,
                description=_for_people(submission),
                experiment_id=self._experiment(submission),
                pipeline_spec=spec,
                runtime_config=self._config(submission),
                service_account=self._settings.kubeflow_service_account or None,
            )
            there = self._call(
                self._client.runs.run_service_create_run,
                found=partial(self._find, run),
                run=body,
            )
        return to_record(there, self._settings.kubeflow_host)

    def run(self, name: str) -> RunRecord:
        """Returns a run with its steps, as it is now."""
        return to_record(self._get(name), self._settings.kubeflow_host)

    def runs(self, pipeline: str = "", limit: int = 50) -> Sequence[RunRecord]:
        """Returns the newest of our runs, without their steps' times, newest first."""
        records: list[RunRecord] = []
        token = ""
        for _ in range(_PAGES):
            page = self._list(token, min(_PAGE, 10 + limit))
            for run in page.runs or []:
                labels = read_labels(run.pipeline_spec)
                if labels and pipeline in ("", labels["pipeline"]):
                    records.append(to_record(run, self._settings.kubeflow_host))
            token = page.next_page_token
            if not token or len(records) >= limit:
                break
        return records[:limit]

    def log_tail(self, run: RunRecord, step: str, lines: int = 20) -> str:
        """Returns the last lines of a step's log; "" if Kubeflow does not have it any more.

        The log is of the pod that the step began with: of one that was tried again, and where the
        address is only of the web pages, there is none here.
        """
        found = self._get(run.run)
        task = find_task(found, step)
        pods = [child.pod_name for child in (task and task.child_tasks) or [] if child.pod_name]
        if not pods:
            return ""
        try:
            text: str = self._call(_LogService(self._client).read, run_id=found.run_id, pod=pods[0])
        except InputError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def cancel(self, run: str) -> None:
        """Asks a run to stop; one that has ended is left as it is."""
        found = self._get(run)
        if found.state not in _ENDED:
            self._call(self._client.runs.run_service_terminate_run, run_id=found.run_id)

    def schedule(
        self, submission: Submission, cron: str, timezone: str, catch_up: bool = False
    ) -> Schedule:
        """Creates or updates the one schedule of the submission's pipeline; it is active then.

        Raises:
            InputError: `timezone` is not the one zone that this Kubeflow keeps.
        """
        self._check_timezone(timezone)
        spec = make_spec(submission)
        body = api.V2beta1RecurringRun(
            display_name=submission.pipeline,
            description=_for_people(submission),
            experiment_id=self._experiment(submission),
            pipeline_spec=spec,
            runtime_config=self._config(submission),
            service_account=self._settings.kubeflow_service_account or None,
            trigger=api.V2beta1Trigger(
                cron_schedule=api.V2beta1CronSchedule(cron=to_kubeflow(cron))
            ),
            max_concurrency="1",
            no_catchup=not catch_up,
        )
        return self._recurring.replace(body)

    def schedules(self) -> Sequence[Schedule]:
        """Returns the schedules of this project's pipelines, sorted by name."""
        return self._recurring.schedules(self._list("", _PAGE).runs or [])

    def pause(self, name: str) -> Schedule:
        """Pauses the schedule of a pipeline."""
        return self._recurring.pause(name)

    def resume(self, name: str) -> Schedule:
        """Resumes the schedule of a pipeline, without what was missed."""
        return self._recurring.resume(name)

    def delete(self, name: str) -> None:
        """Removes the schedule of a pipeline; its runs stay."""
        self._recurring.delete(name)

    def _config(self, submission: Submission) -> api.V2beta1RuntimeConfig:
        return api.V2beta1RuntimeConfig(
            parameters=dict(submission.arguments),
            pipeline_root=self._settings.kubeflow_root or None,
        )

    def _check_timezone(self, timezone: str) -> None:
        zone = self._settings.kubeflow_timezone
        if timezone != zone:
            raise InputError(
                f"TIMEZONE={timezone}: this Kubeflow keeps {zone} for all its schedules; give CRON"
                f" in it with TIMEZONE={zone}, or set CRON_SCHEDULE_TIMEZONE of its"
                f" ml-pipeline-scheduledworkflow and KUBEFLOW_TIMEZONE here to {timezone}"
            )

    def _experiment(self, submission: Submission) -> str:
        """Returns the id of the experiment of that name, made if it is not there."""
        name = submission.experiment or submission.pipeline
        there = self._find_experiment(name)
        if there is None:
            body = api.V2beta1Experiment(
                display_name=name, namespace=self._settings.kubeflow_namespace or None
            )
            try:
                there = self._call(
                    self._client.experiments.experiment_service_create_experiment,
                    found=partial(self._find_experiment, name),
                    experiment=body,
                )
            except ExistsError:  # made by another in this very moment
                there = self._find_experiment(name)
        experiment: str = there.experiment_id
        return experiment

    def _find_experiment(self, name: str) -> Any:
        answer = self._call(
            self._client.experiments.experiment_service_list_experiments,
            namespace=self._settings.kubeflow_namespace,
            filter=_named(name),
        )
        return next(iter(answer.experiments or []), None)

    def _find(self, name: str) -> Any:
        """Returns the newest run of that name; None if there is none."""
        return next(iter(self._list("", 1, _named(name)).runs or []), None)

    def _get(self, name: str) -> Any:
        """Returns a run with what its list does not hold: its steps."""
        there = self._find(name)
        try:
            if there is None:
                raise NotFoundError
            return self._call(self._client.runs.run_service_get_run, run_id=there.run_id)
        except NotFoundError:
            known = [run.display_name for run in self._list("", _PAGE).runs or []]
            raise unknown_run(name, known) from None

    def _list(self, token: str, size: int, only: str = "") -> Any:
        return self._call(
            self._client.runs.run_service_list_runs,
            namespace=self._settings.kubeflow_namespace,
            page_token=token,
            page_size=size,
            sort_by="created_at desc",
            filter=only,
        )


class _LogService:
    """The one method of the service that the SDK has no function for."""

    def __init__(self, client: Any) -> None:
        self.api_client = client.runs.run_service_get_run.__self__.api_client

    def read(self, run_id: str, pod: str, _request_timeout: tuple[int, int]) -> str:
        """Returns the log of a pod of a run."""
        self.api_client.call_api(
            "/apis/v1alpha1/runs/{run_id}/nodes/{pod}/log",
            "GET",
            path_params={"run_id": run_id, "pod": pod},
            auth_settings=["Bearer"],
            _request_timeout=_request_timeout,
        )
        text: str = self.api_client.last_response.data
        return text


def _named(name: str) -> str:
    """Returns the filter for a name."""
    predicate = {"operation": "EQUALS", "key": "display_name", "stringValue": name}
    return json.dumps({"predicates": [predicate]})


def _for_people(submission: Submission) -> str:
    """Returns the labels as they are shown on a run's page; it takes 255 characters."""
    return ", ".join(f"{key} {value}" for key, value in sorted(submission.labels.items()))[:255]
