"""Cron expressions as Kubeflow reads them.

It parses them with github.com/robfig/cron 1.2: six fields, the first for seconds, and a Sunday that
is 0 and never 7. Where only one of day of month and day of week begins with `*`, both must match;
that is as in cron.
"""

from datetime import UTC, datetime

from cronsim import CronSim


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
