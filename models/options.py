"""Parameters that check themselves, and that say which of them decide what comes out."""

import math
from collections.abc import Callable
from typing import Any

from preprocessing.errors import InputError

_NOT_DECIDING = ("start_new_model", "export_model_steps", "checkpoint_dir", "checkpoint_seconds")


class Options:
    """The base of the frozen dataclasses of parameters."""

    def expect_whole(self, *names: str, least: int) -> None:
        """Checks that parameters are whole numbers of `least` or more.

        Raises:
            InputError: one is not.
        """
        for name in names:
            what = f"a whole number of {least} or more"
            self.expect(name, what, lambda value: value >= least, kind=int)

    def expect_positive(self, *names: str) -> None:
        """Checks that parameters are numbers above 0.

        Raises:
            InputError: one is not.
        """
        for name in names:
            self.expect(name, "a number above 0", lambda value: 0 < value < math.inf)

    def expect_seed(self) -> None:
        """Checks `seed`.

        Raises:
            InputError: it is no seed that NumPy, Keras and TensorFlow all take.
        """
        what = "a whole number from 0 to 2**32 - 1"
        self.expect("seed", what, lambda value: 0 <= value < 2**32, kind=int)

    def expect(
        self, name: str, what: str, holds: Callable[[Any], bool], kind: type[float] = float
    ) -> None:
        """Checks one parameter.

        Args:
            name: of the parameter.
            what: what it should be, in words.
            holds: says whether a number is that.
            kind: `int` where only whole numbers are taken.

        Raises:
            InputError: it is not.
        """
        value = getattr(self, name)
        number = isinstance(value, int | kind) and not isinstance(value, bool)
        if not (number and holds(value)):
            default = getattr(type(self), name)
            raise InputError(
                f"{name}={value}: expected {what}; change it or leave it out for {default}"
            )

    def decides(self) -> dict[str, Any]:
        """Returns the options that decide what comes out: what a checkpoint is good for."""
        return {name: value for name, value in vars(self).items() if name not in _NOT_DECIDING}
