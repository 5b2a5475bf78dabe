"""Vertex AI as a place where pipelines run."""

from collections.abc import Sequence

from pipelines.backend import Schedule, Submission
from pipelines.history.run_record import RunRecord
from pipelines.settings import Settings
from pipelines.vertex.connection import Connection
from pipelines.vertex.experiments import add_to_experiment
from pipelines.vertex.logs import read_log
from pipelines.vertex.records import OURS, to_record
from pipelines.vertex.runs import Runs
from pipelines.vertex.schedules import Schedules


class VertexBackend:
    """Runs and schedules pipelines on Vertex AI.

    Args:
        settings: say which project, region and bucket, and what the steps run as.

    Raises:
        InputError: a setting is missing.
    """

    name = "vertex"

    def __init__(self, settings: Settings) -> None:
        self._connection = Connection(settings)
        self._runs = Runs(self._connection)
        self._schedules = Schedules(self._connection)

    def submit(self, submission: Submission, run: str) -> RunRecord:
        """Starts a run, and no second one of that name however often it is called.

        Vertex AI takes an id only once, so the run that a lost answer was about is found by it.
        """
        job = self._runs.create(submission, run)
        if submission.experiment:
            add_to_experiment(self._connection, submission.experiment, job)
        return to_record(job, self._connection.settings)

    def run(self, name: str) -> RunRecord:
        """Returns a run with its steps, as it is now."""
        return to_record(self._runs.get(name), self._connection.settings)

    def runs(self, pipeline: str = "", limit: int = 50) -> Sequence[RunRecord]:
        """Returns the newest of our runs with their steps, newest first."""
        jobs = self._connection.ask_all(
            "list the runs",
            self._connection.pipelines.list_pipeline_jobs,
            limit,
            parent=self._connection.parent,
            filter=f'labels.{OURS}="{pipeline}"' if pipeline else f"labels.{OURS}:*",
            order_by="create_time desc",
            page_size=min(limit, 100),
        )
        return [to_record(job, self._connection.settings) for job in jobs]

    def log_tail(self, run: RunRecord, step: str, lines: int = 20) -> str:
        """Returns the last lines of a step's log in Cloud Logging; "" if there is none."""
        return read_log(self._connection, self._runs.get(run.run), step, lines)

    def cancel(self, run: str) -> None:
        """Asks a run to stop; one that has ended is left as it is."""
        self._runs.cancel(run)

    def schedule(
        self, submission: Submission, cron: str, timezone: str, catch_up: bool = False
    ) -> Schedule:
        """Creates or updates the one schedule of the submission's pipeline; it is active then.

        A start that comes while a run goes on is left out, or with `catch_up` waits for its end.
        The steps are never answered from the cache: their data may be new, whatever its name.
        """
        return self._schedules.put(submission, cron, timezone, catch_up)

    def schedules(self) -> Sequence[Schedule]:
        """Returns the schedules of this project's pipelines, sorted by name."""
        return self._schedules.all()

    def pause(self, name: str) -> Schedule:
        """Pauses the schedule of a pipeline."""
        return self._schedules.pause(name)

    def resume(self, name: str) -> Schedule:
        """Resumes the schedule of a pipeline, without what was missed."""
        return self._schedules.resume(name)

    def delete(self, name: str) -> None:
        """Removes the schedule of a pipeline; its runs stay."""
        self._schedules.delete(name)
