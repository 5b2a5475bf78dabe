"""The parameters that a training needs otherwise when accelerators or machines share it."""

from collections.abc import Mapping
from typing import Any

from models.search_space import Choice, read_search_space
from pipelines.history.defaults import parameter_defaults
from pipelines.registry import challenge_of
from pipelines.settings import Settings
from pipelines.training_kind import CLASSIFICATION, training_kind
from pipelines.variants import is_tuning
from preprocessing.errors import InputError


def shared_parameters(
    pipeline: str, given: Mapping[str, Any], settings: Settings
) -> dict[str, Any]:
    """Returns the parameters whose defaults do not do, with values that do.

    A batch is shared out evenly, so that the default `batch_size` is rounded up: 129 for three
    machines. A tuning whose search space has others does not try it. GANs train on one accelerator,
    and are left as they are.

    Args:
        pipeline: its name.
        given: what the user gives it.
        settings: what it trains on.

    Raises:
        InputError: the accelerators cannot share the batch that was given.
    """
    sharing = _sharing(pipeline, settings)
    if sharing == 1:
        return {}
    size = given.get("batch_size") or parameter_defaults(pipeline)["batch_size"]
    fitting = -(-size // sharing) * sharing
    if "batch_size" in given and size != fitting:
        raise InputError(
            f"batch_size={size}: expected a multiple of the {sharing} that share a batch, such as"
            f" {fitting}"
        )
    changed: dict[str, Any] = {"batch_size": fitting}
    if (
        "batch_size" not in given
        and is_tuning(pipeline)
        and _tries_others(pipeline, given, sharing)
    ):
        changed["fixed_parameters"] = [*given.get("fixed_parameters", ()), "batch_size"]
    return changed


def _tries_others(pipeline: str, given: Mapping[str, Any], sharing: int) -> bool:
    """Says whether a tuning may try a batch that cannot be shared out evenly."""
    model = given.get("model") or parameter_defaults(pipeline)["model"]
    tried = read_search_space(f"models.{challenge_of(pipeline)}", model).get("batch_size")
    if isinstance(tried, Choice):
        return any(size % sharing for size in tried.values)
    return tried is not None


def _sharing(pipeline: str, settings: Settings) -> int:
    """Returns how many share a batch: the accelerators of all machines."""
    sharing = max(1, settings.training_accelerator()[1]) * settings.training_workers()
    if sharing == 1 or training_kind(pipeline) != CLASSIFICATION:
        return 1
    return sharing if "batch_size" in parameter_defaults(pipeline) else 1
