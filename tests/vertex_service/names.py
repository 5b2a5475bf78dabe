"""Resource names, with the project's number as the real service has it."""

import datetime
import itertools
import re
from typing import Any

from tests.vertex_service.faults import invalid

PROJECT = "challenges"
NUMBER = "123456789012"
REGION = "europe-west4"
LOCATION = f"projects/{NUMBER}/locations/{REGION}"

_seconds = itertools.count()


def now() -> datetime.datetime:
    """Returns a time later than any told before."""
    return datetime.datetime.now(datetime.UTC) + datetime.timedelta(milliseconds=next(_seconds))


def check_parent(parent: str) -> None:
    """Refuses a request for another project or region."""
    if not re.fullmatch(f"projects/({PROJECT}|{NUMBER})/locations/{REGION}(/.*)?", parent):
        raise invalid(f"Request contains an invalid argument: parent {parent}")


def last(name: str) -> str:
    """Returns the last part of a resource's name."""
    return name.rpartition("/")[2]


def copy(message: Any) -> Any:
    """Returns a copy of a proto-plus message."""
    return type(message)(message)
