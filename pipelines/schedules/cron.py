"""Cron expressions and time zones of schedules, checked before they are sent."""

import difflib
import re
from datetime import UTC, datetime, tzinfo
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from preprocessing.errors import InputError

_FIELDS = (
    ("minute", "0 to 59"),
    ("hour", "0 to 23"),
    ("day of month", "1 to 31"),
    ("month", "1 to 12 or JAN to DEC"),
    ("day of week", "0 to 7 or SUN to SAT"),
)
_NAMES = re.compile("JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC|SUN|MON|TUE|WED|THU|FRI|SAT")


def check_cron(cron: str) -> None:
    """Checks an expression of five fields: minute, hour, day of month, month, day of week.

    Raises:
        InputError: it is none, or its time never comes; the message names the field.
    """
    fields = cron.split()
    if len(fields) != len(_FIELDS):
        raise InputError(
            f"CRON: expected five fields (minute, hour, day of month, month, day of week), got"
            f" {len(fields)} in {cron!r}"
        )
    for index, (field, (name, expected)) in enumerate(zip(fields, _FIELDS, strict=True)):
        alone = ["*"] * len(_FIELDS)
        alone[index] = field
        # The parser also knows the last day and the second Monday; Vertex AI and Kubeflow do not.
        if _NAMES.sub("", field.upper()).strip("0123456789*,-/") or not _parses(" ".join(alone)):
            raise InputError(
                f"CRON: {name}: expected {expected}, `*`, a list 1,2, a range 1-5 or steps */2, got"
                f" {field!r} in {cron!r}"
            )
    if not _parses(cron):
        raise InputError(f"CRON: there is no day {fields[2]} in month {fields[3]}, in {cron!r}")


def find_timezone(name: str) -> tzinfo:
    """Returns a time zone.

    Args:
        name: as in the IANA database, such as `Europe/Zurich`.

    Raises:
        InputError: there is none of that name; the message has the nearest.
    """
    if name == "UTC":
        return UTC  # also where there is no database
    zones = available_timezones()
    if name in zones:
        return ZoneInfo(name)
    wanted = name.lower()
    same = [zone for zone in zones if f"/{zone}".lower().endswith(f"/{wanted}")] if name else []
    near = sorted(same) or difflib.get_close_matches(name, zones, n=3, cutoff=0.6)
    told = f", did you mean {' or '.join(near[:3])}?" if near else ""
    raise InputError(
        f"TIMEZONE: {name!r} is unknown{told or '; expected a name such as Europe/Zurich'}"
    )


def next_times(
    cron: str, timezone: str, count: int = 3, after: datetime | None = None
) -> list[datetime]:
    """Returns the next times of a checked expression.

    Args:
        cron: five fields.
        timezone: that they are in.
        count: how many.
        after: they come after this; now by default.

    Raises:
        InputError: the time zone is unknown.
    """
    zone = find_timezone(timezone)
    start = (after or datetime.now(UTC)).astimezone(zone)
    return list(islice(CronSim(cron, start), count))


def _parses(cron: str) -> bool:
    try:
        CronSim(cron, datetime.now(UTC))
    except CronSimError:
        return False
    return True
