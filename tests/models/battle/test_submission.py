"""The check of one submission: what it leaves, and that every broken rule is named."""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from models.battle.contract import (
    Answer,
    BrokenRule,
    Bytes,
    Floats,
    ForfeitError,
    Player,
    check_images,
    check_probabilities,
)
from models.battle.play import OpenPlayer
from models.battle.submission import check_submission
from preprocessing.examples import Examples
from tests.models.battle.players import PIXELS
from tests.models.conftest import pixels_and_labels

HERE = Path("saved_model")


class Honest:
    """Draws images without white, and calls those with white real: the real ones are."""

    def generate(self, noise: Floats) -> Answer:
        dark = np.abs(np.tile(noise, 2)[:, :PIXELS]) / 8
        return Answer(dark.astype(np.float32), 0.25)

    def discriminate(self, images: Floats) -> Answer:
        return Answer(images.max(axis=1), 0.5)


class Mute(Honest):
    def generate(self, noise: Floats) -> Answer:
        raise ForfeitError([BrokenRule("time", "generate: no answer within 5 s")])


class Broken(Mute):
    def discriminate(self, images: Floats) -> Answer:
        raise ForfeitError([BrokenRule("nan", "discriminate: nan")])


def opening(player: Player) -> OpenPlayer:
    @contextmanager
    def open_player(saved_model: Path) -> Iterator[Player]:
        assert saved_model == HERE
        yield player

    return open_player


@contextmanager
def not_opening(saved_model: Path) -> Iterator[Player]:
    raise ForfeitError([BrokenRule("operation", "WriteFile"), BrokenRule("shape", "[3]")])
    yield Honest()


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def pixels(path: Path) -> Bytes:
    return np.asarray(Image.open(path))


def test_a_valid_submission_leaves_pictures_truth_and_answers(
    examples: Examples, tmp_path: Path
) -> None:
    check = check_submission(HERE, opening(Honest()), examples, tmp_path)
    assert check.valid
    assert (check.accuracy_real, check.generate_seconds, check.discriminate_seconds) == (
        1.0,
        0.25,
        0.5,
    )
    pictures = [pixels(tmp_path / "images" / f"{number:02}.png") for number in range(100)]
    truth = dict(rows(tmp_path / "ground_truth.csv")[1:])
    real = [picture for number, picture in enumerate(pictures) if truth[f"{number:02}"] == "1"]
    validation, _ = pixels_and_labels(examples, "validation")
    assert {one.tobytes() for one in real} < {one.tobytes() for one in validation}
    assert len({picture.tobytes() for picture in pictures}) == 100
    assert len(real) == 50
    answers = rows(tmp_path / "predictions.csv")
    assert answers[0] == ["Id", "Category"]
    assert answers[1:] == [
        [f"{number:02}", str(int(picture.max() > 127))] for number, picture in enumerate(pictures)
    ]
    assert json.loads((tmp_path / "check.json").read_text())["valid"] is True


def test_the_same_seed_asks_the_same(examples: Examples, tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("two", 3), ("other", 4)):
        check_submission(HERE, opening(Honest()), examples, tmp_path / name, seed)
    one, two, other = (
        [path.read_bytes() for path in sorted((tmp_path / name / "images").iterdir())]
        for name in ("one", "two", "other")
    )
    assert one == two != other


def test_each_broken_rule_is_named_and_an_earlier_check_is_gone(
    examples: Examples, tmp_path: Path
) -> None:
    check_submission(HERE, opening(Honest()), examples, tmp_path)
    check = check_submission(HERE, opening(Mute()), examples, tmp_path)
    assert ([one.rule for one in check.broken], check.accuracy_generated) == (["time"], None)
    assert check.accuracy_real == 1.0
    assert len(rows(tmp_path / "ground_truth.csv")) == 51
    check = check_submission(HERE, opening(Broken()), examples, tmp_path)
    assert [one.rule for one in check.broken] == ["time", "nan"]
    check = check_submission(HERE, not_opening, examples, tmp_path)
    assert [one.rule for one in check.broken] == ["operation", "shape"]
    assert not (tmp_path / "predictions.csv").exists()
    said = json.loads((tmp_path / "check.json").read_text())
    assert said["valid"] is False
    assert said["broken"][0] == {"rule": "operation", "told": "WriteFile"}


GOOD = np.linspace(0, 1, 32, dtype=np.float32).reshape(2, 16)


@pytest.mark.parametrize(
    ("values", "rules"),
    [
        (GOOD, []),
        (GOOD.astype(np.float64), ["dtype"]),
        (GOOD[:, :9], ["shape"]),
        (GOOD[:1].astype(np.int32), ["dtype", "shape"]),
        (GOOD * np.nan, ["nan"]),
        (GOOD * 2 - 1, ["range"]),
        (GOOD[:1].repeat(2, axis=0), ["same image"]),
        (GOOD[:, :9] / 0.5, ["shape", "range"]),
    ],
)
def test_images_break_the_rules_that_they_break(values: Any, rules: list[str]) -> None:
    assert [one.rule for one in check_images(values, 2, 16)] == rules


def test_probabilities_are_one_an_image_and_from_0_to_1() -> None:
    assert check_probabilities(np.float32([[0.0], [1.0]]), 2) == []  # type: ignore[arg-type]
    assert [one.rule for one in check_probabilities(np.float32([0.1, 0.2]), 2)] == ["shape"]  # type: ignore[arg-type]
    (broken,) = check_probabilities(np.float32([[0.1], [1.7]]), 2)  # type: ignore[arg-type]
    assert broken.told == (
        "discriminate: p_for_data has values from 0.1 to 1.7; expected 0 to 1; a sigmoid brings"
        " logits there"
    )


@pytest.mark.parametrize(
    ("values", "cure"),
    [
        (GOOD * 2 - 1, "(x + 1) / 2 brings them there"),
        (GOOD / 2 - 0.2, "(x + 1) / 2 brings them there"),
        (GOOD * 255, "divide by 255"),
        (GOOD * 3, "end the generator with a sigmoid"),
        (GOOD * 8 - 4, "end the generator with a sigmoid"),
    ],
)
def test_the_cure_of_images_out_of_range_is_that_of_what_they_are(values: Any, cure: str) -> None:
    (broken,) = check_images(values, 2, 16)
    assert broken.told.endswith(f"; expected 0 to 1; {cure}")
