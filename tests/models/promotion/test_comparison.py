"""Two models on the same examples, whatever order their classes are in."""

import numpy as np
import pytest

from models.promotion.comparison import Incomparable, compare
from preprocessing.errors import InputError
from preprocessing.examples import Examples
from tests.models.conftest import pixels_and_labels
from tests.models.promotion.conftest import SkilledModel
from tests.models.promotion.skilled import NAMES


def luck(examples: Examples) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    images, _ = pixels_and_labels(examples, "validation")
    return images.reshape(len(images), -1)[:, 1]


@pytest.mark.parametrize("batch_size", [7, 1024])
def test_the_outcomes_are_counted(
    labelled: Examples, skilled: SkilledModel, batch_size: int
) -> None:
    found = compare(skilled(200), skilled(150, seed=30), labelled, batch_size)
    new, old = luck(labelled) < 200, (luck(labelled).astype(int) + 30) % 256 < 150
    assert (found.examples, found.classes, found.unknown) == (600, 3, ())
    assert (found.challenger, found.champion) == (new.sum(), old.sum())
    assert (found.better, found.worse) == ((new & ~old).sum(), (old & ~new).sum())
    assert found.commonest == max(np.bincount(pixels_and_labels(labelled, "validation")[1]))


def test_classes_are_matched_by_name_not_by_order(
    labelled: Examples, skilled: SkilledModel
) -> None:
    champion = skilled(200, names=("lion", "owl", "ant", "cake"))
    found = compare(skilled(200), champion, labelled)
    assert found.champion == found.challenger == (luck(labelled) < 200).sum()
    assert (found.better, found.worse) == (0, 0)


def test_a_champion_is_wrong_on_a_class_that_it_does_not_know(
    labelled: Examples, skilled: SkilledModel
) -> None:
    found = compare(skilled(256), skilled(256, names=("cake", "lion")), labelled)
    _, labels = pixels_and_labels(labelled, "validation")
    assert found.unknown == ("ant",)
    assert found.champion == (labels != NAMES.index("ant")).sum()


def test_a_champion_of_another_image_size_cannot_be_compared(
    labelled: Examples, skilled: SkilledModel
) -> None:
    with pytest.raises(Incomparable, match=r"takes images 8x8x1, but these examples have 4x4x1"):
        compare(skilled(200), skilled(200, shape=(8, 8, 1)), labelled)


def test_a_challenger_of_other_classes_is_refused(
    labelled: Examples, skilled: SkilledModel
) -> None:
    with pytest.raises(InputError, match="'cake'"):
        compare(skilled(200, names=("cake", "ant", "lion")), None, labelled)
