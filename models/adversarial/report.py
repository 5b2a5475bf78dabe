"""The page about a trained GAN: what fools whom, the images, and whether they are its own."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.adversarial.features import FEATURES
from models.adversarial.grid import grid_image
from models.adversarial.judgement import Judgement
from models.adversarial.memorisation import COPY_BELOW
from models.adversarial.verdict import lead, warnings
from models.curves import Chart, chart
from models.page import duration, render_page, write_page
from preprocessing.examples import ExamplesInfo
from preprocessing.records import Bytes

_BARS = 20
_POINTS = 200  # of a curve; more rows are averaged


@dataclass(frozen=True)
class Pair:
    """An image beside the training image nearest to it.

    Attributes:
        image: uint8 `[H, W, C]`.
        training: uint8 `[H, W, C]`, as it is nearest: mirrored, where `mirrored` says so.
        mirrored: whether it is.
        ratio: its distance over that of the fifth nearest.
    """

    image: Bytes
    training: Bytes
    mirrored: bool
    ratio: float


@dataclass(frozen=True)
class GanEvaluation:
    """What the page tells.

    Attributes:
        info: of the examples.
        metrics: what `evaluate_gan` returns.
        judgement: of the discriminator.
        generated: some generated images, uint8 `[N, H, W, C]`.
        real: as many validation images.
        pairs: the generated images most like a copy.
        real_pairs: the validation images most like one.
        interpolation: generated images between four noises, `[100, H, W, C]`, row by row.
        history: a dict every so many steps, as `history.json` has it; may be empty.
        facts: what else to say of the run, by name.
    """

    info: ExamplesInfo
    metrics: dict[str, float]
    judgement: Judgement
    generated: Bytes
    real: Bytes
    pairs: list[Pair]
    real_pairs: list[Pair]
    interpolation: Bytes
    history: list[dict[str, Any]]
    facts: dict[str, str]


def write_report(path: str | Path, evaluation: GanEvaluation) -> None:
    """Writes the page under a temporary name and renames it, so that it is whole or not there."""
    write_page(path, render_report(evaluation))


def render_report(evaluation: GanEvaluation) -> str:
    """Returns the page: HTML with all styles and pictures in it, and no script."""
    return render_page(
        "adversarial/report.html.jinja",
        evaluation=evaluation,
        metrics=evaluation.metrics,
        lead=lead(evaluation.metrics),
        warnings=warnings(evaluation.metrics),
        grids={
            "Generated": grid_image(evaluation.generated, 8),
            "Real": grid_image(evaluation.real, 8),
        },
        copy_below=COPY_BELOW,
        few_images=2 * FEATURES,
        interpolation=grid_image(evaluation.interpolation, 10),
        histogram=_histogram(evaluation.judgement),
        charts=_charts(evaluation.history),
        facts=_facts(evaluation),
    )


def _histogram(judgement: Judgement) -> list[tuple[float, float]]:
    """Returns the height of each bar, 0 to 1, for real and for generated images."""
    counts = [
        np.histogram(one, _BARS, (0, 1))[0] / len(one)
        for one in (judgement.real, judgement.generated)
    ]
    highest = max(one.max() for one in counts)
    return [
        (float(real / highest), float(made / highest)) for real, made in zip(*counts, strict=True)
    ]


def _charts(history: list[dict[str, Any]]) -> list[Chart]:
    """Returns the curves of losses, accuracies and diversity."""
    if not history:
        return []
    parts = [
        history[part[0] : part[-1] + 1]
        for part in np.array_split(np.arange(len(history)), min(len(history), _POINTS))
    ]
    steps = [int(part[-1].get("step", number)) for number, part in enumerate(parts, start=1)]
    charts = [
        chart(
            title,
            steps,
            {name: [_mean(part, key) for part in parts] for name, key in curves.items()},
            as_percent,
            "step",
        )
        for title, curves, as_percent in (
            ("Loss", {"discriminator": "discriminator_loss", "generator": "generator_loss"}, False),
            (
                "Told rightly by the discriminator",
                {"real": "accuracy_real", "generated": "accuracy_generated"},
                True,
            ),
            ("Diversity, 1 being that of real images", {"generated": "diversity"}, False),
        )
    ]
    return [one for one in charts if one.lines]


def _mean(rows: list[dict[str, Any]], key: str) -> float | None:
    values = [float(row[key]) for row in rows if row.get(key) is not None]
    return sum(values) / len(values) if values else None


def _facts(evaluation: GanEvaluation) -> dict[str, str]:
    """Returns what to say of the run: the caller's facts, then what examples and history know."""
    info, history = evaluation.info, evaluation.history
    height, width, channels = info.image_shape
    facts = {
        **evaluation.facts,
        "challenge": info.challenge,
        "data": info.source,
        "images": f"{height}\u202f\u00d7\u202f{width}, {'grey' if channels == 1 else 'colour'}",
        **{f"{name} examples": f"{one.examples:,}" for name, one in info.splits.items()},
        "seed of the examples": str(info.seed),
    }
    if history:
        facts["steps"] = f"{history[-1].get('step', len(history)):,}"
        facts["training time"] = duration(history[-1].get("seconds") or 0)
        fastest = max(row.get("images_per_second") or 0 for row in history)
        facts["training speed"] = f"{fastest:,.0f} images/s at the fastest"
    return facts
