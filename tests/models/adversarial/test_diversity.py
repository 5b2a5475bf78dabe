"""The mean over all pairs of images, without looking at each."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.adversarial.diversity import mean_difference


@given(st.integers(2, 9), st.integers(0, 2**32 - 1))
def test_it_is_the_mean_over_all_pairs(count: int, seed: int) -> None:
    images = np.random.default_rng(seed).integers(0, 256, (count, 3, 2, 1)).astype(np.uint8)
    pairs = [np.abs(one - other.astype(float)).mean() for one, other in combinations(images, 2)]
    assert mean_difference(images) == pytest.approx(np.mean(pairs))
