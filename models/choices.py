"""Finding the network or loss that a parameter names."""

import ast
import difflib
import importlib
import inspect
from collections.abc import Callable, Collection
from pathlib import Path
from types import ModuleType
from typing import Any

from models.own_files import ROOT, own_class
from models.own_module import load_module, own_errors
from preprocessing.errors import InputError


def find_module(module_name: str, name: str, parameter: str) -> ModuleType:
    """Returns the module that a choice is in: the participant's own, or the project's.

    Args:
        module_name: of the project's, such as `models.quickdraw`.
        name: such as `Cnn`, or `path/to/mine.py:MyNet`.
        parameter: what the user calls the choice, such as `model`.

    Raises:
        InputError: there is no such file, or it raised an exception.
    """
    own = own_class(name, parameter)
    return load_module(own.path) if own else importlib.import_module(module_name)


def find_class(
    module_name: str, name: str, parameter: str, fault: Callable[[type], str]
) -> type[Any]:
    """Returns the public class that a parameter names.

    Args:
        module_name: of the project's choices, such as `models.quickdraw`.
        name: such as `Cnn`, or `path/to/mine.py:MyNet` for a class of a participant's.
        parameter: what the user calls the choice, such as `model`.
        fault: says why a class is none of the choices, such as "has no __call__"; "" if it is.

    Raises:
        InputError: there is no such class, and the message lists the choices and the nearest one;
            or the participant's class has a fault, and the message says which.
    """
    own = own_class(name, parameter)
    module = find_module(module_name, name, parameter)
    choices = {
        choice: value
        for choice, value in vars(module).items()
        if isinstance(value, type)
        and value.__module__ == module.__name__
        and not choice.startswith("_")
        and not fault(value)
    }
    if own is None:
        if name not in choices:
            raise unknown(name, module_name, parameter, choices)
        return choices[name]
    found = getattr(module, own.name, None)
    if not isinstance(found, type):
        raise unknown(own.name, own.path.name, parameter, choices)
    if reason := fault(found):
        raise InputError(f"{parameter}={own.path.name}:{own.name}: {reason}")
    return found


def make(cls: type[Any], parameter: str, **arguments: Any) -> Any:
    """Returns a new object of a class that `find_class` returned.

    Raises:
        InputError: its constructor needs other arguments, or a participant's raised an exception.
    """
    needed = [
        name
        for name, argument in list(inspect.signature(cls.__init__).parameters.items())[1:]
        if argument.default is argument.empty
        and argument.kind in (argument.POSITIONAL_OR_KEYWORD, argument.KEYWORD_ONLY)
        and name not in arguments
    ]
    if needed:
        raise InputError(
            f"{parameter}={cls.__name__}: its __init__ needs {', '.join(needed)}, and gets"
            f" {', '.join(arguments) or 'no arguments'}; give every argument a default"
        )
    with own_errors():
        return cls(**arguments)


def class_names(module_name: str) -> list[str]:
    """Returns the public classes of a module of the project that can be chosen, unimported.

    These are the ones that have a base, a public method or a `__call__`.
    """
    path = ROOT.joinpath(*module_name.split(".")).with_suffix(".py")
    return [
        node.name
        for node in ast.parse(Path(path).read_bytes()).body
        if isinstance(node, ast.ClassDef)
        and not node.name.startswith("_")
        and (node.bases or any(_is_method(part) for part in node.body))
    ]


def _is_method(node: ast.stmt) -> bool:
    if not isinstance(node, ast.FunctionDef):
        return False
    return node.name == "__call__" or not node.name.startswith("_")


def unknown(name: str, place: str, parameter: str, choices: Collection[str]) -> InputError:
    """Returns the error for a class that is not there: its message lists those that are."""
    lowered = {choice.lower(): choice for choice in choices}
    near = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.4)
    hint = f"; did you mean {lowered[near[0]]}?" if near else ""
    return InputError(
        f"{parameter}={name}: {place} has no such {parameter}; choose one of"
        f" {', '.join(sorted(choices)) or '(it defines none)'}{hint}"
    )
