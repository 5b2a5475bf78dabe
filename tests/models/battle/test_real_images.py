"""Real images are those of the split, drawn without repetition from all of its shards."""

import numpy as np
import pytest

from models.battle.real_images import RealImages
from preprocessing.errors import InputError
from preprocessing.examples import Examples
from tests.models.conftest import pixels_and_labels


def test_all_can_be_drawn_and_none_twice(examples: Examples) -> None:
    images, _ = pixels_and_labels(examples, "train")  # two shards
    real = RealImages(examples, "train", 15)
    drawn = real.draw(np.random.default_rng(0), len(real))
    assert drawn.dtype == np.uint8
    expected = images.reshape(len(images), -1)
    assert sorted(map(bytes, drawn)) == sorted(map(bytes, expected))
    assert not np.array_equal(drawn, expected)


def test_the_same_generator_draws_the_same(examples: Examples) -> None:
    real = RealImages(examples, "train", 15)
    first, again, other = (real.draw(np.random.default_rng(seed), 15) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_too_few_are_refused(examples: Examples) -> None:
    assert len(RealImages(examples, "test", 40)) == 40
    with pytest.raises(InputError, match="test: 40 images, but 41 real ones are needed at once"):
        RealImages(examples, "test", 41)
