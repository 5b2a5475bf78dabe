"""Whether splits hold as many images as what comes after the preprocessing takes."""

from collections.abc import Iterable

from preprocessing.challenge import Need
from preprocessing.errors import InputError
from preprocessing.plan import Plan
from preprocessing.split_sizes import HELD_OUT_PART


def check_needs(needs: Iterable[Need], plan: Plan, source: str) -> list[str]:
    """Returns a line on each need that is not met, though a run gets to its end without.

    Args:
        needs: of the challenge.
        plan: which images become which split.
        source: what a message calls them.

    Raises:
        InputError: a need is not met without which no run gets to its end.
    """
    notes = []
    for need in needs:
        found = plan.split(need.split).examples
        if found < need.images:
            told = (
                f"{sum(plan.pool(need.split).counts)} images give {found} for {need.split}, too few"
                f" for {need.step}, which takes {need.images}; {_remedy(need, plan)}"
            )
            if need.required:
                raise InputError(f"{source}: {told}")
            notes.append(told)
    return notes


def _remedy(need: Need, plan: Plan) -> str:
    pool = plan.pool(need.split)
    if getattr(plan.sizes, need.split) < need.images and pool is not plan.source.test:
        return f"set {need.split}_{plan.sizes.unit}={need.images} or more"
    if pool is plan.source.train:
        in_all = HELD_OUT_PART * need.images
        return f"give {in_all} images or more, or a {need.split} set of their own"
    return f"add some to the {need.split} set"
