"""Puts a run into an experiment, under which the console compares runs."""

import time
from typing import Any

from models.vertex_ai import ANSWER, call
from pipelines.vertex.connection import Connection
from preprocessing.errors import InputError
from preprocessing.progress import report_note

WAIT = 1.0
"""Seconds between two looks at whether the service has the run's metadata."""

LOOKS = 20


def add_to_experiment(connection: Connection, experiment: str, job: Any) -> None:
    """Puts a run into an experiment, which is made if there is none; twice is once.

    The run goes on whether this succeeds or not, so what fails is told, not raised.

    Args:
        connection: to the project.
        experiment: its name; `_` becomes `-`.
        job: the run's `PipelineJob` message.
    """
    name = experiment.lower().replace("_", "-")
    try:
        call(f"open the experiment {name}", connection.platform.Experiment.get_or_create, name)
        connection.ask(
            f"put the run into the experiment {name}",
            connection.metadata.add_context_children,
            context=f"{connection.parent}/metadataStores/default/contexts/{name}",
            child_contexts=[_context(connection, job)],
        )
    except (InputError, ValueError) as error:
        report_note(f"the run has started, but is in no experiment: {error}")


def _context(connection: Connection, job: Any) -> str:
    """Waits until the service has the run's metadata; returns its name."""
    for _ in range(LOOKS):
        job = call(
            "look up the run",
            connection.pipelines.get_pipeline_job,
            request={"name": job.name},
            timeout=ANSWER,
        )
        if job.job_detail.pipeline_run_context.name:
            return str(job.job_detail.pipeline_run_context.name)
        time.sleep(WAIT)
    raise InputError("Vertex AI has no metadata of it yet")
