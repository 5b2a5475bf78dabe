"""When a challenger is promoted, and what is said."""

import pytest

from models.promotion.comparison import Comparison
from models.promotion.decision import decide
from preprocessing.errors import InputError


def comparison(better: int, worse: int, both: int = 800, examples: int = 1000) -> Comparison:
    return Comparison(examples, 10, 100, both + better, both + worse, better, worse)


def test_a_better_one_is_promoted_and_the_figures_are_told() -> None:
    decision = decide(comparison(60, 20), champion=3)
    assert decision.promoted
    assert decision.why == (
        "better: 86.00 % right against 82.00 % of version 3 on the same 1,000 examples; 60 only the"
        " new one has right, 20 only version 3 (p = 4.3e-06)"
    )


@pytest.mark.parametrize(
    ("better", "worse", "margin", "told"),
    [
        (20, 60, 0.0, "not better: 82.00 % right against 86.00 %"),
        (0, 0, 0.0, "not better: "),
        (60, 20, 0.05, "better by less than the margin of 5.00 %: "),
        (14, 10, 0.0, "better, but this may be an accident (p must be below 0.05): "),
    ],
)
def test_any_other_is_refused(better: int, worse: int, margin: float, told: str) -> None:
    decision = decide(comparison(better, worse), 3, margin)
    assert not decision.promoted
    assert decision.why.startswith(told)


def test_a_gain_of_the_margin_itself_is_enough() -> None:
    assert decide(comparison(60, 20), 3, 0.04).promoted


def test_the_first_model_has_to_beat_chance() -> None:
    assert decide(Comparison(1000, 10, 100, challenger=130), 0).promoted
    refused = decide(Comparison(1000, 10, 100, challenger=110), 0)
    assert not refused.promoted
    assert refused.why.startswith("no better than always saying the commonest class: 11.00 % right")
    sure = decide(Comparison(1000, 10, 100, challenger=900), 0)
    assert sure.why.endswith("of 1,000 examples (p < 1e-300)")
    # Of nine in ten of one class, eight in ten right is nothing.
    assert not decide(Comparison(1000, 2, 900, challenger=800), 0).promoted


@pytest.mark.parametrize("margin", [-0.1, 1.0, float("nan")])
def test_a_margin_that_cannot_be_is_told(margin: float) -> None:
    with pytest.raises(InputError, match=r"margin=.*: expected a share"):
        decide(comparison(1, 1), 1, margin)
