"""Checks a run's parameters before anything runs, as the steps themselves would."""

from dataclasses import fields
from typing import Any

from models.options import Options
from models.promotion.decision import check_margin
from models.promotion.drift import check_max_drift
from models.promotion.registry import check_place
from preprocessing.bad_images import check_limit
from preprocessing.compression import check_compression
from preprocessing.decode import check_crop
from preprocessing.errors import InputError
from preprocessing.examples import SPLITS
from preprocessing.split_sizes import SplitSizes


def check_parameters(arguments: dict[str, Any], options: type[Options] | None) -> None:
    """Checks the arguments of a pipeline for which a step has a range.

    Args:
        arguments: of the pipeline, all of them.
        options: the parameters of its training step; None if it trains nothing.

    Raises:
        InputError: a value is out of range; the message names the parameter.
    """
    check_limit(arguments["max_bad_fraction"])
    if arguments["shard_size"] < 1:
        raise InputError(f"shard_size: expected at least 1, got {arguments['shard_size']}")
    check_compression(arguments.get("compression", "none"))
    if "crop" in arguments:
        check_crop(arguments["crop"])
    if options:
        names = {field.name for field in fields(options)}  # type: ignore[arg-type]
        options(**{name: value for name, value in arguments.items() if name in names})
    for name in ("seed", "split_seed"):
        if arguments.get(name, 0) < 0:
            raise InputError(f"{name}={arguments[name]}: expected a whole number of 0 or more")
    if "registry" in arguments:
        if arguments["registry"]:
            check_place(arguments["registry"])
        check_margin(arguments["margin"])
        check_max_drift(arguments["max_drift"])
    if "trials" in arguments:
        _check_trials(arguments["trials"], arguments["parallel"], arguments["trial_epochs"])
    unit = "per_class" if "train_per_class" in arguments else "images"
    train, validation, test = (arguments[f"{split}_{unit}"] for split in SPLITS)
    SplitSizes(train, validation, test, unit)


def _check_trials(trials: int, parallel: int, epochs: int) -> None:
    if trials < 1:
        raise InputError(f"trials={trials}: expected a whole number of 1 or more")
    if not 1 <= parallel <= trials:
        raise InputError(f"parallel={parallel}: expected 1 to {trials}, the number of trials")
    if epochs < 0:
        raise InputError(
            f"trial_epochs={epochs}: expected a whole number of 1 or more, or 0 for as many as"
            " epochs says"
        )
