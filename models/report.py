"""The evaluation report: one self-contained HTML page, from the numbers to the rendered file."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.confusion import (
    ConfusedPair,
    Confusion,
    class_scores,
    most_confused_classes,
    row_shares,
)
from models.curves import Chart, chart
from models.mistakes import Mistake
from models.page import duration, render_page, write_page
from models.pictures import heat_map_uri, is_drawing, strengths
from preprocessing.examples import ExamplesInfo

WORST_CLASSES = 20
"""Rows of the table of classes, at most."""

MATRIX_CLASSES = 30
"""Classes of the matrix with names, at most; of more classes, the most confused."""

_MATRIX_WITH_COUNTS = 12  # above, cells are too small for a share and a count


@dataclass(frozen=True)
class Evaluation:
    """What the report tells.

    Attributes:
        info: of the examples.
        split: the split that was evaluated.
        metrics: what `ClassificationMetrics.result` returns.
        confusion: int64 `[classes, classes]`.
        pairs: the most confused pairs, each with examples of mistakes there and back.
        mistakes: the most confident mistakes, falling.
        history: a dict an epoch, as `history.json` has it; may be empty.
        facts: what else to say of the run, by name.
    """

    info: ExamplesInfo
    split: str
    metrics: dict[str, float]
    confusion: Confusion
    pairs: list[tuple[ConfusedPair, list[Mistake], list[Mistake]]]
    mistakes: list[Mistake]
    history: list[dict[str, Any]]
    facts: dict[str, str]


def write_report(path: str | Path, evaluation: Evaluation) -> None:
    """Writes the page under a temporary name and renames it, so that it is whole or not there."""
    write_page(path, render_report(evaluation))


def render_report(evaluation: Evaluation) -> str:
    """Returns the page: HTML with all styles and pictures in it, and no script."""
    confusion, names = evaluation.confusion, evaluation.info.class_names
    images = [mistake.image for mistake in evaluation.mistakes]
    return render_page(
        "report.html.jinja",
        evaluation=evaluation,
        names=names,
        metrics=evaluation.metrics,
        right=int(confusion.diagonal().sum()),
        interval=wilson_interval(evaluation.metrics["hit_at_1"], evaluation.metrics["examples"]),
        matrix=_matrix(confusion),
        heat_map=heat_map_uri(confusion) if len(names) > MATRIX_CLASSES else None,
        worst=_worst_classes(confusion),
        charts=_charts(evaluation.history),
        facts=_facts(evaluation),
        drawing=is_drawing(images),
    )


def wilson_interval(share: float, examples: float) -> tuple[float, float]:
    """Returns the 95 % interval of a share observed on `examples` (Wilson 1927)."""
    z = 1.959964
    middle = (share + z * z / (2 * examples)) / (1 + z * z / examples)
    spread = math.sqrt(share * (1 - share) / examples + (z / (2 * examples)) ** 2)
    half = spread * z / (1 + z * z / examples)
    return middle - half, middle + half


def _matrix(confusion: Confusion) -> dict[str, Any]:
    """Returns the rows of the matrix with names: counts, shares and how strong to colour them."""
    shown = most_confused_classes(confusion, MATRIX_CLASSES)
    shares, strength = row_shares(confusion), strengths(confusion)
    return {
        "shown": shown,
        "with_counts": len(shown) <= _MATRIX_WITH_COUNTS,
        "rows": [
            (
                true,
                [
                    {
                        "predicted": predicted,
                        "count": int(confusion[true, predicted]),
                        "share": float(shares[true, predicted]),
                        "strength": round(float(strength[true, predicted]), 3),
                    }
                    for predicted in shown
                ],
            )
            for true in shown
        ],
    }


def _worst_classes(confusion: Confusion) -> list[dict[str, Any]]:
    """Returns the classes of least recall, of those that have examples."""
    scores, shares = class_scores(confusion), row_shares(confusion)
    mistakes = shares - np.diag(shares.diagonal())
    examples = confusion.sum(axis=1)
    order = [index for index in np.argsort(scores.recall, kind="stable") if examples[index]]
    return [
        {
            "index": index,
            "examples": int(examples[index]),
            "recall": float(scores.recall[index]),
            "precision": float(scores.precision[index]),
            "f1": float(scores.f1[index]),
            "taken_for": int(mistakes[index].argmax()),
            "taken_share": float(mistakes[index].max()),
        }
        for index in order[:WORST_CLASSES]
    ]


def _charts(history: list[dict[str, Any]]) -> list[Chart]:
    """Returns the curves of loss and Hit@1, on training and validation data."""
    if not history:
        return []
    epochs = [int(row.get("epoch", number)) for number, row in enumerate(history, start=1)]
    charts = [
        chart(
            title,
            epochs,
            {name: [row.get(key) for row in history] for name, key in curves.items()},
            as_percent,
        )
        for title, curves, as_percent in (
            ("Loss", {"training": "loss", "validation": "val_loss"}, False),
            ("Hit@1", {"training": "hit_at_1", "validation": "val_hit_at_1"}, True),
        )
    ]
    return [one for one in charts if one.lines]


def _facts(evaluation: Evaluation) -> dict[str, str]:
    """Returns what to say of the run: the caller's facts, then what examples and history know."""
    info, history = evaluation.info, evaluation.history
    height, width, channels = info.image_shape
    facts = {
        **evaluation.facts,
        "challenge": info.challenge,
        "data": info.source,
        "classes": f"{len(info.class_names):,}",
        "images": f"{height}\u202f\u00d7\u202f{width}, {'grey' if channels == 1 else 'colour'}",
        **{f"{name} examples": f"{one.examples:,}" for name, one in info.splits.items()},
        "seed": str(info.seed),
    }
    if history:
        facts["epochs"] = f"{len(history)}"
        facts["training time"] = duration(sum(row.get("seconds") or 0 for row in history))
        fastest = max(row.get("examples_per_second") or 0 for row in history)
        facts["training speed"] = f"{fastest:,.0f} images/s in the fastest epoch"
    return facts
