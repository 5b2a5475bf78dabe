"""A trial of a participant's class: whatever goes wrong in it is told in one line."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy.typing as npt

from models.own_module import one_line, own_errors
from preprocessing.errors import InputError

as_numpy: Callable[[Any], npt.NDArray[Any]] = keras.ops.convert_to_numpy
"""Returns the values of a tensor of any backend."""


@contextmanager
def trial(name: str) -> Iterator[None]:
    """Makes any exception an InputError of one line.

    Args:
        name: what the line begins with where the exception came from no file of the participant's,
            such as `model=mine.py:MyNet`.
    """
    filtered = keras.config.is_traceback_filtering_enabled()
    keras.config.disable_traceback_filtering()  # else Keras rewrites messages and stack traces
    try:
        with own_errors():
            yield
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{name}: {type(error).__name__}: {one_line(error)}") from error
    finally:
        if filtered:
            keras.config.enable_traceback_filtering()


def shown(parameter: str, reference: str) -> str:
    """Returns a choice as messages show it: `model=mine.py:MyNet`, without the folder."""
    return f"{parameter}={reference.rpartition('/')[2]}"
