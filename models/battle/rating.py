"""A rating of teams that met in pairs: the Bradley-Terry model on the scale of chess ratings."""

from collections.abc import Iterable

import numpy as np

AVERAGE = 1500
"""The rating of an average team. One that is 400 above another is expected to win 10 of 11."""

_PRIOR_MATCHES = 1.0
_PRECISE = 1e-6


def rate(results: Iterable[tuple[str, str]]) -> dict[str, float]:
    """Returns the rating of every team; the order of the results does not matter.

    Of strengths g, the model says that i beats j with the probability g_i / (g_i + g_j) (Bradley
    and Terry 1952). The most likely g is found by Hunter's steps (2004, "MM algorithms for
    generalized Bradley-Terry models", equation 3). As one who won all would be infinitely strong,
    each team also has half a win and half a loss against an average one, of strength 1: a prior
    that keeps ratings of few matches near the average.

    Args:
        results: names of the winner and the loser of each match.
    """
    results = list(results)
    names = sorted({name for result in results for name in result})
    index = {name: number for number, name in enumerate(names)}
    wins = np.full(len(names), _PRIOR_MATCHES / 2)
    meetings = np.zeros((len(names), len(names)))
    for winner, loser in results:
        wins[index[winner]] += 1
        meetings[index[winner], index[loser]] += 1
        meetings[index[loser], index[winner]] += 1
    strength = np.ones(len(names))
    change = np.inf
    while change > _PRECISE:
        together = strength[:, None] + strength
        expected = (meetings / together).sum(axis=1) + _PRIOR_MATCHES / (strength + 1)
        better = wins / expected
        change = np.abs(np.log(better / strength)).max(initial=0)
        strength = better
    ratings = AVERAGE + 400 * np.log10(strength)
    return dict(zip(names, ratings.tolist(), strict=True))
