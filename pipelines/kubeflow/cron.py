"""Cron expressions as Kubeflow reads them.

It parses them with github.com/robfig/cron 1.2: six fields, the first for seconds, and a Sunday that
is 0 and never 7. Where only one of day of month and day of week begins with `*`, both must match;
that is as in cron.
"""

from datetime import UTC, datetime

from cronsim import CronSim

from pipelines.settings import Settings
from preprocessing.errors import InputError


def to_kubeflow(cron: str) -> str:
    """Returns a checked expression of five fields in Kubeflow's six."""
    fields = cron.split()
    if not fields[4].startswith("*"):
        days = CronSim(cron, datetime.now(UTC)).weekdays
        weekdays = {day % 7 for day in days if isinstance(day, int)}
        fields[4] = ",".join(map(str, sorted(weekdays)))
    return " ".join(["0", *fields])


def from_kubeflow(cron: str) -> str:
    """Returns Kubeflow's six fields in the five that a user gave."""
    return cron.removeprefix("0 ")


def check_kept(timezone: str, settings: Settings) -> None:
    """Raises InputError for a time zone that is not the one of this Kubeflow."""
    zone = settings.kubeflow_timezone
    if timezone != zone:
        raise InputError(
            f"TIMEZONE={timezone}: this Kubeflow keeps {zone} for all its schedules; give CRON in"
            f" it with TIMEZONE={zone}, or set CRON_SCHEDULE_TIMEZONE of its"
            f" ml-pipeline-scheduledworkflow and KUBEFLOW_TIMEZONE here to {timezone}"
        )
