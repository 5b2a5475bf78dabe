"""Cron expressions and time zones: what is wrong is said before anything is sent."""

from datetime import UTC, datetime

import pytest

from pipelines.schedules.cron import check_cron, find_timezone, next_times
from preprocessing.errors import InputError


@pytest.mark.parametrize(
    "cron",
    ["0 3 * * 1", "*/15 8-18 1,15 JAN-MAR mon", "0 0 31 1,3 *", "0 0 31 2 1", "5/20 * * * 7"],
)
def test_what_cron_takes(cron: str) -> None:
    check_cron(cron)


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("60 3 * * 1", r"minute: expected 0 to 59, .* got '60' in '60 3 \* \* 1'"),
        ("0 24 * * 1", "hour: expected 0 to 23, .* got '24'"),
        ("0 3 0 * *", "day of month: expected 1 to 31, .* got '0'"),
        ("0 3 * 13 *", "month: expected 1 to 12 or JAN to DEC, .* got '13'"),
        ("0 3 * * 8", "day of week: expected 0 to 7 or SUN to SAT, .* got '8'"),
        ("0 3 * * 5-1", "day of week: .* got '5-1'"),
        ("*/0 * * * *", "minute: .* got '.*/0'"),
        ("0 3 L * *", "day of month: .* got 'L'"),  # the parser knows it, the clouds do not
        ("0 3 * * 1#2", "day of week: .* got '1#2'"),
        ("0 3 30 2 *", "there is no day 30 in month 2"),
        ("0 3 * *", "expected five fields .* got 4"),
        ("0 0 3 * * 1", "expected five fields .* got 6"),
        ("@daily", "expected five fields .* got 1"),
    ],
)
def test_what_is_wrong_is_said_of_its_field(cron: str, said: str) -> None:
    with pytest.raises(InputError, match=f"^CRON: {said}") as error:
        check_cron(cron)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Zurich", "did you mean Europe/Zurich[?]"),
        ("europe/zurich", "did you mean Europe/Zurich[?]"),
        ("Europe/Zurch", "did you mean Europe/Zurich or "),
        ("", "expected a name such as Europe/Zurich"),
        ("../../etc/passwd", "is unknown"),
    ],
)
def test_an_unknown_zone_is_told_with_the_nearest(name: str, said: str) -> None:
    with pytest.raises(InputError, match=f"^TIMEZONE: .*{said}"):
        find_timezone(name)


def test_the_next_times_are_in_the_zone_and_follow_its_summer_time() -> None:
    # The clocks went forward on Sunday, 28 March 2027, at 2:00.
    times = next_times("0 3 * * 6,0,1", "Europe/Zurich", 3, datetime(2027, 3, 27, tzinfo=UTC))
    assert [time.isoformat() for time in times] == [
        "2027-03-27T03:00:00+01:00",
        "2027-03-28T03:00:00+02:00",
        "2027-03-29T03:00:00+02:00",
    ]
    (utc,) = next_times("0 3 * * *", "UTC", 1, datetime(2027, 3, 27, 3, tzinfo=UTC))
    assert utc.isoformat() == "2027-03-28T03:00:00+00:00"
