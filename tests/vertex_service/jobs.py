"""JobService: tuning jobs, whose trials are invented from their spaces."""

import itertools
import math
from collections import Counter
from collections.abc import Callable
from typing import Any

from google.cloud.aiplatform_v1 import types
from google.protobuf import duration_pb2, empty_pb2

from tests.vertex_service.checks import check_labels
from tests.vertex_service.faults import impossible, invalid, unknown
from tests.vertex_service.listing import page
from tests.vertex_service.names import LOCATION, check_parent, copy, last, now

State = types.JobState
ENDED = (State.JOB_STATE_SUCCEEDED, State.JOB_STATE_FAILED, State.JOB_STATE_CANCELLED)

Play = Callable[[str, dict[str, Any]], list[float] | str]
"""Given a trial's id and values, what it reports after each epoch, or why it cannot be trained."""


class Jobs:
    """google.cloud.aiplatform.v1.JobService, as far as tunings need it.

    Attributes:
        tunings: the tuning jobs by their id; a test may change them.
    """

    def __init__(self) -> None:
        self.tunings: dict[str, Any] = {}
        self._ids = itertools.count(9000)
        self._play: Play | None = None

    def play(self, trial: Play) -> None:
        """Has each job train as many trials as it may at a time, each time it is looked up."""
        self._play = trial

    def create_hyperparameter_tuning_job(self, request: Any) -> Any:
        """Answers CreateHyperparameterTuningJob; names may be taken many times."""
        check_parent(request.parent)
        job = copy(request.hyperparameter_tuning_job)
        _check(job)
        job.name = f"{LOCATION}/hyperparameterTuningJobs/{next(self._ids)}"
        job.create_time = job.update_time = now()
        job.state = State.JOB_STATE_PENDING
        self.tunings[last(job.name)] = job
        return job

    def get_hyperparameter_tuning_job(self, request: Any) -> Any:
        """Answers GetHyperparameterTuningJob."""
        job = self._job(request.name)
        if job.state == State.JOB_STATE_CANCELLING:
            job.state, job.end_time = State.JOB_STATE_CANCELLED, now()
        elif job.state not in ENDED and self._play:
            _go_on(job, self._play)
        return job

    def list_hyperparameter_tuning_jobs(self, request: Any) -> Any:
        """Answers ListHyperparameterTuningJobs."""
        check_parent(request.parent)
        jobs, token = page(self.tunings.values(), request)
        return types.ListHyperparameterTuningJobsResponse(
            hyperparameter_tuning_jobs=jobs, next_page_token=token
        )

    def cancel_hyperparameter_tuning_job(self, request: Any) -> Any:
        """Answers CancelHyperparameterTuningJob."""
        job = self._job(request.name)
        if job.state in ENDED:
            raise impossible(f"The job is in a terminal state: {job.state.name}")
        job.state = State.JOB_STATE_CANCELLING
        return empty_pb2.Empty()

    def _job(self, name: str) -> Any:
        check_parent(name)
        if last(name) not in self.tunings:
            raise unknown("HyperparameterTuningJob", name)
        return self.tunings[last(name)]


def _check(job: Any) -> None:
    """Refuses what the real service says that it does not take."""
    check_labels(job.labels)
    if "{{$" in str(job):
        raise invalid("a placeholder was not filled in")
    if not job.display_name or not job.study_spec.metrics:
        raise invalid("display_name and metrics are required")
    if not 1 <= job.parallel_trial_count <= job.max_trial_count:
        raise invalid("parallel_trial_count is not from 1 to max_trial_count")
    ids = [parameter.parameter_id for parameter in job.study_spec.parameters]
    if not ids or len(set(ids)) < len(ids) or any(set(id) & set(" \t\n") for id in ids):
        raise invalid(f"parameter_id: not unique, or with whitespace: {ids}")
    for parameter in job.study_spec.parameters:
        _check_parameter(parameter)
    pools = job.trial_job_spec.worker_pool_specs
    if not pools or any(not pool.container_spec.image_uri for pool in pools):
        raise invalid("worker_pool_specs: each needs an image")
    if pools[0].replica_count != 1:
        raise invalid("The first worker pool is the chief: expected one replica")
    if not job.trial_job_spec.base_output_directory.output_uri_prefix.startswith("gs://"):
        raise invalid("base_output_directory is not a gs:// URI")


def _check_parameter(parameter: Any) -> None:
    spec = _value_spec(parameter)
    if "default_value" in spec:
        raise invalid("default_value is not supported by HyperparameterTuningJob")
    logarithmic = parameter.scale_type == type(parameter).ScaleType.UNIT_LOG_SCALE
    if "categorical_value_spec" in parameter and parameter.scale_type:
        raise invalid("CATEGORICAL parameters have no scale_type")
    if "discrete_value_spec" in parameter and list(spec.values) != sorted(set(spec.values)):
        raise invalid("values are not in increasing order")
    if "min_value" in type(spec).meta.fields and not (
        spec.min_value < spec.max_value and (spec.min_value > 0 or not logarithmic)
    ):
        raise invalid("min_value is not below max_value, or not above 0 on a log scale")


def _go_on(job: Any, play: Play) -> None:
    """Trains the next trials of a job, and ends it after the last or with too many failures."""
    job.state = State.JOB_STATE_RUNNING
    start = len(job.trials)
    for number in range(start, min(start + job.parallel_trial_count, job.max_trial_count)):
        job.trials.append(_trial(job, number, play))
    failed = Counter(trial.state.name for trial in job.trials)["INFEASIBLE"]
    if failed >= job.max_failed_trial_count > 0:
        job.state, job.end_time = State.JOB_STATE_FAILED, now()
        job.error.code = 3
        job.error.message = f"{failed} trials have failed."
    elif len(job.trials) == job.max_trial_count:
        job.state, job.end_time = State.JOB_STATE_SUCCEEDED, now()


def _trial(job: Any, number: int, play: Play) -> Any:
    most = max(job.max_trial_count - 1, 1)
    values = {
        parameter.parameter_id: _value(parameter, (number * (index + 1) % (most + 1)) / most)
        for index, parameter in enumerate(job.study_spec.parameters)
    }
    trial = types.Trial(
        id=str(number + 1),
        parameters=[{"parameter_id": id, "value": value} for id, value in values.items()],
        state="SUCCEEDED",
    )
    reported = play(trial.id, values)
    if isinstance(reported, str):
        trial.state = types.Trial.State.INFEASIBLE
        trial.infeasible_reason = reported
    else:
        trial.final_measurement = types.Measurement(
            step_count=len(reported),
            elapsed_duration=duration_pb2.Duration(seconds=7 * len(reported)),
            metrics=[{"metric_id": job.study_spec.metrics[0].metric_id, "value": reported[-1]}],
        )
    return trial


def _value(parameter: Any, fraction: float) -> float | str:
    """Returns the value at a place of a parameter's range, as the service has it."""
    spec = _value_spec(parameter)
    if "values" in type(spec).meta.fields:
        found: float | str = spec.values[round(fraction * (len(spec.values) - 1))]
        return found
    low, high = float(spec.min_value), float(spec.max_value)
    if parameter.scale_type == type(parameter).ScaleType.UNIT_LOG_SCALE:
        value = math.exp(math.log(low) + fraction * math.log(high / low))
    else:
        value = low + fraction * (high - low)
    value = min(max(value, low), high)
    return float(round(value)) if "integer_value_spec" in parameter else value


def _value_spec(parameter: Any) -> Any:
    kinds = ("double", "integer", "discrete", "categorical")
    return next(
        getattr(parameter, f"{kind}_value_spec")
        for kind in kinds
        if f"{kind}_value_spec" in parameter
    )
