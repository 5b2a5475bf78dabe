"""A training that gets nowhere says so once, and once when it is over."""

import re

import pytest

from models.adversarial.collapse import Row, collapse_news

HEALTHY = {"diversity": 0.8, "accuracy_real": 0.8, "accuracy_generated": 0.7}


def history(*rows: dict[str, float], every: int = 50, first: int = 300) -> list[Row]:
    return [{**HEALTHY, **row, "step": first + every * i} for i, row in enumerate(rows)]


def news(rows: list[Row]) -> list[list[str]]:
    return [collapse_news(rows[: count + 1]) for count in range(len(rows))]


@pytest.mark.parametrize(
    ("bad", "begins", "ends"),
    [
        ({"diversity": 0.04}, r"step 450: .* all alike \(diversity 0.04", "differ again"),
        (
            {"accuracy_real": 0.995, "accuracy_generated": 0.99},
            "right on nearly every image",
            "makes mistakes again",
        ),
        (
            {"accuracy_real": 1.0, "accuracy_generated": 0.0},
            "takes nearly every image for real",
            "no longer takes nearly every image for real",
        ),
        (
            {"accuracy_real": 0.0, "accuracy_generated": 1.0},
            "takes nearly every image for generated",
            "no longer takes nearly every image for generated",
        ),
    ],
)
def test_each_collapse_is_told_once_when_it_begins_and_once_when_it_is_over(
    bad: dict[str, float], begins: str, ends: str
) -> None:
    told = news(history({}, {}, bad, bad, bad, bad, {}, {}))
    assert [len(sentences) for sentences in told] == [0, 0, 0, 1, 0, 0, 1, 0]
    assert re.search(begins, told[3][0])
    assert re.search(ends, told[6][0])


def test_what_lasts_fewer_than_100_steps_or_comes_before_anything_is_learnt_is_not_told() -> None:
    alike = {"diversity": 0.0}
    assert not any(news(history({}, alike, {}, alike, {})))
    assert not any(news(history(*[alike] * 4, first=50)))
    assert any(news(history(*[alike] * 2, every=100)))
    assert not any(news(history({}, alike, {}, every=500)))
    assert [len(told) for told in news(history({}, alike, alike, {}, every=500))] == [0, 0, 1, 1]
