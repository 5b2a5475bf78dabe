"""Starts, looks up and ends runs on Vertex AI."""

import re
from typing import Any

from models.vertex_ai import ANSWER, call
from pipelines.backend import Submission
from pipelines.vertex.connection import Connection
from pipelines.vertex.job import make_job
from pipelines.vertex.records import ENDED, state_name
from preprocessing.errors import InputError

_NAME = re.compile("[a-z][-a-z0-9]{0,127}")


class Runs:
    """The runs of a project.

    Args:
        connection: to it.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, submission: Submission, run: str) -> Any:
        """Starts a run, or finds the one that an earlier try started.

        Returns:
            the run's `PipelineJob` message.

        Raises:
            InputError: the service refuses, or another run has this name.
            Unreachable: the service did not answer; the run may have started.
        """
        from google.api_core.exceptions import AlreadyExists

        job = make_job(self._connection, submission, run, submission.caching)
        client = self._connection.pipelines

        def create() -> Any:
            request = {
                "parent": self._connection.parent,
                "pipeline_job": job,
                "pipeline_job_id": run,
            }
            try:
                return client.create_pipeline_job(request=request, timeout=ANSWER)
            except AlreadyExists:
                return client.get_pipeline_job(request={"name": self._path(run)}, timeout=ANSWER)

        found = call(f"submit {run}", create)
        # Vertex AI adds labels of its own.
        if any(found.labels.get(key) != value for key, value in submission.labels.items()):
            raise InputError(
                f"cannot submit {run}: another run has this name already, with the labels"
                f" {dict(found.labels)}; choose another name"
            )
        return found

    def get(self, run: str) -> Any:
        """Returns the `PipelineJob` message of a run.

        Raises:
            InputError: there is none.
        """
        return call(f"look up the run {run}", self._get, run)

    def cancel(self, run: str) -> None:
        """Asks a run to stop; one that has ended or is stopping is left as it is."""
        from google.api_core.exceptions import FailedPrecondition, InvalidArgument

        client = self._connection.pipelines

        def cancel() -> None:
            if state_name(self._get(run)) in (*ENDED, "CANCELLING"):
                return
            try:
                client.cancel_pipeline_job(request={"name": self._path(run)}, timeout=ANSWER)
            except (FailedPrecondition, InvalidArgument):
                # It may have ended since we looked.
                if state_name(self._get(run)) not in (*ENDED, "CANCELLING"):
                    raise

        call(f"cancel {run}", cancel)

    def _get(self, run: str) -> Any:
        from google.api_core.exceptions import NotFound

        settings = self._connection.settings
        unknown = InputError(
            f"RUN: there is no run {run!r} on Vertex AI in {settings.project},"
            f" {settings.region}; `make runs BACKEND=vertex` lists them"
        )
        if not _NAME.fullmatch(run):
            raise unknown
        try:
            request = {"name": self._path(run)}
            return self._connection.pipelines.get_pipeline_job(request=request, timeout=ANSWER)
        except NotFound:
            raise unknown from None

    def _path(self, run: str) -> str:
        return f"{self._connection.parent}/pipelineJobs/{run}"
