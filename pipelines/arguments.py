"""From what a user asks for to the arguments of a pipeline, checked before anything runs."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from models.battle.limits import Limits
from models.battle.local_teams import fingerprint
from models.battle.tournament import check_pause
from pipelines.check_classes import check_classes
from pipelines.check_parameters import check_parameters
from pipelines.parameters import TAKEN, parse_parameters
from pipelines.registry import describe
from pipelines.training_kind import CLASSIFICATION, training_kind
from pipelines.tuning.space import fixed_parameters, search_space, tried_arguments
from pipelines.variants import base_of, is_tuning
from preprocessing.challenge import find_challenge
from preprocessing.errors import InputError
from preprocessing.gan import MNIST_SIZE

UNKNOWN_CLASSES = 345
"""What a network is tried with where only the data says how many: as many as the public data."""


def read_arguments(
    name: str,
    texts: Sequence[str],
    model: str,
    loss: str,
    num_classes: int | None,
    runs: Path,
    note: Callable[[str], None],
    teams: str = "",
) -> dict[str, Any]:
    """Returns the arguments that a user gives a pipeline, all but those of its data.

    Args:
        name: the pipeline.
        texts: PARAMS, such as `["epochs=3"]`.
        model: MODEL, such as `Cnn` or `path/to/mine.py:MyNet`; "" for the default.
        loss: LOSS, likewise.
        num_classes: of the data; None if it is not known yet.
        runs: folder of the runs, whose cache remembers what has been checked.
        note: is told when a check takes seconds.
        teams: TEAMS, the folder of a tournament's teams.

    Raises:
        InputError: something cannot be; one line says what.
    """
    pipeline = describe(name)
    inputs = pipeline.component_spec.inputs or {}
    given = parse_parameters(pipeline, texts, taken=TAKEN)
    for parameter, value in (("model", model), ("loss", loss), ("teams", teams)):
        if value and parameter in given:
            raise InputError(
                f"{parameter.upper()}={value}: PARAMS has {parameter}={given[parameter]} too;"
                " leave one of them out"
            )
        if value and parameter not in inputs:
            raise InputError(f"{parameter.upper()}={value}: {name} has no parameter {parameter}")
        if value:
            given[parameter] = value
    if "teams" in inputs:
        if not teams:
            raise InputError("TEAMS: not set; name a folder that has one for each team")
        given["teams_fingerprint"] = fingerprint(teams)
    arguments = {n: spec.default for n, spec in inputs.items()} | given
    if "model" not in inputs:
        check_parameters(arguments, None)
        Limits(call_seconds=arguments["call_seconds"], memory_gib=arguments["memory_gib"])
        check_pause(arguments["pause_seconds"])
        return given
    kind = training_kind(name)
    check_parameters(arguments, kind.options)
    if is_tuning(name):
        given["fixed_parameters"] = fixed_parameters(name, arguments["model"], given)
        space = search_space(name, arguments | given)
        own = tried_arguments(space, arguments["model"], arguments["model_arguments"])
        arguments["model_arguments"] = own
    challenge = find_challenge(base_of(name))
    size = MNIST_SIZE if arguments.get("use_mnist") else arguments.get("image_size", 0)
    data: dict[str, Any] = {"image_shape": list(challenge.shape(size))}
    if kind is CLASSIFICATION:
        data["num_classes"] = num_classes or len(challenge.label_names) or UNKNOWN_CLASSES
    return given | check_classes(challenge.name, kind, arguments, data, runs, note)
