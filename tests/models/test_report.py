"""The report: one file that needs nothing else, says what it should and stays small."""

import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from models.confusion import most_confused_pairs
from models.curves import chart, ticks
from models.mistakes import Mistake, Mistakes
from models.pictures import is_drawing
from models.report import Evaluation, render_report, wilson_interval, write_report
from preprocessing.examples import Examples, ExamplesInfo, Split
from tests.models.conftest import pixels_and_labels

VOID = {"meta", "img", "br", "link", "hr", "input"}


class Page(HTMLParser):
    """Checks that tags nest, and collects the text, the tags and their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += data


def evaluation_of(classes: int, channels: int = 1) -> Evaluation:
    rng = np.random.default_rng(classes)
    confusion = rng.integers(0, 3, (classes, classes)) + np.diag(rng.integers(50, 99, classes))
    image = np.zeros((28, 28, channels), np.uint8)
    image[8:14] = 200
    mistakes = [Mistake(0, 1, 0.99, image)] * 4
    return Evaluation(
        info=ExamplesInfo(
            challenge="quickdraw",
            image_shape=(28, 28, channels),
            class_names=[f"class {index}" for index in range(classes)],
            seed=7,
            source="gs://quickdraw",
            source_fingerprint="0",
            pixel_mean=[1.0],
            pixel_variance=[1.0],
            splits={"train": Split(8000, 1, 0), "validation": Split(int(confusion.sum()), 1, 0)},
        ),
        split="validation",
        metrics={
            "examples": int(confusion.sum()),
            "loss": 0.4321,
            "hit_at_1": confusion.trace() / confusion.sum(),
            "top_5": 0.986,
            "perr": 0.84,
            "gap": 0.9012,
            "map": 0.8765,
        },
        confusion=confusion,
        pairs=[(pair, mistakes, mistakes) for pair in most_confused_pairs(confusion, 6)],
        mistakes=mistakes * 6,
        history=[
            {"epoch": 1, "loss": 2.0, "val_loss": 1.8, "hit_at_1": 0.4, "val_hit_at_1": 0.5},
            {"epoch": 2, "loss": float("nan"), "val_loss": 1.1, "hit_at_1": 0.6, "seconds": 61},
        ],
        facts={"model": "Cnn"},
    )


@pytest.mark.parametrize("classes", [2, 10, 20, 345])
def test_the_page_needs_nothing_else_and_is_small(classes: int) -> None:
    html = render_report(evaluation_of(classes))
    assert len(html.encode()) < 2_000_000
    page = Page(html)
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in page.tags}
    assert not re.search(r"@import|url\(|https?://", html)
    for tag, attributes in page.tags:
        assert (attributes.get("src") or "data:").startswith("data:"), tag
        if tag == "img":
            assert attributes["alt"]
        if tag == "th":
            assert attributes["scope"] in ("row", "col")


def test_the_page_says_what_there_is_to_say() -> None:
    evaluation = evaluation_of(10)
    text = Page(render_report(evaluation)).text
    for words in ("quickdraw", "Cnn", "98.6", "0.9012", "0.8765", "0.8400", "0.4321", "1 min 1 s"):
        assert words in text
    for count in evaluation.confusion[evaluation.confusion > 0]:
        assert str(count) in text
    assert "Heat map of all" not in render_report(evaluation)
    assert "Heat map of all 345 classes" in render_report(evaluation_of(345))


def test_names_are_escaped() -> None:
    evaluation = evaluation_of(3)
    evil = "<script>alert('1')</script> & \"co\""
    info = replace(evaluation.info, class_names=[evil] * 3, challenge=evil, source=evil)
    page = Page(render_report(replace(evaluation, info=info, facts={evil: evil})))
    assert "script" not in {tag for tag, _ in page.tags}
    assert evil in page.text
    assert any(attributes.get("alt") == f"{evil}, taken for {evil}" for _, attributes in page.tags)


def test_a_perfect_model_without_history_has_a_report_too() -> None:
    evaluation = replace(evaluation_of(4), pairs=[], mistakes=[], history=[], facts={})
    perfect = replace(
        evaluation,
        confusion=np.diag([5, 6, 7, 0]),
        metrics={
            **evaluation.metrics,
            "examples": 18,
            "hit_at_1": 1.0,
        },
    )
    text = Page(render_report(perfect)).text
    assert "never mistaken" in text
    assert "hardest class is" not in text
    assert "Training" not in text.split("This run")[0]


def test_a_write_that_fails_leaves_the_old_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")

    def fail(*_: object) -> str:
        raise OSError("disk full")

    monkeypatch.setattr("models.report.render_report", fail)
    with pytest.raises(OSError, match="disk full"):
        write_report(path, evaluation_of(3))
    assert path.read_text() == "old"


def test_the_most_confident_mistakes_have_their_images(examples: Examples) -> None:
    images, labels = pixels_and_labels(examples, "train")
    rng = np.random.default_rng(1)
    predicted, scores = rng.integers(0, 3, len(labels)), rng.random(len(labels))
    mistakes = Mistakes()
    for start in range(0, len(labels), 50):
        part = slice(start, start + 50)
        mistakes.update(labels[part], predicted[part], scores[part])

    wrong = [row for row in np.argsort(-scores) if labels[row] != predicted[row]]
    found = mistakes.most_confident(examples, "train", 9)
    assert [one.score for one in found] == [scores[row] for row in wrong[:9]]
    for row, one in zip(wrong, found, strict=False):
        assert (one.true, one.predicted) == (labels[row], predicted[row])
        np.testing.assert_array_equal(one.image, images[row])
    pair = mistakes.most_confident(examples, "train", 200, (2, 0))
    assert len(pair) == ((labels == 2) & (predicted == 0)).sum()
    assert {(one.true, one.predicted) for one in pair} == {(2, 0)}


@pytest.mark.parametrize(
    ("low", "high", "about", "expected"),
    [
        (0.43, 1.47, 5, [0, 0.5, 1, 1.5]),
        (0.52, 0.88, 5, [0.5, 0.6, 0.7, 0.8, 0.9]),
        (1, 20, 8, [0, 5, 10, 15, 20]),
        (3, 3, 5, [3, 4]),
        (0, 0, 5, [0, 0.2]),
    ],
)
def test_ticks_are_round(low: float, high: float, about: int, expected: list[float]) -> None:
    assert ticks(low, high, about) == pytest.approx(expected)


def test_curves_stay_inside_the_plot_and_leave_gaps_out() -> None:
    drawn = chart("Loss", [1, 2, 3], {"training": [3.0, None, 0.2], "never": [None] * 3}, False)
    assert [line.name for line in drawn.lines] == ["training"]
    assert len(drawn.lines[0].points) == 2
    for x, y in drawn.lines[0].points:
        assert drawn.left <= x <= drawn.right
        assert drawn.top <= y <= drawn.bottom
    assert [tick.text for tick in drawn.x_ticks] == ["1", "2", "3"]
    one = chart("Hit@1", [1], {"training": [0.5]}, True)
    assert len(one.lines[0].points) == 1
    assert one.lines[0].last == "50.0\u202f%"


def test_the_interval_is_wilsons() -> None:
    # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I.
    assert wilson_interval(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson_interval(0, 20) == pytest.approx((0, 0.1611), abs=1e-4)


def test_only_light_strokes_on_black_are_drawings() -> None:
    photograph = evaluation_of(3, channels=3).mistakes[0].image
    drawing = evaluation_of(3).mistakes[0].image
    assert is_drawing([drawing])
    assert not is_drawing([photograph])
    assert not is_drawing([255 - drawing])
    assert not is_drawing([])


def test_neither_metrics_nor_report_import_tensorflow() -> None:
    program = (
        "import sys, models.metrics, models.report, models.evaluation;"
        "assert not {'tensorflow', 'keras', 'kfp'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])
