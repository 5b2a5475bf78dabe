"""The check of one submission: what it leaves, and that every broken rule is named."""

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
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
from models.battle.submission import check_submission

SHAPE = (4, 4, 1)
REAL = np.random.default_rng(0).integers(100, 256, (6, 16)).astype(np.uint8)


class Honest:
    """Draws dark images, and calls bright ones real: the real ones are."""

    def generate(self, noise: Floats) -> Answer:
        dark: Floats = (np.abs(noise[:, :16]) / 8).astype(np.float32)
        return Answer(dark, 0.25)

    def discriminate(self, images: Floats) -> Answer:
        return Answer(images.mean(axis=1), 0.5)


class Mute(Honest):
    def generate(self, noise: Floats) -> Answer:
        raise ForfeitError([BrokenRule("time", "generate: no answer within 5 s")])


class Broken(Mute):
    def discriminate(self, images: Floats) -> Answer:
        raise ForfeitError([BrokenRule("nan", "discriminate: nan")])


def opening(player: Player) -> Callable[[], AbstractContextManager[Player]]:
    @contextmanager
    def open_player() -> Iterator[Player]:
        yield player

    return open_player


@contextmanager
def not_opening() -> Iterator[Player]:
    raise ForfeitError([BrokenRule("operation", "WriteFile"), BrokenRule("shape", "[3]")])
    yield Honest()


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def pixels(path: Path) -> Bytes:
    return np.asarray(Image.open(path))


def test_a_valid_submission_leaves_pictures_truth_and_answers(tmp_path: Path) -> None:
    check = check_submission(opening(Honest()), REAL, SHAPE, tmp_path)
    assert check.valid
    assert (check.accuracy_real, check.generate_seconds, check.discriminate_seconds) == (
        1.0,
        0.25,
        0.5,
    )
    pictures = [pixels(tmp_path / "images" / f"{number:02}.png") for number in range(56)]
    truth = dict(rows(tmp_path / "ground_truth.csv")[1:])
    real = [picture for number, picture in enumerate(pictures) if truth[f"{number:02}"] == "1"]
    assert sorted(picture.tobytes() for picture in real) == sorted(row.tobytes() for row in REAL)
    assert len({picture.tobytes() for picture in pictures}) == 56
    answers = rows(tmp_path / "predictions.csv")
    assert answers[0] == ["Id", "Category"]
    assert answers[1:] == [
        [f"{number:02}", str(int(picture.mean() / 255 > 0.5))]
        for number, picture in enumerate(pictures)
    ]
    assert json.loads((tmp_path / "check.json").read_text())["valid"] is True


def test_the_same_seed_asks_the_same(tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("two", 3), ("other", 4)):
        check_submission(opening(Honest()), REAL, SHAPE, tmp_path / name, seed)
    one, two, other = (
        [path.read_bytes() for path in sorted((tmp_path / name / "images").iterdir())]
        for name in ("one", "two", "other")
    )
    assert one == two != other


def test_each_broken_rule_is_named_and_an_earlier_check_is_gone(tmp_path: Path) -> None:
    check_submission(opening(Honest()), REAL, SHAPE, tmp_path)
    check = check_submission(opening(Mute()), REAL, SHAPE, tmp_path)
    assert ([one.rule for one in check.broken], check.accuracy_generated) == (["time"], None)
    assert check.accuracy_real == 1.0
    assert len(rows(tmp_path / "ground_truth.csv")) == 7
    check = check_submission(opening(Broken()), REAL, SHAPE, tmp_path)
    assert [one.rule for one in check.broken] == ["time", "nan"]
    check = check_submission(not_opening, REAL, SHAPE, tmp_path)
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
    assert broken.told == "discriminate: p_for_data has values from 0.1 to 1.7; expected 0 to 1"
