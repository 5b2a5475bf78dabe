"""From the words of PARAMS to arguments: `epochs=3`, or `@best.json` for what a file holds."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from kfp.dsl.base_component import BaseComponent

from preprocessing.errors import InputError
from preprocessing.files import open_file
from preprocessing.nearest import did_you_mean

TAKEN = {
    "source": "DATA",
    "source_fingerprint": "DATA",
    "teams": "TEAMS",
    "teams_fingerprint": "TEAMS",
    "beam_args": "BEAM",
    "files_fingerprint": "MODEL or LOSS",
    "fixed_parameters": "the other words: a parameter that is given is not tried",
}
"""Parameters that are not set by PARAMS, and by what they are."""

_NONE: Mapping[str, str] = MappingProxyType({})


def parse_parameters(
    pipeline: BaseComponent, texts: Sequence[str], taken: Mapping[str, str] = _NONE
) -> dict[str, Any]:
    """Turns words into arguments of a pipeline.

    Args:
        pipeline: says which parameters there are and of which type.
        texts: such as `["epochs=3", "model=Cnn"]`; lists and objects are JSON. `@best.json` is a
            file, local or a `gs://` URI, with a JSON object of parameters. A later file goes
            before, and what is no file before all, of an object key by key.
        taken: parameters that are set in another way, and by what.

    Raises:
        InputError: a text is no assignment, a name is unknown or taken, a value has another type,
            or a file is missing or no JSON object.
    """
    every = pipeline.component_spec.inputs or {}
    inputs = {name: spec for name, spec in every.items() if name not in taken}

    def check_name(place: str, name: str) -> None:
        if name in taken:
            raise InputError(f"{place}: {name} is not set here but by {taken[name]}")
        if name not in inputs:
            raise InputError(
                f"{place}: {name!r} is no parameter of {pipeline.name}"
                f"{did_you_mean(name, inputs)}; there are: {', '.join(inputs)}"
            )

    given: dict[str, Any] = {}
    of_files: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if text.startswith("@"):
            found = _read_file(text[1:])
            for name in found:
                check_name(text, name)
                found[name] = _typed(text, name, found[name], inputs[name].type)
            of_files = _over(of_files, found)
            continue
        if not equals:
            raise InputError(f"PARAMS: expected name=value or @file.json, got {text!r}")
        check_name("PARAMS", name)
        if name in given:
            raise InputError(f"PARAMS: {name!r} is given twice; name it once")
        given[name] = _parse(name, value, inputs[name].type)
    return _over(of_files, given)


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Returns both together; where they have the same name, `above` counts, of objects by key."""
    merged = below | above
    for name in below.keys() & above.keys():
        if isinstance(above[name], dict):
            merged[name] = below[name] | above[name]
    return merged


def _parse(name: str, value: str, kind: str) -> Any:
    kind = kind.partition("[")[0]
    kinds: dict[str, Callable[[str], Any]] = {
        "Integer": lambda text: int(text.replace("_", "")),
        "Float": float,
        "Boolean": lambda text: {"true": True, "1": True, "false": False, "0": False}[text.lower()],
        "List": json.loads,
        "Dict": json.loads,
    }
    if kind not in kinds:
        return value
    try:
        parsed = kinds[kind](value)
    except (ValueError, KeyError):
        raise _unexpected("PARAMS", name, kind, value) from None
    return _typed("PARAMS", name, parsed, kind, value)


def _typed(place: str, name: str, value: Any, kind: str, shown: object = None) -> Any:
    """Returns the value of a parameter, which has to be of its type."""
    kind = kind.partition("[")[0]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        "Integer": number and value == value // 1 and abs(value) < math.inf,
        "Float": number and math.isfinite(value),
        "Boolean": isinstance(value, bool),
        "List": isinstance(value, list),
        "Dict": isinstance(value, dict),
        "String": isinstance(value, str),
    }
    if not fits.get(kind, True):
        raise _unexpected(place, name, kind, value if shown is None else shown)
    return int(value) if kind == "Integer" else value


def _unexpected(place: str, name: str, kind: str, value: object) -> InputError:
    expected = {
        "Integer": "a whole number",
        "Float": "a number",
        "Boolean": "true or false",
        "List": "a JSON list",
        "Dict": 'a JSON object, such as {"units": 512}',
        "String": "a text",
    }
    return InputError(f"{place}: {name}: expected {expected[kind]}, got {value!r}")


def _read_file(path: str) -> dict[str, Any]:
    if not path:
        raise InputError("PARAMS: expected the name of a file after @, such as @best.json")
    with open_file(path) as file:
        text = file.read()
    try:
        found = json.loads(text)
    except ValueError as error:  # of a text that is not UTF-8 too
        raise InputError(
            f"@{path}: is no JSON ({error}); expected an object of parameters, as a tuning writes"
            " best.json"
        ) from None
    if not isinstance(found, dict):
        raise InputError(
            f'@{path}: expected a JSON object of parameters, such as {{"epochs": 3}}, found'
            f" {type(found).__name__}"
        )
    return found
