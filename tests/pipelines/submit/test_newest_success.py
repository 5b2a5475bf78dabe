"""Times are taken from the newest run that succeeded, wherever there is one."""

from collections.abc import Sequence
from typing import cast

from pipelines.backend import History
from pipelines.history.run_record import RunRecord
from pipelines.submit.newest_success import newest_success
from preprocessing.errors import InputError, Unreachable


class Past:
    """A history of runs, newest first; `error` is raised instead of any answer."""

    name = "local"

    def __init__(self, *runs: RunRecord, error: InputError | None = None) -> None:
        self._runs = {run.run: run for run in runs}
        self._error = error

    def runs(self, pipeline: str = "", limit: int = 50) -> Sequence[RunRecord]:
        if self._error:
            raise self._error
        return [run for run in self._runs.values() if run.pipeline == pipeline]

    def run(self, name: str) -> RunRecord:
        return self._runs[name]


def run(name: str, status: str, pipeline: str = "mnist") -> RunRecord:
    return RunRecord(name, pipeline, "", {}, "", status)


def newest(*histories: Past) -> str:
    found = newest_success("mnist", [cast(History, history) for history in histories])
    return found.run if found else ""


def test_the_newest_success_of_the_first_history_that_has_one() -> None:
    cloud = Past(run("c4", "running"), run("c3", "failed"), run("c2", "succeeded"))
    here = Past(run("l1", "succeeded", "gan"), run("l0", "succeeded"))
    assert newest(cloud, here) == "c2"
    assert newest(Past(run("c3", "failed")), here) == "l0"
    assert newest(Past(error=Unreachable("away")), here) == "l0"
    assert newest(Past(), Past()) == ""
