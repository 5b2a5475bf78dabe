"""Data too small for what comes after it is told before anything is done with it."""

from pathlib import Path

import pytest

from preprocessing.challenge import find_challenge
from preprocessing.errors import InputError
from preprocessing.needs import check_needs
from preprocessing.plan import plan_examples
from preprocessing.preprocess import preprocess
from preprocessing.split_sizes import SplitSizes

SIZES = SplitSizes(0, 689, 624, unit="images")


def faces(folder: Path, count: int) -> Path:
    """Writes as many files; what is in them is not read."""
    folder.mkdir(parents=True)
    for number in range(count):
        (folder / f"{number}.jpg").touch()
    return folder


def notes(source: Path, sizes: SplitSizes = SIZES) -> list[str]:
    plan = plan_examples(str(source), "gan", sizes, 0, 16)
    return check_needs(find_challenge("gan").needs, plan, str(source))


@pytest.mark.parametrize(
    ("splits", "sizes", "told"),
    [
        (
            {"": 99},
            SIZES,
            "99 images give 9 for validation, too few for the evaluation, which takes 10;"
            " give 100 images or more, or a validation set of their own",
        ),
        (
            {"train": 900, "validation": 9},
            SIZES,
            "9 images give 9 for validation, too few for the evaluation, which takes 10;"
            " add some to the validation set",
        ),
        (
            {"": 900},
            SplitSizes(0, 9, 20, unit="images"),
            "900 images give 9 for validation, too few for the evaluation, which takes 10;"
            " set validation_images=10 or more",
        ),
    ],
)
def test_no_run_begins_that_could_not_be_evaluated(
    tmp_path: Path, splits: dict[str, int], sizes: SplitSizes, told: str
) -> None:
    for split, count in splits.items():
        faces(tmp_path / "faces" / split, count)
    source, output = tmp_path / "faces", tmp_path / "output"
    with pytest.raises(InputError) as raised:
        preprocess(str(source), f"{output}/examples", f"{output}/transform", "gan", sizes)
    assert str(raised.value) == f"{source}: {told}"
    assert not output.exists()


def test_what_is_too_small_for_a_battle_is_noted(tmp_path: Path) -> None:
    few = "too few for a battle, which takes 15"
    drawn = faces(tmp_path / "drawn", 149)
    assert notes(drawn) == [
        f"149 images give 14 for test, {few}; give 150 images or more, or a test set of their own"
    ]
    assert notes(drawn, SplitSizes(0, 10, 14, unit="images")) == [
        f"149 images give 14 for test, {few}; set test_images=15 or more"
    ]
    faces(tmp_path / "given" / "train", 100)
    faces(tmp_path / "given" / "test", 14)
    assert notes(tmp_path / "given") == [
        f"14 images give 14 for test, {few}; add some to the test set"
    ]


def test_as_many_as_are_told_suffice(tmp_path: Path) -> None:
    assert notes(faces(tmp_path / "drawn", 150)) == []
    for split, count in {"train": 1, "validation": 10, "test": 15}.items():
        faces(tmp_path / "given" / split, count)
    assert notes(tmp_path / "given") == []
