"""Whether a challenger takes the champion's place, and why."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from models.promotion.comparison import Comparison
from models.promotion.significance import ALPHA, binomial_tail, mcnemar
from preprocessing.errors import InputError


@dataclass(frozen=True)
class Decision:
    """What was decided.

    Attributes:
        promoted: whether the challenger reigns from now on.
        why: one sentence with the figures.
        p_value: how likely the figures are an accident; 1 where nothing was compared.
        comparison: the figures; None where there was nothing to compare.
    """

    promoted: bool
    why: str
    p_value: float = 1.0
    comparison: Comparison | None = None

    def as_json(self) -> dict[str, Any]:
        """Returns what `json.dumps` takes."""
        return asdict(self)


def check_margin(margin: float) -> None:
    """Raises InputError unless the margin is a share."""
    if not (math.isfinite(margin) and 0 <= margin < 1):
        raise InputError(f"margin={margin:g}: expected a share of 0 or more and below 1")


def decide(comparison: Comparison, champion: int, margin: float = 0.0) -> Decision:
    """Promotes a challenger that is better by a margin when this is no accident.

    The first model ever has to do better than one that always says the commonest class.

    Args:
        comparison: how both did on the same examples.
        champion: number of the champion's version; 0 for none.
        margin: by how much accuracy has to grow at least, such as 0.01.

    Raises:
        InputError: the margin cannot be.
    """
    check_margin(margin)
    new, n = comparison.challenger_accuracy, comparison.examples
    if not champion:
        chance = comparison.commonest / n
        p = binomial_tail(comparison.challenger, n, chance)
        promoted = p < ALPHA
        verdict = "the first model, better" if promoted else "no better"
        why = (
            f"{verdict} than always saying the commonest class: {_share(new)} right against"
            f" {_share(chance)} of {n:,} examples ({_p(p)})"
        )
        return Decision(promoted, why, p, comparison)
    old = comparison.champion_accuracy
    p = mcnemar(comparison.better, comparison.worse)
    gain = (comparison.challenger - comparison.champion) / n
    figures = (
        f"{_share(new)} right against {_share(old)} of version {champion} on the same {n:,}"
        f" examples; {comparison.better:,} only the new one has right, {comparison.worse:,} only"
        f" version {champion} ({_p(p)})"
    )
    if gain <= 0:
        verdict = "not better"
    elif gain < margin:
        verdict = f"better by less than the margin of {_share(margin)}"
    elif p >= ALPHA:
        verdict = f"better, but this may be an accident (p must be below {ALPHA})"
    else:
        verdict = "better"
    return Decision(verdict == "better", f"{verdict}: {figures}", p, comparison)


def _share(share: float) -> str:
    return f"{100 * share:.2f} %"


def _p(p: float) -> str:
    if p < 1e-300:  # less than a float can tell from 0
        return "p < 1e-300"
    return f"p = {p:.4f}" if p >= 0.0001 else f"p = {p:.1e}"
