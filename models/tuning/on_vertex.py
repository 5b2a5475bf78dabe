"""A tuning whose trials run on Vertex AI, each on machines of its own."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from models.search_space import read_search_space
from models.training_options import TrainingOptions
from models.tuning.results import METRIC, TRIALS_FILE, TuningResult, expect_result, write_results
from models.tuning.vertex_job import SUCCEEDED, TrialMachines, TuningJobs, tuning_job
from models.tuning.vertex_trials import ENDED, metric_of, read_trials
from preprocessing.errors import InputError
from preprocessing.progress import report_note, report_progress

COMMAND = ("python", "-m", "models.tuning.vertex_trial")
"""What starts a trial in the container."""

_TRIALS_FOLDER = "trials"
_RUN = re.compile(r"gs://.+/(?P<run>[a-z][-a-z0-9]{0,127})/[^/]+/[^/]+")


def tune_on_vertex(
    examples_folder: str,
    study_folder: str,
    study_uri: str,
    challenge: str,
    options: TrainingOptions,
    trials: int,
    parallel: int,
    fixed: Sequence[str],
    project: str,
    region: str,
    machines: TrialMachines,
    link_file: str,
) -> TuningResult:
    """Tries parameters of a training in a hyperparameter tuning job, and waits for its end.

    Called again, it goes on waiting for the same job, or reads it if it has ended. A signal to stop
    cancels the job.

    Args:
        examples_folder: what `preprocess` wrote, as the trials see it.
        study_folder: gets `trials.csv`, `best.json` and, from the trials, a folder for each.
        study_uri: the same as `gs://<root>/<project's number>/<run>/<task>/<output>`. The run's
            name is taken from it: were it a parameter, no run could take the step from the cache.
        challenge: such as `quickdraw`.
        options: of the training, for all that is not tried.
        trials: how many.
        parallel: how many of them at a time.
        fixed: parameters, or arguments of the network, that are not tried.
        project: of Google Cloud.
        region: of Vertex AI.
        machines: what each trial runs on.
        link_file: gets the job's name, for the console.

    Raises:
        InputError: nothing can be tried, the service refuses, or the job did not succeed.
        Unreachable: the service did not answer; the job goes on.
        SystemExit: a signal came; the job is cancelled.
    """
    for name, value in (("trials", trials), ("parallel", parallel)):
        if value < 1:
            raise InputError(f"{name}={value}: expected a whole number of 1 or more")
    found = _RUN.fullmatch(study_uri)
    if not found:
        raise InputError(
            f"{study_uri}: expected a folder of a run on Vertex AI; compile the pipeline with"
            " BACKEND=kubeflow to tune elsewhere"
        )
    space = read_search_space(f"models.{challenge}", options.model, fixed)
    given = {
        "examples": examples_folder,
        "challenge": challenge,
        "fixed": list(fixed),
        "options": asdict(options),
    }
    trial_job = machines.job_spec([json.dumps(given)], f"{study_uri}/{_TRIALS_FOLDER}")
    asked = tuning_job(found["run"], space, trial_job, trials, parallel)
    jobs = TuningJobs(project, region)
    try:
        job = jobs.find_or_start(asked)
        _write_link(job.name, region, Path(link_file))
        page = _page(project, region, job.name)
        report_note(f"the trials are at {page}")
        job = jobs.wait(job, _Progress(trials).report)
    except SystemExit:
        jobs.cancel(asked["display_name"])
        raise
    # Tried again, the step may have been given another folder than the job was.
    mount = study_folder.removesuffix(study_uri.removeprefix("gs://"))
    output = job.trial_job_spec.base_output_directory.output_uri_prefix
    records = read_trials(job.trials, space, Path(mount, output.removeprefix("gs://")))
    result = write_results(Path(study_folder), space, records)
    if job.state.name not in SUCCEEDED:
        complete = sum(record.state == "complete" for record in records)
        reason = " ".join(job.error.message.split()).rstrip(".")
        raise InputError(
            f"the tuning job ended as {job.state.name.removeprefix('JOB_STATE_')}"
            f"{f' ({reason})' if reason else ''}; {complete} of {trials} trials are complete"
            f"{f', see {study_uri}/{TRIALS_FILE}' if records else ''}; {page}"
        )
    return expect_result(result, records)


class _Progress:
    """Prints a line each time that a trial has ended."""

    def __init__(self, trials: int) -> None:
        self._trials = trials
        self._last = ""

    def report(self, job: Any) -> None:
        ended = [trial for trial in job.trials if trial.state.name in ENDED]
        running = sum(trial.state.name == "ACTIVE" for trial in job.trials)
        message = f"{len(ended)} of {self._trials} trials have ended, {running} are running"
        values = [(value, trial.id) for trial in ended if (value := metric_of(trial)) is not None]
        if values:
            best, id = max(values, key=lambda pair: (pair[0], -int(pair[1])))
            message += f"; best {METRIC} {best:.4f}, of trial {id}"
        if message != self._last:
            report_progress(len(ended) / self._trials, message)
        self._last = message


def _page(project: str, region: str, name: str) -> str:
    """Returns the job's page in the console."""
    return (
        f"https://console.cloud.google.com/vertex-ai/locations/{region}/training/"
        f"{name.rpartition('/')[2]}?project={project}"
    )


def _write_link(name: str, region: str, file: Path) -> None:
    """Writes what Vertex AI reads of a step that has started a job: `GcpResources` as JSON."""
    uri = f"https://{region}-aiplatform.googleapis.com/v1/{name}"
    resource = {"resourceType": "HyperparameterTuningJob", "resourceUri": uri}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"resources": [resource]}))
