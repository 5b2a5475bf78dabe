"""A tuning under way: hands out trials, hears how they go and keeps what they found."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.checkpoint import CHECKPOINTS_FOLDER
from models.search_space import SearchSpace, argument_of
from models.tuning.one_trial import Common, Trained
from models.tuning.results import TrialRecord, TuningResult, expect_result, write_results
from models.tuning.study import Study
from preprocessing.errors import InputError
from preprocessing.progress import report_note, report_progress


class Tuning:
    """What those who train trials ask and tell.

    Args:
        study: keeps the trials.
        common: what all trials have in common.
        space: the search space.
        results: folder of `trials.csv` and `best.json`, which are there after every trial.
        trials: how many are to end, those of earlier runs included.
    """

    def __init__(
        self, study: Study, common: Common, space: SearchSpace, results: Path, trials: int
    ) -> None:
        self._study = study
        self._common = common
        self._space = space
        self._results = results
        self._trials = trials
        self._ended = study.ended()
        self._waiting = study.under_way()
        self._running: dict[int, dict[str, Any]] = {}
        self._fractions: dict[int, float] = {}
        for record in self._ended:  # it may have been killed between an end and this
            self._remove_checkpoints(record.number)
        done = len(self._ended)
        if done >= trials:
            report_note(f"nothing to try: {done} trials are done, {trials} asked for")
        elif done or self._waiting:
            waiting = len(self._waiting)
            report_note(f"going on: {done} of {trials} trials done, {waiting} under way")
        self._result = write_results(results, space, self._ended)

    @property
    def left(self) -> int:
        """How many trials have not begun in this run."""
        return max(0, self._trials - len(self._ended) - len(self._running))

    def next(self) -> tuple[int, dict[str, Any]] | None:
        """Returns number and values of the trial to train next; None if there is none left."""
        if not self.left:
            return None
        if self._waiting:
            number = min(self._waiting)
            values = self._waiting.pop(number)
        else:
            number, values = self._study.begin()
        self._running[number] = values
        return number, values

    def progress(self, number: int, fraction: float, message: str) -> None:
        """Shows how a trial stands.

        Args:
            number: of the trial.
            fraction: how much of it is done.
            message: how it stands, as the training says it.
        """
        self._fractions[number] = fraction
        self._report(f"trial {number}, {message}")

    def hopeless(self, number: int, hits: Mapping[int, float]) -> bool:
        """Keeps what a trial has reached; says whether it is to be stopped.

        Args:
            number: of the trial.
            hits: the metric of the best epoch so far, by epoch.
        """
        worse = bool(hits) and self._study.report(number, hits)
        return worse and number > 0  # the defaults, which all others are compared with, end

    def end(self, number: int, trained: Trained) -> None:
        """Keeps what came out of a trial."""
        hit = None if trained.pruned else trained.hit_at_1
        self._close(self._study.end(number, hit, trained.epochs, trained.seconds))

    def fail(self, number: int, error: str) -> None:
        """Keeps that a trial failed, and why.

        Raises:
            InputError: it had the defaults, so that something else is wrong than the values. The
                trial stays under way.
        """
        if number == 0:
            raise InputError(f"{error} (with the defaults of the search space)")
        self._close(self._study.end(number, None, 0, 0.0, error))

    def result(self) -> TuningResult:
        """Returns what was found.

        Raises:
            InputError: no trial is complete.
        """
        return expect_result(self._result, self._ended)

    def _close(self, record: TrialRecord) -> None:
        self._ended.append(record)
        del self._running[record.number]
        self._fractions.pop(record.number, None)
        self._result = write_results(self._results, self._space, self._ended)
        self._remove_checkpoints(record.number)
        told = f"trial {record.number} {record.state}"
        if record.hit_at_1 is not None:
            epochs = f"{record.epochs} epoch{'s' * (record.epochs > 1)}"
            told += f" with Hit@1 {record.hit_at_1:.4f} after {epochs}"
        why = f": {record.error}" if record.error else ""
        report_note(f"{told} ({_shown(record.values)}){why}")
        self._report()

    def _report(self, message: str = "") -> None:
        """Shows how far the tuning is, what tells most first: a narrow terminal cuts the rest."""
        told = [f"{len(self._ended)} of {self._trials} done"]
        if self._result:
            best = self._result.best_trial
            told[0] += f", best {best.hit_at_1:.3f}"
            told += [message, f"trial {best.number} is the best: {_shown(best.values)}"]
        else:
            told += [message]
        done = len(self._ended) + sum(self._fractions.values())
        report_progress(done / self._trials, "; ".join(filter(None, told)))

    def _remove_checkpoints(self, number: int) -> None:
        folder = self._common.trial_folder(number) / CHECKPOINTS_FOLDER
        shutil.rmtree(folder, ignore_errors=True)


def _shown(values: Mapping[str, Any]) -> str:
    """Returns values as people read them: `learning_rate=0.00213, units=300`."""
    return ", ".join(
        f"{argument_of(name)[1]}={f'{value:.3g}' if isinstance(value, float) else value}"
        for name, value in values.items()
    )
