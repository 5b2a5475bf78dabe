"""Trains the trials of a tuning in this process, one after the other."""

from functools import partial

from models.devices import every_device
from models.tuning.machine_error import MachineError
from models.tuning.one_trial import Common, train_trial
from models.tuning.tuning import Tuning
from preprocessing.errors import InputError
from preprocessing.examples import Examples


def train_here(tuning: Tuning, common: Common, examples: Examples) -> None:
    """Trains trials until none is left.

    Args:
        tuning: hands them out.
        common: what they have in common.
        examples: on local disk, opened.

    Raises:
        InputError: no other trial would do better: the defaults failed, or the disk is full.
        SystemExit: SIGTERM or SIGINT came; a checkpoint was written first.
    """
    with every_device() as devices:
        while given := tuning.next():
            number, values = given
            try:
                trained = train_trial(
                    common,
                    number,
                    values,
                    examples,
                    devices,
                    partial(tuning.progress, number),
                    partial(tuning.hopeless, number),
                )
            except MachineError:
                raise
            except InputError as error:
                tuning.fail(number, str(error))
            else:
                tuning.end(number, trained)
