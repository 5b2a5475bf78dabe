"""Which pipelines are scheduled, where, and when they run next."""

from collections.abc import Callable, Sequence
from datetime import datetime

from pipelines.backend import BACKENDS, Backend, Schedule, Submission, find_backend
from pipelines.cron import check_cron, next_times
from pipelines.registry import find_pipeline
from pipelines.settings import Settings
from preprocessing.errors import InputError

_RETRAINING = "-retraining"


def scheduled_pipeline(name: str) -> str:
    """Returns the variant of a pipeline for retraining where there is one, else its name.

    Raises:
        InputError: there is no such pipeline.
    """
    try:
        find_pipeline(name + _RETRAINING)
    except InputError:
        find_pipeline(name)
        return name
    return name + _RETRAINING


def check_champions(submission: Submission, settings: Settings) -> None:
    """Checks that the champion of a retraining is kept where the next run finds it.

    Raises:
        InputError: it would be in a folder of the step's machine, which is gone with the step.
    """
    place = submission.arguments.get("registry", settings.champions())
    if submission.pipeline.endswith(_RETRAINING) and not place.startswith(("gs://", "projects/")):
        raise InputError(
            f"REGISTRY: {place or 'not set'}; a retraining in the cloud keeps its champion in"
            " gs://..., or in projects/<project>/locations/<region>"
        )


def find_schedule(pipeline: str, place: Backend) -> str:
    """Returns the name of a pipeline's schedule: that of its variant for retraining goes first.

    Raises:
        InputError: it has none; the message lists those there are.
    """
    names = [schedule.name for schedule in place.schedules()]
    for name in (pipeline + _RETRAINING, pipeline):
        if name in names:
            return name
    raise InputError(
        f"PIPELINE: {place.name} has no schedule of {pipeline}; there are:"
        f" {', '.join(names) or 'none'}"
    )


def all_schedules(
    backend: str, settings: Settings, note: Callable[[str], None]
) -> Sequence[Schedule]:
    """Returns the schedules of one backend, or of all whose settings are set.

    Args:
        backend: its name; "" for all.
        settings: where they are.
        note: is told, in one line, of a backend of several that does not answer.

    Raises:
        InputError: no backend is set up, or the only one refused.
    """
    have = {"vertex": settings.project and settings.region, "kubeflow": settings.kubeflow_host}
    names = [backend] if backend else [name for name in BACKENDS if have[name]]
    if not names:
        raise InputError(
            "BACKEND: none is set up; set PROJECT and REGION for Vertex AI, or KUBEFLOW_HOST"
        )
    found: list[Schedule] = []
    for name in names:
        try:
            found += find_backend(name, settings).schedules()
        except InputError as error:
            if len(names) == 1:
                raise
            note(f"{name} left out: {error}")
    return found


def next_run(schedule: Schedule) -> datetime | None:
    """Returns when a schedule's next run starts; reckoned where the backend does not tell."""
    if schedule.next_run is not None or schedule.status != "active":
        return schedule.next_run
    try:
        check_cron(schedule.cron)
        return next(iter(next_times(schedule.cron, schedule.timezone, 1)), None)
    except InputError:  # written elsewhere, in words that we do not know
        return None
