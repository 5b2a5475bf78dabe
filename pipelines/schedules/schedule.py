"""Which pipelines are scheduled, where, and when they run next."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from pipelines.backend import Backend, Schedule, Submission, configured, find_backend
from pipelines.kubeflow.cron import check_kept
from pipelines.registry import find_pipeline, pipeline_names
from pipelines.schedules.cron import check_cron, find_timezone, next_times
from pipelines.settings import Settings
from pipelines.variants import is_variant, retraining_of
from preprocessing.errors import InputError


def check_times(cron: str, timezone: str, settings: Settings) -> None:
    """Checks CRON and TIMEZONE, before what takes longer.

    Raises:
        InputError: one of them cannot be, or not on the backend of the settings.
    """
    check_cron(cron)
    find_timezone(timezone)
    if settings.backend == "kubeflow":
        check_kept(timezone, settings)


def scheduled_pipeline(name: str) -> str:
    """Returns the variant of a pipeline for retraining where there is one, else its name.

    A variant that is named is scheduled itself.

    Raises:
        InputError: there is no such pipeline.
    """
    find_pipeline(name)
    if is_variant(name):
        return name
    return retraining if (retraining := retraining_of(name)) in pipeline_names() else name


def for_each_time(submission: Submission) -> Submission:
    """Returns a submission whose runs look at the data anew each time that they start.

    They name no fingerprint, which would be that of today, and so must take nothing from the cache,
    which knows the data by it.
    """
    arguments = {
        name: "" if name in ("source_fingerprint", "teams_fingerprint") else value
        for name, value in submission.arguments.items()
    }
    labels = {name: value for name, value in submission.labels.items() if name != "source"}
    return replace(submission, arguments=arguments, labels=labels, caching=False)


def find_schedule(pipeline: str, place: Backend) -> str:
    """Returns the name of a pipeline's schedule: that of its variant for retraining goes first.

    A variant that is named has one of its own.

    Raises:
        InputError: it has none; the message lists those there are.
    """
    names = [schedule.name for schedule in place.schedules()]
    for name in [pipeline] if is_variant(pipeline) else [retraining_of(pipeline), pipeline]:
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
    names = [backend] if backend else configured(settings)
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
    """Returns when a schedule's next run starts, in its zone; reckoned if nobody tells."""
    try:
        if schedule.next_run is not None:
            return schedule.next_run.astimezone(find_timezone(schedule.timezone))
        if schedule.status != "active":
            return None
        check_cron(schedule.cron)
        return next(iter(next_times(schedule.cron, schedule.timezone, 1)), None)
    except InputError:  # written elsewhere, in words that we do not know
        return schedule.next_run
