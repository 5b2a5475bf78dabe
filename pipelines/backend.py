"""What a place in the cloud does for us; Vertex AI and Kubeflow each do it in their own way.

Every method raises an InputError of one line for what the user can mend (a right that is missing, a
run that is unknown, a quota), and an `Unreachable` where the service did not answer after retries
(see `preprocessing.errors`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from pipelines.history.run_record import RunRecord
from pipelines.settings import Settings
from preprocessing.errors import InputError

BACKENDS = ("vertex", "kubeflow")


@dataclass(frozen=True)
class Submission:
    """A compiled pipeline with what a run of it needs.

    Attributes:
        pipeline: its name here, such as `cats_vs_dogs` or `quickdraw-retraining`.
        template: the compiled YAML.
        arguments: of the pipeline; the others have their defaults.
        labels: `pipeline`, `commit`, `source` (fingerprint of the data), `user`, and those of the
            settings; keys and values are lower-case letters, digits, `-` and `_`, at most 63.
        caching: whether steps may be answered from the backend's cache.
        fail_fast: whether the run ends with the first step that fails; else what does not depend
            on it goes on.
        experiment: groups the runs; "" for none.
    """

    pipeline: str
    template: Path
    arguments: Mapping[str, Any]
    labels: Mapping[str, str]
    caching: bool = True
    fail_fast: bool = True
    experiment: str = ""


@dataclass(frozen=True)
class Schedule:
    """A pipeline that is run again and again.

    Attributes:
        name: that of its pipeline; a backend has one schedule of a name at most.
        backend: `vertex` or `kubeflow`.
        cron: five fields: minute, hour, day of month, month, day of week.
        timezone: such as `Europe/Zurich`; `UTC` by default.
        status: `active`, `paused` or `ended`.
        next_run: when the backend will start the next run; None if it does not tell.
        last_run: name of the newest run that it started; "" for none.
        link: its page in the console.
    """

    name: str
    backend: str
    cron: str
    timezone: str
    status: str
    next_run: datetime | None = None
    last_run: str = ""
    link: str = ""


class History(Protocol):
    """Where runs can be looked up."""

    name: str
    """`local`, `vertex` or `kubeflow`."""

    def run(self, name: str) -> RunRecord:
        """Returns a run with its steps, as it is now."""

    def runs(self, pipeline: str = "", limit: int = 50) -> Sequence[RunRecord]:
        """Returns the newest runs, of one pipeline or all, newest first."""

    def log_tail(self, run: RunRecord, step: str, lines: int = 20) -> str:
        """Returns the last lines of a step's log; "" if there is none."""


class Backend(History, Protocol):
    """A place in the cloud where pipelines run."""

    def submit(self, submission: Submission, run: str) -> RunRecord:
        """Starts a run, and no second one of that name however often it is called.

        Args:
            submission: what to run.
            run: its name, chosen by the caller: `[a-z][-a-z0-9]{0,62}`. If the answer to an earlier
                call was lost, the run that it started is found by it.
        """

    def cancel(self, run: str) -> None:
        """Asks a run to stop; one that has ended is left as it is."""

    def schedule(
        self, submission: Submission, cron: str, timezone: str, catch_up: bool = False
    ) -> Schedule:
        """Creates or updates the one schedule of the submission's pipeline.

        At most one of its runs goes on at a time; starts that were missed are made up for only with
        `catch_up`.
        """

    def schedules(self) -> Sequence[Schedule]:
        """Returns the schedules of this project's pipelines, sorted by name."""

    def pause(self, name: str) -> Schedule:
        """Pauses the schedule of a pipeline."""

    def resume(self, name: str) -> Schedule:
        """Resumes the schedule of a pipeline, without what was missed."""

    def delete(self, name: str) -> None:
        """Removes the schedule of a pipeline; its runs stay."""


def find_backend(name: str, settings: Settings) -> Backend:
    """Returns a backend, connected as the settings say.

    Raises:
        InputError: there is none of that name, or a setting that it needs is missing.
    """
    if name == "vertex":
        from pipelines.vertex.backend import VertexBackend  # takes seconds

        return VertexBackend(settings)
    if name == "kubeflow":
        from pipelines.kubeflow.backend import KubeflowBackend

        return KubeflowBackend(settings)
    raise InputError(f"BACKEND: {name!r} is unknown; there are: {', '.join(BACKENDS)}")


def configured(settings: Settings) -> list[str]:
    """Returns the names of the backends whose settings are set."""
    have = {"vertex": settings.project and settings.region, "kubeflow": settings.kubeflow_host}
    return [name for name in BACKENDS if have[name]]
