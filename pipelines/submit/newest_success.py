"""The newest run of a pipeline that succeeded, for what is to be expected of the next."""

from collections.abc import Sequence

from pipelines.backend import History
from pipelines.history.run_record import RunRecord
from preprocessing.errors import InputError


def newest_success(pipeline: str, histories: Sequence[History]) -> RunRecord | None:
    """Returns the newest run that succeeded, with its steps; None for none.

    Args:
        pipeline: its name.
        histories: are asked one after the other; one that does not answer is passed over.
    """
    for history in histories:
        try:
            for record in history.runs(pipeline):
                if record.status == "succeeded":
                    return history.run(record.run)
        except InputError:
            continue
    return None
