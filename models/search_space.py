"""The search space of a tuning: which parameters are tried, of which type, range and scale.

`models/<challenge>.py` declares it beside its networks, and a participant's own file may beside its
own, as a literal, which is read without running the file and without Keras:

    SEARCH_SPACE = {
        "learning_rate": {"type": "float", "low": 1e-4, "high": 1e-2, "scale": "log",
                          "default": 0.003},
        "batch_size": {"type": "choice", "values": [64, 128, 256], "default": 128},
        "Cnn.units": {"type": "integer", "low": 64, "high": 512, "default": 256},
    }

A name with a dot is an argument of that network; the others are parameters of the training.
"""

import ast
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from models.choices import class_names, unknown
from models.own_files import ROOT, own_class, parse_file
from models.training_options import TrainingOptions
from preprocessing.errors import InputError
from preprocessing.nearest import did_you_mean

Scale = Literal["linear", "log"]

_STRICT = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
_LOSSES = "models.losses"
_TYPES = ("float", "integer", "choice")
_NO_TYPE = "expected a type, which is 'float', 'integer' or 'choice'"
_TOLD = {
    "union_tag_not_found": _NO_TYPE,
    "union_tag_invalid": _NO_TYPE,
    "missing": "is missing",
    "extra_forbidden": "is unknown",
}
"""What is said of faults that pydantic has other words for, by their types there."""
_TUNABLE = (
    *("loss", "batch_size", "learning_rate", "learning_rate_decay"),
    *("clip_norm", "augment", "mixed_precision"),
)


class _Range(BaseModel):
    """What numbers have in common."""

    model_config = _STRICT

    low: float
    high: float
    scale: Scale = "linear"
    default: float

    def extremes(self) -> list[Any]:
        """Returns the values that have to be possible for all others to be."""
        return [self.low, self.high]

    @model_validator(mode="after")
    def _holds_its_default(self) -> "_Range":
        if not self.low < self.high:
            raise ValueError(f"expected low below high, found {self.low} and {self.high}")
        if not self.low <= self.default <= self.high:
            raise ValueError(f"its default {self.default} is not from {self.low} to {self.high}")
        if self.scale == "log" and self.low <= 0:
            raise ValueError(f"a log scale begins above 0, not at {self.low}")
        return self


class Float(_Range):
    """A real number from `low` to `high`, both included."""

    type: Literal["float"]


class Integer(_Range):
    """A whole number from `low` to `high`, both included."""

    type: Literal["integer"]
    low: int
    high: int
    default: int


class Choice(BaseModel):
    """One of some values, all numbers or all texts or true and false."""

    model_config = _STRICT

    type: Literal["choice"]
    values: list[bool | int | float | str] = Field(min_length=2)
    default: bool | int | float | str

    def extremes(self) -> list[Any]:
        """Returns all its values."""
        return list(self.values)

    @model_validator(mode="after")
    def _holds_its_default(self) -> "Choice":
        if len({repr(value) for value in self.values}) < len(self.values):
            raise ValueError(f"a value is there twice: {self.values}")
        if repr(self.default) not in map(repr, self.values):
            raise ValueError(f"its default {self.default!r} is none of {self.values}")
        kinds = {"number" if type(v) in (int, float) else type(v).__name__ for v in self.values}
        if len(kinds) > 1:
            raise ValueError(f"expected values of one kind, found {self.values}")
        return self


Parameter = Annotated[Float | Integer | Choice, Field(discriminator="type")]
SearchSpace = Mapping[str, Float | Integer | Choice]
"""Parameters by name; that of a network's argument begins with the network: `Cnn.units`."""

_SPACE: TypeAdapter[dict[str, Float | Integer | Choice]] = TypeAdapter(dict[str, Parameter])


def read_search_space(module_name: str, model: str, fixed: Collection[str] = ()) -> SearchSpace:
    """Returns what a tuning of a network tries.

    Args:
        module_name: of the challenge's networks, such as `models.quickdraw`.
        model: the network, such as `Cnn` or `path/to/mine.py:MyNet`. If its file declares no space,
            it is tried with the challenge's parameters of the training.
        fixed: parameters, or arguments of the network, that are not tried.

    Raises:
        InputError: what is declared is no search space, or there is nothing to try.
    """
    own = own_class(model, "model")
    path = ROOT.joinpath(*module_name.split(".")).with_suffix(".py")
    declared = _declared(own.path) if own else None
    if declared is None:
        declared = _declared(path) or {}
    network = own.name if own else model
    space = {
        name: parameter
        for name, parameter in declared.items()
        if argument_of(name)[0] in ("", network) and argument_of(name)[1] not in fixed
    }
    if not space:
        raise InputError(
            f"model={model.rpartition('/')[2]}: nothing to try; declare a SEARCH_SPACE in"
            f" {(own.path if own else path).name}, or leave one of its parameters out of PARAMS"
        )
    return space


def argument_of(name: str) -> tuple[str, str]:
    """Splits a name: (`Cnn`, `units`) for `Cnn.units`, ("", `batch_size`) for `batch_size`."""
    network, _, argument = name.rpartition(".")
    return network, argument


def as_arguments(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns values of a space as parameters of the training, as PARAMS takes them.

    Arguments of a network are in `model_arguments`.
    """
    plain = {name: value for name, value in values.items() if "." not in name}
    arguments = {argument_of(name)[1]: value for name, value in values.items() if "." in name}
    return plain | ({"model_arguments": arguments} if arguments else {})


def _declared(path: Path) -> dict[str, Float | Integer | Choice] | None:
    """Returns the SEARCH_SPACE that a file declares; None if it declares none."""
    tree = parse_file(path)
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if not any(isinstance(t, ast.Name) and t.id == "SEARCH_SPACE" for t in targets):
            continue
        place = f"{path.name} line {node.lineno}: SEARCH_SPACE"
        try:
            space = _SPACE.validate_python(ast.literal_eval(node.value))  # type: ignore[attr-defined]
        except ValidationError as error:
            wrong = error.errors()[0]
            where = ".".join(str(part) for part in wrong["loc"] if part not in _TYPES)
            told = _TOLD.get(wrong["type"], wrong["msg"].removeprefix("Value error, "))
            raise InputError(": ".join(filter(None, [place, where, told]))) from None
        except (ValueError, TypeError):  # a call, or a list as a key
            raise InputError(
                f"{place}: expected a literal dictionary, without calls and names of other things"
            ) from None
        for name, parameter in space.items():
            _check(name, parameter, place)
            _check_network(name, tree, place)
        return space
    return None


def _check(name: str, parameter: Float | Integer | Choice, place: str) -> None:
    """Checks that a training takes such a parameter, and all its values."""
    if "." in name:
        if argument_of(name)[1] in _TUNABLE:  # both are called so in files and on command lines
            raise InputError(
                f"{place}: {name}: the training has a parameter of that name; rename the network's"
                " argument"
            )
        return
    if name not in _TUNABLE:
        raise InputError(
            f"{place}: {name!r} is no parameter that can be tried; there are:"
            f" {', '.join(_TUNABLE)}, and arguments of a network, such as 'Cnn.units'"
        )
    for value in parameter.extremes():
        try:
            if name == "loss":
                _check_loss(value)
            TrainingOptions(**{name: value})
        except InputError as error:
            raise InputError(f"{place}: {str(error).partition('; change')[0]}") from None


def _check_loss(value: Any) -> None:
    losses = class_names(_LOSSES)  # files of losses that are only tried would not be in the image
    if value not in losses:
        raise unknown(str(value), _LOSSES, "loss", losses)


def _check_network(name: str, tree: ast.Module, place: str) -> None:
    """Checks that a network whose argument is tried is in its file, or imported, and takes it."""
    network, argument = argument_of(name)
    known = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            known += [alias.asname or alias.name for alias in node.names]
    if network and network not in known:
        raise InputError(f"{place}: {name}: no class {network!r}{did_you_mean(network, known)}")
    for taken in _arguments(tree, network):
        if argument not in taken:
            near = did_you_mean(argument, taken)
            raise InputError(f"{place}: {name}: its __init__ takes no {argument!r}{near}")


def _arguments(tree: ast.Module, network: str) -> list[list[str]]:
    """Returns what a class's own `__init__` takes, one list; none if its file shows no such."""
    return [
        [one.arg for one in (*made.args.args[1:], *made.args.kwonlyargs)]
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name == network
        for made in node.body
        if isinstance(made, ast.FunctionDef) and made.name == "__init__"
    ]
