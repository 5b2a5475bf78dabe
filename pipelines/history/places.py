"""The places where runs can be looked up, asked at once; one without an answer is left out."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from time import monotonic
from typing import TypeVar

from rich.console import Console

from pipelines.backend import BACKENDS, History, configured, find_backend
from pipelines.history.run_record import RunRecord
from pipelines.history.unknown_run import unknown_run
from pipelines.local.history import LocalHistory
from pipelines.settings import Settings, read_settings
from pipelines.variants import with_variants
from preprocessing.errors import InputError, Unreachable

LOCAL = "local"

PATIENCE_SECONDS = 20.0
"""How long a table waits for a place in the cloud."""

LOOKED_AT = 200
"""Of how many of a cloud's newest runs the beginning of a name is looked for."""

T = TypeVar("T")


@dataclass(frozen=True)
class Found:
    """A run, and where it is."""

    history: History
    record: RunRecord


class Places:
    """The local runs, and those of each backend whose settings are set.

    Args:
        only: `local`, `vertex` or `kubeflow`; all by default.
        runs: the folder of the local runs.
        console: gets a line about what is left out, and shows whom we wait for.

    Raises:
        InputError: `only` is unknown.
    """

    def __init__(self, only: str, runs: Path, console: Console) -> None:
        if only not in ("", LOCAL, *BACKENDS):
            raise InputError(
                f"BACKEND: {only!r} is unknown; there are: {', '.join((LOCAL, *BACKENDS))}"
            )
        self._only = only
        self._console = console
        self._local = LocalHistory(runs, self._note)
        self._settings = None if only == LOCAL else self._read_settings()
        self._opened: dict[str, History] = {LOCAL: self._local}

    def newest(self, pipeline: str, limit: int) -> list[RunRecord]:
        """Returns the newest runs of all places together, newest first.

        Those of a pipeline are those of its variants too.
        """
        names = with_variants(pipeline) if pipeline else [""]
        answers = self._ask(lambda history: [history.runs(name, limit) for name in names])
        records = [record for answer in answers for found in answer for record in found]
        return sorted(records, key=lambda record: record.started, reverse=True)[:limit]

    def find(self, name: str) -> Found:
        """Finds a run by its name or the beginning of it.

        Raises:
            InputError: there is none, or several begin so; the message names the nearest.
        """
        name = Path(name).name  # a path, or the full name of a resource, ends with it
        if self._only in ("", LOCAL) and name in self._local.names():
            return Found(self._local, self._local.run(name))
        answers = self._ask(lambda history: _candidates(history, name))
        known = {run: history for history, names in answers for run in names}
        begun = [name] if name in known else [run for run in known if run.startswith(name)]
        if not begun:
            raise unknown_run(name, list(known))
        if len(begun) > 1:
            told = ", ".join(sorted(begun)[:3]) + (", ..." if len(begun) > 3 else "")
            raise InputError(f"RUN: {len(begun)} runs begin with {name!r}: {told}; name it whole")
        return Found(known[begun[0]], known[begun[0]].run(begun[0]))

    def _note(self, text: str) -> None:
        self._console.print(f"note: {text}", markup=False, highlight=False, soft_wrap=True)

    def _read_settings(self) -> Settings | None:
        try:
            return read_settings()
        except InputError as error:
            if self._only:
                raise
            self._note(f"only local runs: {error}")
            return None

    def _configured(self) -> list[str]:
        return configured(self._settings) if self._settings else []

    def _open(self, name: str) -> History:
        if name not in self._opened:
            assert self._settings is not None
            self._opened[name] = find_backend(name, self._settings)
        return self._opened[name]

    def _ask(self, question: Callable[[History], T]) -> list[T]:
        """Asks all places at once; of several, one that does not answer costs a note."""
        names = [self._only] if self._only else [LOCAL, *self._configured()]
        if names == [LOCAL]:
            return [question(self._local)]
        with self._console.status(f"asking {', '.join(names)}"):
            if len(names) == 1:
                return [question(self._open(names[0]))]
            return self._gather(names, question)

    def _gather(self, names: Sequence[str], question: Callable[[History], T]) -> list[T]:
        answers: Queue[tuple[str, T | Exception]] = Queue()

        def ask(name: str) -> None:
            try:
                answers.put((name, question(self._open(name))))
            except Exception as error:
                answers.put((name, error))

        for name in names:
            # One that hangs must not keep the process from ending.
            threading.Thread(target=ask, args=(name,), daemon=True).start()
        deadline = monotonic() + PATIENCE_SECONDS
        silent, found = set(names), []
        while silent:
            try:
                name, answer = answers.get(timeout=max(deadline - monotonic(), 0.0))
            except Empty:
                self._note(
                    f"{', '.join(sorted(silent))} left out: no answer within"
                    f" {PATIENCE_SECONDS:.0f} s; BACKEND=local asks nobody"
                )
                break
            silent.discard(name)
            if isinstance(answer, InputError):
                self._note(f"{name} left out: {answer}")
            elif isinstance(answer, Exception):
                raise answer
            else:
                found.append(answer)
        return found


def _candidates(history: History, name: str) -> tuple[History, Sequence[str]]:
    """Returns the names of runs among which the wanted one would be."""
    if isinstance(history, LocalHistory):
        return history, history.names()
    try:
        return history, [history.run(name).run]  # one call, and however old it is
    except Unreachable:
        raise
    except InputError:
        return history, [record.run for record in history.runs("", LOOKED_AT)]
