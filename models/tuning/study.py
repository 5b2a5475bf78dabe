"""A study: the trials of one tuning, in a database that Optuna's dashboard opens.

Whatever ends the tuning, its trials stay: those that were under way go on under their numbers.
"""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import optuna
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from models.search_space import SearchSpace
from models.tuning.lock import locked
from models.tuning.machine_error import MachineError
from models.tuning.results import METRIC, TrialRecord
from models.tuning.search import distributions, make_pruner, propose

STUDIES_FILE = "studies.db"
"""The database of all studies of a folder, SQLite's."""

_BUSY_SECONDS = 60  # another study of the folder may be writing
_STATES: dict[TrialState, Literal["complete", "pruned", "failed"]] = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
}


class Study:
    """The trials of one tuning. One process at a time has it, and only that one writes.

    Args:
        folder: of all studies.
        name: of this one; the same name goes on with the same trials.
        space: the search space.
        epochs: of a trial, at most.
        seed: of what is random.
        about: what a reader of the dashboard wants to know of it, as JSON values.

    Raises:
        MachineError: the database cannot be read or written; so do all methods.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        space: SearchSpace,
        epochs: int,
        seed: int,
        about: Mapping[str, Any],
    ) -> None:
        self._path = folder / STUDIES_FILE
        self._space = space
        self._seed = seed
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with self._storage_errors():
            with locked(folder / f".{STUDIES_FILE}.lock"):  # two cannot make the tables
                storage = optuna.storages.RDBStorage(
                    f"sqlite:///{self._path}",
                    engine_kwargs={"connect_args": {"timeout": _BUSY_SECONDS}},
                )
            self._study = optuna.create_study(
                storage=storage,
                study_name=name,
                load_if_exists=True,
                direction="maximize",
                pruner=make_pruner(epochs),
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ExperimentalWarning)
                self._study.set_metric_names([METRIC])  # else the dashboard says "Objective 0"
            for key, value in about.items():
                self._study.set_user_attr(key, value)

    def ended(self) -> list[TrialRecord]:
        """Returns the trials that have ended, by number."""
        with self._storage_errors():
            found = self._study.get_trials(deepcopy=False, states=tuple(_STATES))
        return [_record(trial) for trial in found]

    def under_way(self) -> dict[int, dict[str, Any]]:
        """Returns the values of the trials that have begun and not ended, by number."""
        with self._storage_errors():
            found = self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        return {trial.number: trial.params for trial in found}

    def begin(self) -> tuple[int, dict[str, Any]]:
        """Begins a new trial; returns its number and values."""
        with self._storage_errors():
            trials = self._study.get_trials()
            values = dict(propose(trials, self._space, self._seed))
            # Whole in one transaction: a trial under way never lacks a value.
            self._study.add_trial(
                optuna.create_trial(
                    state=TrialState.RUNNING,
                    params=values,
                    distributions=distributions(self._space),
                )
            )
        return len(trials), values

    def report(self, number: int, hits: Mapping[int, float]) -> bool:
        """Keeps what a trial has reached; returns whether it is to be stopped for that.

        Args:
            number: of the trial.
            hits: the metric by epoch, those of before too.
        """
        with self._storage_errors():
            trial = self._trial(number)
            known = self._study.trials[number].intermediate_values
            for epoch in sorted(set(hits) - set(known)):
                trial.report(hits[epoch], epoch)
            return trial.should_prune()

    def end(
        self, number: int, hit_at_1: float | None, epochs: int, seconds: float, error: str = ""
    ) -> TrialRecord:
        """Ends a trial.

        Args:
            number: of the trial.
            hit_at_1: the metric; None if it was pruned or failed.
            epochs: trained.
            seconds: that these took.
            error: why it failed, if it did.
        """
        with self._storage_errors():
            trial = self._trial(number)
            for name, value in (("epochs", epochs), ("seconds", seconds)):
                trial.set_user_attr(name, value)
            if error:
                trial.set_user_attr("error", error)
                told = self._study.tell(number, state=TrialState.FAIL)
            elif hit_at_1 is None:
                told = self._study.tell(number, state=TrialState.PRUNED)
            else:
                told = self._study.tell(number, hit_at_1)
        return _record(told)

    def _trial(self, number: int) -> optuna.Trial:
        return optuna.Trial(self._study, self._study.trials[number]._trial_id)

    @contextmanager
    def _storage_errors(self) -> Iterator[None]:
        """Tells in one line that the database cannot be used."""
        try:
            yield
        except (StorageInternalError, SQLAlchemyError) as error:
            told = str(error.__cause__ or error).splitlines()[0]
            raise MachineError(
                f"{self._path}: the study cannot be read or written ({told}); make room or check"
                " the file, then run again: the study goes on"
            ) from error


def _record(trial: FrozenTrial) -> TrialRecord:
    return TrialRecord(
        number=trial.number,
        state=_STATES[trial.state],
        values=trial.params,
        hit_at_1=trial.value,
        epochs=trial.user_attrs.get("epochs", 0),
        seconds=trial.user_attrs.get("seconds", 0.0),
        error=trial.user_attrs.get("error", ""),
    )
