"""The exact tests against the sums they stand for."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.promotion.significance import binomial_tail, mcnemar


@given(st.integers(0, 150), st.integers(0, 150))
def test_mcnemar_is_the_share_of_coin_tosses_at_least_as_good(better: int, worse: int) -> None:
    tosses = better + worse
    expected = Fraction(sum(comb(tosses, i) for i in range(better, tosses + 1)), 2**tosses)
    assert mcnemar(better, worse) == pytest.approx(float(expected), rel=1e-9)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 19))
def test_the_binomial_tail_is_the_sum_of_its_terms(
    successes: int, failures: int, twentieths: int
) -> None:
    chance, trials = Fraction(twentieths, 20), successes + failures
    expected = sum(
        comb(trials, i) * chance**i * (1 - chance) ** (trials - i)
        for i in range(successes, trials + 1)
    )
    found = binomial_tail(successes, trials, twentieths / 20)
    assert found == pytest.approx(float(expected), rel=1e-9)


def test_known_values_and_the_edges() -> None:
    assert mcnemar(0, 0) == 1
    assert mcnemar(5, 0) == pytest.approx(1 / 32)
    assert mcnemar(8, 2) == pytest.approx(56 / 1024)
    assert binomial_tail(3, 5, 0.0) == 0
    assert binomial_tail(3, 5, 1.0) == 1


def test_millions_of_examples_are_no_trouble() -> None:
    assert mcnemar(1_000_000, 1_000_000) == pytest.approx(0.5, abs=5e-4)
    assert mcnemar(1_010_000, 990_000) < 1e-40
    assert mcnemar(990_000, 1_010_000) == pytest.approx(1)
