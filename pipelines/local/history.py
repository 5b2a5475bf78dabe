"""The runs on this machine, as their `run.json` tell."""

from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from pipelines.history.run_record import RUN_FILE, RunRecord
from pipelines.history.unknown_run import unknown_run
from preprocessing.errors import InputError


class LocalHistory:
    """Local runs (see `pipelines.backend.History`).

    Args:
        runs: the folder of all runs; it need not be there.
        note: is told, in one line, of records that cannot be read.
    """

    name = "local"

    def __init__(self, runs: Path, note: Callable[[str], None]) -> None:
        self._runs = runs
        self._note = note

    def run(self, name: str) -> RunRecord:
        """Returns a run with its steps, as it is now.

        Raises:
            InputError: there is none of that name, or its record is damaged.
        """
        if name not in self.names():
            raise unknown_run(name, self.names())
        return RunRecord.read(self._runs / name)

    def runs(self, pipeline: str = "", limit: int = 50) -> Sequence[RunRecord]:
        """Returns the newest runs, of one pipeline or all, newest first."""
        records, damaged = read_records(self._runs)
        if damaged:
            more = f" (and {len(damaged) - 1} more)" if len(damaged) > 1 else ""
            self._note(f"left out{more}: {next(iter(damaged.values()))}")
        found = [record for record in records if pipeline in ("", record.pipeline)]
        return sorted(found, key=lambda record: record.started, reverse=True)[:limit]

    def names(self) -> list[str]:
        """Returns the names of all runs, also of those whose record is damaged."""
        return sorted(path.parent.name for path in self._runs.glob(f"*/{RUN_FILE}"))

    def log_tail(self, run: RunRecord, step: str, lines: int = 20) -> str:
        """Returns the last lines of a step's log; "" if there is none."""
        logs = [Path(one.log) for one in run.steps if one.name == step and one.log]
        try:
            with logs[0].open(errors="replace") as file:
                return "".join(deque(file, lines))
        except (IndexError, FileNotFoundError):
            return ""


def read_records(runs: Path) -> tuple[list[RunRecord], dict[str, InputError]]:
    """Reads the records of all runs in one pass.

    Returns:
        The records, in no order, and of the runs whose record cannot be read why, by their name.
    """
    records: list[RunRecord] = []
    damaged: dict[str, InputError] = {}
    for path in runs.glob(f"*/{RUN_FILE}"):
        try:
            records.append(RunRecord.read(path.parent))
        except InputError as error:
            damaged[path.parent.name] = error
        except OSError as error:
            damaged[path.parent.name] = InputError(f"{path}: {error.strerror}")
    return records, damaged
