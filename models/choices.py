"""Finding the network or loss that a parameter names."""

import difflib
import importlib
from collections.abc import Callable
from typing import Any

from preprocessing.errors import InputError


def find_class(
    module_name: str, name: str, parameter: str, accepts: Callable[[type], bool]
) -> type[Any]:
    """Returns the public class `name` that the module defines.

    Args:
        module_name: such as `models.quickdraw`.
        name: such as `Cnn`.
        parameter: what the user calls the choice, such as `model`.
        accepts: says whether a class of the module is one of the choices.

    Raises:
        InputError: there is no such class; the message lists the choices and the nearest one.
    """
    module = importlib.import_module(module_name)
    choices = {
        choice: value
        for choice, value in vars(module).items()
        if isinstance(value, type)
        and value.__module__ == module.__name__
        and not choice.startswith("_")
        and accepts(value)
    }
    if name in choices:
        return choices[name]
    lowered = {choice.lower(): choice for choice in choices}
    near = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.4)
    hint = f"; did you mean {lowered[near[0]]}?" if near else ""
    raise InputError(
        f"{parameter}={name}: {module_name} has no such {parameter}; choose one of"
        f" {', '.join(sorted(choices)) or '(it defines none)'}{hint}"
    )
