"""The error of a trial that is not its own fault."""

from preprocessing.errors import InputError


class MachineError(InputError):
    """A disk is full, or a file cannot be read: the trial is not at fault and can go on later."""
