"""Starts a run in the cloud, and no second one if the answer to an earlier try was lost."""

from collections.abc import Callable

from pipelines.backend import Backend, Submission
from pipelines.history.run_record import RunRecord
from pipelines.history.status import has_ended
from pipelines.settings import Settings
from pipelines.submit.pending import Pending, pend
from pipelines.wording import local_time
from preprocessing.errors import InputError, Unreachable


def start(
    backend: Backend, submission: Submission, settings: Settings, note: Callable[[str], None]
) -> RunRecord:
    """Returns the run that was started, or that an earlier try had started.

    Args:
        backend: where it shall run.
        submission: what to run.
        settings: with which it was made.
        note: is told what became of an earlier try.

    Raises:
        InputError: the backend refuses.
        Unreachable: it did not answer; the same call again asks for the same run.
    """
    pending = pend(submission, settings)
    if pending.again and pending.is_old:
        note(_what_became_of(pending, backend))
        pending.answered()
        pending = pend(submission, settings)
    if pending.again:
        note(
            f"the same was submitted at {local_time(pending.since)} without success: asking for"
            f" that run again, {pending.run}"
        )
    record = backend.submit(submission, pending.run)
    pending.answered()
    if pending.again and has_ended(record.status):
        note(
            f"it had been started then, and has ended: {record.status}; no second one was started:"
            " the same command again starts another"
        )
    return record


def _what_became_of(pending: Pending, backend: Backend) -> str:
    asked = f"the same was submitted at {local_time(pending.since)} without an answer"
    try:
        record = backend.run(pending.run)
    except Unreachable:
        raise
    except InputError as error:  # none of this name, or we may not look
        return f"{asked}; its run is not to be seen ({error}); this is another run"
    return f"{asked}; it had been started: {record.run}, {record.status}; this is another run"
