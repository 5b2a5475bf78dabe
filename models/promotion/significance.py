"""Exact one-sided tests of counts: is what was seen likely to be an accident?"""

import math

import numpy as np

ALPHA = 0.05
"""Below this probability, what was seen is taken to be no accident."""


def mcnemar(better: int, worse: int) -> float:
    """Returns the p-value of McNemar's exact test, one-sided.

    Of two models that judged the same examples only those count that one of them has right and the
    other wrong. If the models are equally good, each of these is either way with probability 1/2,
    so that p = sum over i from `better` to n of (n choose i) / 2^n, with n = `better` + `worse`
    (McNemar, Psychometrika 12, 1947; exact form: Fagerland, Lydersen and Laake, BMC Medical
    Research Methodology 13:91, 2013).

    Args:
        better: examples that only the challenger has right.
        worse: examples that only the champion has right.

    Returns:
        How likely an equally good challenger does so well; 1 where the models never differ.
    """
    return binomial_tail(better, better + worse, 0.5)


def binomial_tail(successes: int, trials: int, probability: float) -> float:
    """Returns how likely at least so many of the trials succeed: the exact sum of the terms.

    Terms are added as logarithms, so that no number of trials is too large.

    Args:
        successes: at least 0.
        trials: at least `successes`.
        probability: that one trial succeeds, 0 to 1.
    """
    if successes <= 0 or probability >= 1:
        return 1.0
    if probability <= 0:
        return 0.0
    first = (
        math.lgamma(trials + 1)
        - math.lgamma(successes + 1)
        - math.lgamma(trials - successes + 1)
        + successes * math.log(probability)
        + (trials - successes) * math.log1p(-probability)
    )
    count = np.arange(successes, trials, dtype=np.float64)
    ratios = np.log((trials - count) / (count + 1)) + math.log(probability / (1 - probability))
    logarithms = np.concatenate([[0.0], np.cumsum(ratios)])
    largest = logarithms.max()
    total = first + largest + math.log(np.exp(logarithms - largest).sum())
    return min(1.0, math.exp(total))
