"""Follows a run in the cloud to its end, step by step; the run does not need us for it."""

import time

from pipelines.backend import Backend
from pipelines.display import Display
from pipelines.history.failure import failure_lines
from pipelines.history.run_record import RunRecord
from pipelines.history.status import has_ended
from preprocessing.errors import InputError, Unreachable

POLL_SECONDS = 5.0
"""How long between two looks at the run."""

PATIENCE_SECONDS = 900.0
"""How long a service may be out of reach before we give up to follow."""


def follow(backend: Backend, run_name: str, display: Display) -> RunRecord:
    """Shows the steps of a run as they begin and end, until it has ended; then its metrics.

    Args:
        backend: where it runs.
        run_name: its name.
        display: shows it.

    Returns:
        The run as it ended; whoever calls makes an exit status of its `status`.

    Raises:
        Unreachable: the backend did not answer for `PATIENCE_SECONDS`; the run may go on.
        InputError: the backend refused to answer; the run may go on.
        KeyboardInterrupt: the user has seen enough; the run goes on, and `display` said so.
    """
    looks = _Looks(backend, run_name, display)
    steps = _Steps(display)
    try:
        with display:
            record = looks.next()
            steps.show(record)
            while not has_ended(record.status):
                time.sleep(POLL_SECONDS)
                record = looks.next()
                steps.show(record)
    except (KeyboardInterrupt, InputError) as stop:
        goes_on = "goes on" if isinstance(stop, KeyboardInterrupt) else "may go on"
        display.note(
            f"  {run_name} {goes_on}; `make runs RUN={run_name} WAIT=1` follows it,"
            f" `make cancel RUN={run_name}` ends it"
        )
        raise
    display.note(f"\n  {run_name}: {record.status}")
    for line in failure_lines(backend, record):
        display.note(line)
    display.summary(record)
    return record


class _Looks:
    """Asks for a run again and again, with patience when the service does not answer."""

    def __init__(self, backend: Backend, run_name: str, display: Display) -> None:
        self._backend = backend
        self._run_name = run_name
        self._display = display

    def next(self) -> RunRecord:
        """Returns the run as it is now."""
        began = time.monotonic()
        told = False
        while True:
            try:
                return self._backend.run(self._run_name)
            except Unreachable as error:
                if time.monotonic() - began > PATIENCE_SECONDS:
                    raise
                if not told:
                    self._display.note(f"  {error}; asking again")
                    told = True
            time.sleep(POLL_SECONDS)


class _Steps:
    """What was shown of the steps so far: each begins once, and no end is told twice."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._begun: set[str] = set()
        self._ends: dict[str, str] = {}

    def show(self, record: RunRecord) -> None:
        """Shows what is new."""
        for step in record.steps:
            if step.status == "running" and step.name not in self._begun:
                self._begun.add(step.name)
                self._display.begin(step.name, "running", step.seconds)
            # A step that is tried again may fail first and then succeed: both are told.
            if has_ended(step.status) and self._ends.get(step.name) != step.status:
                self._begun.add(step.name)
                self._ends[step.name] = step.status
                self._display.end(step)
