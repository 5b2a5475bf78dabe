"""What a pipeline that tunes will try: its search space without what the user gives."""

from collections.abc import Collection, Mapping
from typing import Any

from models.own_files import own_class
from models.search_space import Choice, SearchSpace, argument_of, read_search_space
from pipelines.variants import base_of
from pipelines.wording import short


def search_space(pipeline: str, arguments: Mapping[str, Any]) -> SearchSpace:
    """Returns what a pipeline will try.

    Args:
        pipeline: its name.
        arguments: its `model` and `fixed_parameters`, among others.

    Raises:
        InputError: what is declared is no search space, or there is nothing to try.
    """
    return _read(pipeline, arguments["model"], arguments["fixed_parameters"])


def fixed_parameters(pipeline: str, model: str, given: Mapping[str, Any]) -> list[str]:
    """Returns the parameters of the search space that are not tried, as the user gives them.

    Args:
        pipeline: its name.
        model: the network.
        given: arguments of the user; keys of `model_arguments` are arguments of the network.

    Raises:
        InputError: what is declared is no search space.
    """
    of_network = given.get("model_arguments", {})
    names = map(argument_of, _read(pipeline, model, ()))
    return [name for network, name in names if name in (of_network if network else given)]


def tried_arguments(space: SearchSpace, model: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns arguments that a participant's network has to take: those given, and those tried.

    The project's own networks take what their search space says.
    """
    if not own_class(model, "model"):
        return given
    tried = {argument_of(name)[1]: one.default for name, one in space.items() if "." in name}
    return {**tried, **given}


def _read(pipeline: str, model: str, fixed: Collection[str]) -> SearchSpace:
    return read_search_space(f"models.{base_of(pipeline)}", model, fixed)


def space_lines(space: SearchSpace) -> list[str]:
    """Returns a line for each parameter: its name, range, scale and default."""
    rows = [(name, _range(one), f"default {short(one.default)}") for name, one in space.items()]
    names, ranges = (max(len(row[column]) for row in rows) for column in (0, 1))
    return [f"{name:<{names}}  {text:<{ranges}}  {default}" for name, text, default in rows]


def _range(one: Any) -> str:
    if isinstance(one, Choice):
        *others, last = map(short, one.values)
        return f"{', '.join(others)} or {last}"
    scale = ", log scale" if one.scale == "log" else ""
    return f"{short(one.low)} to {short(one.high)}{scale}"
