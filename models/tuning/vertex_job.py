"""A hyperparameter tuning job of Vertex AI: what is asked for, and how it is started and awaited.

A job has the name of the run that it belongs to, by which a step that is tried again finds it.
"""

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.search_space import SearchSpace
from models.tuning.vertex_study import study_spec
from models.vertex_ai import ANSWER, call, connect
from preprocessing.errors import InputError

POLL_SECONDS = 30.0
"""How often a job is looked at."""

ENDED = (
    "JOB_STATE_SUCCEEDED",
    "JOB_STATE_PARTIALLY_SUCCEEDED",
    "JOB_STATE_FAILED",
    "JOB_STATE_CANCELLED",
    "JOB_STATE_EXPIRED",
)
"""States of a job that goes on no more; only in the first two it has done what it was to do."""

SUCCEEDED = ENDED[:2]

RUN_LABELS = "VERTEX_AI_PIPELINES_RUN_LABELS"
"""What a step finds the labels of its run in, as JSON, for what it starts: bills have them."""


@dataclass(frozen=True)
class TrialMachines:
    """What each trial runs on, as `CustomJobSpec` has it.

    Attributes:
        worker_pool_specs: machines and image; each pool's container gets its arguments here.
        service_account: whom the trials run as.
        network: that they are peered with; "" for none.
        strategy: `SPOT` for machines that may be taken away at any time, else `STANDARD`.
        restart_job_on_worker_restart: whether all machines start again when one does.
    """

    worker_pool_specs: Sequence[Mapping[str, Any]]
    service_account: str
    network: str = ""
    strategy: str = "STANDARD"
    restart_job_on_worker_restart: bool = False

    def job_spec(self, arguments: Sequence[str], output: str) -> dict[str, Any]:
        """Returns the specification of a trial's job.

        Args:
            arguments: of its program; Vertex AI adds the values that are tried.
            output: `gs://` folder whose sub-folders are the trials' own.
        """
        pools = [
            {**pool, "container_spec": {**pool["container_spec"], "args": list(arguments)}}
            for pool in self.worker_pool_specs
        ]
        return {
            "worker_pool_specs": pools,
            "scheduling": {
                "strategy": self.strategy,
                "restart_job_on_worker_restart": self.restart_job_on_worker_restart,
            },
            "service_account": self.service_account,
            "network": self.network,
            "base_output_directory": {"output_uri_prefix": output},
        }


def tuning_job(
    name: str, space: SearchSpace, trial_job: Mapping[str, Any], trials: int, parallel: int
) -> dict[str, Any]:
    """Returns the `HyperparameterTuningJob` to create.

    It is given up when half of its trials have failed, for then it is not their values that do it.

    Args:
        name: of the run.
        space: what is tried.
        trial_job: from `TrialMachines.job_spec`.
        trials: how many.
        parallel: how many of them at a time.
    """
    return {
        "display_name": name,
        "labels": {**json.loads(os.environ.get(RUN_LABELS, "{}")), "run": name[:63]},
        "study_spec": study_spec(space),
        "max_trial_count": trials,
        "parallel_trial_count": min(parallel, trials),
        "max_failed_trial_count": (trials + 1) // 2,
        "trial_job_spec": trial_job,
    }


class TuningJobs:
    """The tuning jobs of a project.

    Args:
        project: of Google Cloud.
        region: of Vertex AI.

    Raises:
        InputError: there are no credentials.
    """

    def __init__(self, project: str, region: str) -> None:
        aiplatform = connect(project, region)
        config = aiplatform.initializer.global_config
        self._client = aiplatform.gapic.JobServiceClient(
            credentials=config.credentials, client_options=config.get_client_options()
        )
        self._parent = f"projects/{project}/locations/{region}"

    def find_or_start(self, job: Mapping[str, Any]) -> Any:
        """Returns the job of that name, which is started if there is none.

        Raises:
            InputError: the service refuses it, or the one that there is tries something else.
            Unreachable: the service did not answer; the job may have started.
        """
        name = job["display_name"]

        def once() -> Any:
            # The answer to a start may have been lost, and it cannot be told from a second one.
            return self._find(name) or self._client.create_hyperparameter_tuning_job(
                parent=self._parent, hyperparameter_tuning_job=job, timeout=ANSWER
            )

        found = call(f"start the tuning job {name}", once)
        tried = [parameter.parameter_id for parameter in found.study_spec.parameters]
        if tried != [parameter["parameter_id"] for parameter in job["study_spec"]["parameters"]]:
            raise InputError(
                f"the tuning job {name} is there already and tries {', '.join(tried)}; delete it"
                " or start a run of another name"
            )
        return found

    def wait(self, job: Any, progress: Callable[[Any], None]) -> Any:
        """Returns the job when it has ended.

        Args:
            job: from `find_or_start`.
            progress: called with the job each time it was looked at.
        """
        while True:
            job = call(
                f"look up the tuning job {job.display_name}",
                self._client.get_hyperparameter_tuning_job,
                name=job.name,
                timeout=ANSWER,
            )
            progress(job)
            if job.state.name in ENDED:
                return job
            time.sleep(POLL_SECONDS)

    def cancel(self, name: str) -> None:
        """Asks the job of that name to stop, if there is one that goes on."""
        from google.api_core.exceptions import FailedPrecondition

        def once() -> None:
            found = self._find(name)
            if found is None or found.state.name in ENDED:
                return
            try:
                self._client.cancel_hyperparameter_tuning_job(name=found.name, timeout=ANSWER)
            except FailedPrecondition:  # it may have ended since we looked
                if self._find(name).state.name not in ENDED:
                    raise

        call(f"cancel the tuning job {name}", once)

    def _find(self, name: str) -> Any:
        """Returns the job of a name, the first of several; None if there is none."""
        request = {"parent": self._parent, "filter": f'display_name="{name}"'}
        found = self._client.list_hyperparameter_tuning_jobs(request=request, timeout=ANSWER)
        return min(found, key=lambda job: job.create_time, default=None)
