"""One trial of a tuning: a training that is not exported, and may be stopped for being hopeless."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.devices import Devices
from models.fitting import fit
from models.search_space import as_arguments
from models.training_options import TrainingOptions
from models.training_state import TrainingState
from models.trial import shown, trial
from models.tuning.hparams_log import write_hparams
from models.tuning.lock import locked
from models.tuning.machine_error import MachineError
from models.tuning.results import metric_by_epoch
from preprocessing.errors import InputError
from preprocessing.examples import Examples


@dataclass(frozen=True)
class Common:
    """What all trials of a tuning have in common.

    Attributes:
        examples: local folder of the examples.
        networks: module with the challenge's networks, such as `models.quickdraw`.
        options: parameters of the training; those of a trial go before them.
        weights: local file that the network starts from; "" for none.
        folder: gets a folder a trial.
    """

    examples: Path
    networks: str
    options: TrainingOptions
    weights: str
    folder: Path

    def trial_folder(self, number: int) -> Path:
        """Returns the folder of a trial's history, logs and checkpoints."""
        return self.folder / f"trial-{number:04d}"


@dataclass(frozen=True)
class Trained:
    """What came out of a trial that did not fail.

    Attributes:
        hit_at_1: the metric.
        epochs: trained.
        seconds: of training and validation, over all runs.
        pruned: whether it was stopped as hopeless.
    """

    hit_at_1: float
    epochs: int
    seconds: float
    pruned: bool


def train_trial(
    common: Common,
    number: int,
    values: Mapping[str, Any],
    examples: Examples,
    devices: Devices,
    progress: Callable[[float, str], None],
    hopeless: Callable[[Mapping[int, float]], bool],
) -> Trained:
    """Trains a trial, going on where it was interrupted.

    Args:
        common: what all trials have.
        number: of the trial.
        values: that it tries, by their names in the search space.
        examples: on local disk, opened.
        devices: what trains.
        progress: gets the fraction of the training that is done, and how it stands.
        hopeless: gets the metric of the best epoch so far, after each epoch, by epoch; says whether
            the trial is to be stopped.

    Raises:
        InputError: the training failed, for whatever reason.
        MachineError: it cannot go on now, and no other trial could.
        SystemExit: SIGTERM or SIGINT came; a checkpoint was written first.
    """
    folder = common.trial_folder(number)
    pruned = False

    def stop(state: TrainingState) -> bool:
        nonlocal pruned
        ends = state.finished(options.epochs, options.max_steps, options.patience)
        pruned = hopeless(metric_by_epoch(state)) and not ends
        return pruned

    # A worker whose tuning was killed may still be putting this trial away.
    with locked(folder / ".lock"):
        name = f"{common.folder.name}/{number}"
        try:
            with trial(shown("model", common.options.model)):
                options = common.options.tuned(as_arguments(values))
                result = fit(
                    examples,
                    folder,
                    common.networks,
                    options,
                    devices,
                    common.weights,
                    stop=stop,
                    report=progress,
                ).result
        except MachineError:
            raise
        except InputError as error:
            if _is_of_the_machine(error):
                raise MachineError(str(error)) from error
            write_hparams(folder, name, values, None)
            raise
        write_hparams(folder, name, values, (result.epochs, result.validation_hit_at_1))
    return Trained(result.validation_hit_at_1, result.epochs, result.seconds, pruned)


def _is_of_the_machine(error: BaseException | None) -> bool:
    """Says whether a file or a disk is behind an error."""
    while error and not isinstance(error, OSError):
        error = error.__cause__
    return error is not None
