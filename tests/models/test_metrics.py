"""The metrics against a slow reading of their definitions, one row and one score at a time."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models import metrics
from models.confusion import (
    class_scores,
    confusion_matrix,
    most_confused_classes,
    most_confused_pairs,
    row_shares,
)

Array = npt.NDArray[Any]
Pairs = list[tuple[float, bool]]

drawn_often = settings(max_examples=40, deadline=None)


@st.composite
def rows(draw: st.DrawFn, tied: bool, one_label: bool = False) -> tuple[Array, Array]:
    """Draws scores, some of 0 or less, and 0/1 labels; rows may have none or many."""
    n, classes = draw(st.integers(1, 12)), draw(st.integers(2, 30))
    if tied:
        scores = draw(arrays(np.float32, (n, classes), elements=st.sampled_from([-1, 0, 0.25, 1])))
    else:
        order = np.random.default_rng(draw(st.integers(0, 2**32))).permutation(n * classes)
        scores = (order.reshape(n, classes) - draw(st.integers(0, 40))) / np.float32(n * classes)
    if one_label:
        return scores, draw(arrays(np.int64, n, elements=st.integers(0, classes - 1)))
    return scores, draw(arrays(np.int8, (n, classes), elements=st.integers(0, 1)))


def falling(pairs: Pairs, flatter: bool) -> Pairs:
    """Sorts by falling score; among equals, positives come first if `flatter`, else last."""
    return sorted(pairs, key=lambda pair: (-pair[0], pair[1] != flatter))


def slow_ap(pairs: Pairs, positives: int, flatter: bool) -> float:
    total, found = 0.0, 0
    for place, (_, true) in enumerate(falling(pairs, flatter), start=1):
        if true:
            found += 1
            total += found / place
    return total / positives if positives else 0.0


def slow(scores: Array, truth: Array, flatter: bool) -> dict[str, float]:
    """Computes each metric from its definition, with ties at their best or at their worst."""
    n, classes = scores.shape
    hits = perr = top_5 = loss = 0.0
    kept: list[Pairs] = [[] for _ in range(classes)]
    for row in range(n):
        labelled = [(float(s), bool(t)) for s, t in zip(scores[row], truth[row], strict=True)]
        ranked = falling(labelled, flatter)
        hits += ranked[0][1]
        top_5 += any(true for _, true in ranked[:5])
        k = sum(true for _, true in labelled)
        perr += sum(true and score > 0 for score, true in ranked[:k]) / k if k else 0
        loss -= sum(math.log(max(score, 1e-7)) for score, true in labelled if true)
        columns = sorted(
            range(classes), key=lambda c: (-scores[row, c], bool(truth[row, c]) != flatter)
        )
        for column in columns[:20]:
            kept[column].append(labelled[column])
    by_class = [slow_ap(kept[c], int(truth[:, c].sum()), flatter) for c in range(classes)]
    return {
        "examples": n,
        "loss": loss / n,
        "hit_at_1": hits / n,
        "top_5": top_5 / n,
        "perr": perr / n,
        "gap": slow_ap([pair for pairs in kept for pair in pairs], int(truth.sum()), flatter),
        "map": sum(by_class) / classes,
    }


def fast(scores: Array, labels: Array, seed: int = 0) -> dict[str, float]:
    return {
        "examples": len(scores),
        "loss": metrics.cross_entropy(scores, labels),
        "hit_at_1": metrics.hit_at_1(scores, labels, seed),
        "top_5": metrics.top_k_accuracy(scores, labels, 5, seed),
        "perr": metrics.perr(scores, labels, seed),
        "gap": metrics.gap(scores, labels, seed=seed),
        "map": metrics.mean_average_precision(scores, labels, seed=seed),
    }


@drawn_often
@given(rows(tied=False))
def test_the_functions_equal_the_definitions(drawn: tuple[Array, Array]) -> None:
    scores, truth = drawn
    assert fast(scores, truth) == pytest.approx(slow(scores, truth, flatter=True))


@drawn_often
@given(rows(tied=False, one_label=True))
def test_class_indexes_mean_the_same_as_zeros_and_ones(drawn: tuple[Array, Array]) -> None:
    scores, labels = drawn
    truth = np.eye(scores.shape[1], dtype=int)[labels]
    assert fast(scores, labels) == fast(scores, truth)
    assert fast(scores, labels)["perr"] <= fast(scores, labels)["hit_at_1"]


@drawn_often
@given(rows(tied=False), st.integers(1, 5))
def test_batches_add_up(drawn: tuple[Array, Array], batch: int) -> None:
    scores, truth = drawn
    streamed = metrics.ClassificationMetrics(scores.shape[1])
    for start in range(0, len(scores), batch):
        streamed.update(scores[start : start + batch], truth[start : start + batch])
    assert streamed.result() == pytest.approx(fast(scores, truth))
    assert streamed.result() == streamed.result()


@drawn_often
@given(rows(tied=True), st.integers(0, 9))
def test_ties_neither_flatter_nor_punish(drawn: tuple[Array, Array], seed: int) -> None:
    scores, truth = drawn
    worst, best = slow(scores, truth, flatter=False), slow(scores, truth, flatter=True)
    found = fast(scores, truth, seed)
    if scores.shape[1] > 20:  # a tie for place 20 that helps one class hurts another
        del found["map"]
    for name, value in found.items():
        assert worst[name] - 1e-9 <= value <= best[name] + 1e-9, name
    assert fast(scores, truth, seed) == fast(scores, truth, seed)


def test_ties_are_fair_on_average() -> None:
    scores, labels = np.ones((40, 25), np.float32), np.zeros(40, int)
    found = [fast(scores, labels, seed) for seed in range(200)]
    mean = {name: np.mean([one[name] for one in found]) for name in found[0]}
    assert mean["hit_at_1"] == pytest.approx(1 / 25, abs=0.01)
    assert mean["top_5"] == pytest.approx(5 / 25, abs=0.02)
    assert len({one["hit_at_1"] for one in found}) > 2


@drawn_often
@given(arrays(np.float32, 7, elements=st.floats(0, 1, width=32)), st.integers(0, 2**7 - 1))
def test_one_sigmoid_output_is_two_classes_cut_at_a_half(p: Array, bits: int) -> None:
    labels = bits >> np.arange(7) & 1
    sure = p != 0.5
    if sure.any():
        expected = np.mean((p > 0.5)[sure] == labels[sure])
        assert metrics.hit_at_1(p[sure, None], labels[sure]) == pytest.approx(expected)
        assert metrics.hit_at_1(p[sure, None], labels[sure, None]) == pytest.approx(expected)


def test_a_worked_example() -> None:
    scores = np.array([[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.2, 0.7]])
    labels = np.array([0, 2, 2])
    assert metrics.hit_at_1(scores, labels) == pytest.approx(2 / 3)
    assert metrics.top_k_accuracy(scores, labels, 2) == 1
    # Falling: 0.7 true, 0.6 true, 0.5, 0.3 true and 0.3 false in either order.
    ties = {round((1 + 1 + 3 / place) / 3, 6) for place in (4, 5)}
    found = {round(metrics.gap(scores, labels, seed=seed), 6) for seed in range(20)}
    assert found == ties
    # Class 0: first of three. Class 1: no positives, so 0. Class 2: first and second.
    assert metrics.mean_average_precision(scores, labels) == pytest.approx(2 / 3)


def test_a_row_contributes_twenty_scores_only() -> None:
    scores = np.linspace(1, 0.1, 25)[None]
    assert metrics.gap(scores, [24]) == 0
    assert metrics.gap(scores, [19]) == pytest.approx(1 / 20)
    assert metrics.gap(scores, [24], top=25) == pytest.approx(1 / 25)


@pytest.mark.parametrize(
    ("scores", "labels", "message"),
    [
        (np.ones((2, 3)), np.array([0, 3]), "between 0 and 2"),
        (np.ones((2, 3)), np.array([0, 1, 2]), "do not fit"),
        (np.ones(3), np.array([0, 1, 2]), r"\[n, classes\]"),
        (np.ones((0, 3)), np.zeros(0, int), "no rows"),
    ],
)
def test_what_does_not_fit_is_refused(scores: Array, labels: Array, message: str) -> None:
    for function in (metrics.hit_at_1, metrics.gap, metrics.cross_entropy):
        with pytest.raises(ValueError, match=message):
            function(scores, labels)


def test_an_empty_accumulator_has_no_result() -> None:
    with pytest.raises(ValueError, match="no rows"):
        metrics.ClassificationMetrics(3).result()
    with pytest.raises(ValueError, match="3 classes"):
        metrics.ClassificationMetrics(3).update(np.ones((1, 2)), [0])


@drawn_often
@given(rows(tied=False, one_label=True))
def test_the_confusion_matrix_counts_rows(drawn: tuple[Array, Array]) -> None:
    scores, labels = drawn
    classes = scores.shape[1]
    streamed = metrics.ClassificationMetrics(classes)
    streamed.update(scores, labels)
    expected = np.zeros((classes, classes), int)
    for label, row in zip(labels, scores, strict=True):
        expected[label, row.argmax()] += 1
    np.testing.assert_array_equal(streamed.confusion, expected)

    found = class_scores(expected)
    for c in range(classes):
        right, examples, predicted = expected[c, c], expected[c].sum(), expected[:, c].sum()
        assert found.recall[c] == (right / examples if examples else 0)
        assert found.precision[c] == (right / predicted if predicted else 0)
        both = found.precision[c] + found.recall[c]
        assert found.f1[c] == pytest.approx(
            2 * found.precision[c] * found.recall[c] / both if both else 0
        )


def test_the_most_confused_come_first() -> None:
    labels = np.array([0] * 5 + [1] * 4 + [2] * 3 + [3])
    taken = np.array([0, 0, 0, 2, 2, 1, 1, 1, 3, 2, 2, 0, 3])
    confusion = confusion_matrix(labels, taken, 4)
    pairs = [
        (p.first, p.second, p.first_as_second, p.second_as_first)
        for p in most_confused_pairs(confusion, 5)
    ]
    assert pairs == [(0, 2, 2, 1), (1, 3, 1, 0)]
    assert most_confused_classes(confusion, 2) == [0, 2]
    assert most_confused_classes(confusion, 3) == [0, 2, 1]
    assert most_confused_classes(confusion, 4) == [0, 1, 2, 3]
    assert row_shares(confusion)[0].tolist() == [0.6, 0, 0.4, 0]
    assert row_shares(np.zeros((2, 2), np.int64)).tolist() == [[0, 0], [0, 0]]


def test_rows_with_several_labels_stay_out_of_the_confusion_matrix() -> None:
    streamed = metrics.ClassificationMetrics(2)
    streamed.update([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1]], [[1, 1], [0, 0], [0, 1]])
    assert streamed.confusion.tolist() == [[0, 0], [1, 0]]
