"""How a tuning searches: which values are tried next, and which trials are not worth their end."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from models.search_space import Choice, Float, Integer, SearchSpace

RANDOM_TRIALS = 5
"""Trials before values are drawn where earlier ones were good.

Half of Optuna's default, as a tuning here has some tens of trials.
"""

PROPOSALS = 20
"""How often it is asked for values that are new; a small space may have none left."""

SEEN_TRIALS = 4
"""Complete trials before one is stopped for being worse than they."""

SEEN_SHARE = 1 / 3
"""Share of the epochs that every trial has: a high learning rate, or one that falls slowly, looks
worse in the first epochs than it ends."""


def distributions(space: SearchSpace) -> dict[str, BaseDistribution]:
    """Returns a search space as Optuna takes it."""
    return {name: _distribution(parameter) for name, parameter in space.items()}


def propose(
    trials: Sequence[optuna.trial.FrozenTrial], space: SearchSpace, seed: int
) -> Mapping[str, Any]:
    """Returns the values of the next trial.

    The first has the defaults. The others come from a tree-structured Parzen estimator (Bergstra
    et al., "Algorithms for Hyper-Parameter Optimization", 2011) over all parameters together, which
    keeps away from trials that are under way. Values that were tried come again only where nothing
    else is found. Nothing but the arguments decides, so that a study that was interrupted goes on
    as if it had not been.

    Args:
        trials: that have ended or are under way.
        space: the search space.
        seed: of what is random.
    """
    if not trials:
        return {name: parameter.default for name, parameter in space.items()}
    state = np.random.SeedSequence((seed, len(trials))).generate_state(1)
    sampler = optuna.samplers.TPESampler(n_startup_trials=RANDOM_TRIALS, seed=int(state[0]))
    copy = optuna.create_study(sampler=sampler, direction="maximize")  # in memory
    copy.add_trials(trials)
    tried = [trial.params for trial in trials]
    for _ in range(PROPOSALS):
        values: dict[str, Any] = copy.ask(distributions(space)).params
        if values not in tried:
            break
    return values


def make_pruner(epochs: int) -> optuna.pruners.BasePruner:
    """Returns what says whether a trial is hopeless: it is worse than half of those before it.

    The median needs neither many trials nor to know how long one takes, as successive halving does.

    Args:
        epochs: of a trial, at most.
    """
    return optuna.pruners.MedianPruner(
        n_startup_trials=SEEN_TRIALS, n_warmup_steps=max(1, round(SEEN_SHARE * epochs))
    )


def _distribution(parameter: Float | Integer | Choice) -> BaseDistribution:
    if isinstance(parameter, Choice):
        return CategoricalDistribution(parameter.values)
    log = parameter.scale == "log"
    if isinstance(parameter, Integer):
        return IntDistribution(parameter.low, parameter.high, log=log)
    return FloatDistribution(parameter.low, parameter.high, log=log)
