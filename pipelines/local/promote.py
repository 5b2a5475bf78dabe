"""Lets the model of a finished local run challenge the champion."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console

from models.promotion.registry import Registry
from models.promotion.version import Facts
from pipelines.history.run_record import RunRecord
from pipelines.local.redirect import printed_to
from preprocessing.errors import InputError
from preprocessing.examples import Examples

FOLDER = "promotion"
"""In the run's folder: `decision.json`, and `promote.log` for what TensorFlow prints."""


def promote_run(
    folder: Path,
    challenge: str,
    registry: Registry,
    image: str,
    by: str,
    margin: float,
    console: Console,
) -> None:
    """Compares a run's model with the champion on the run's validation examples.

    Args:
        folder: of the run.
        challenge: whose champion.
        registry: where the champions are.
        image: that can serve the model; "" for none.
        by: who promotes.
        margin: by how much accuracy has to grow at least.
        console: is told what was decided.

    Raises:
        InputError: the run has no model yet, or something is not whole.
    """
    from models.promotion.promote import promote
    from models.promotion.statistics import data_statistics

    record = RunRecord.read(folder)
    model, data = (_artifact(record, name) for name in ("model", "examples"))
    metrics: dict[str, Any] = {}
    for step in record.steps:
        if step.name == "evaluate":
            metrics = step.metrics
    facts = Facts(
        challenge=challenge,
        run=record.run,
        by=by,
        commit=record.commit,
        image=image,
        metrics=metrics,
    )
    place = folder / FOLDER
    console.print(f"  {'run':<20} {folder}", markup=False, highlight=False, soft_wrap=True)
    with console.status("comparing with the champion"), printed_to(place / "promote.log"):
        examples = Examples(data)
        outcome = promote(model, examples, data_statistics(examples), registry, facts, margin)
    (place / "decision.json").write_text(json.dumps(outcome.as_json(), indent=2) + "\n")
    console.print(f"  {outcome.line()}", markup=False, highlight=False, soft_wrap=True)


def _artifact(record: RunRecord, name: str) -> Path:
    path = record.artifacts.get(name, "")
    if not path or not Path(path).exists():
        raise InputError(
            f"{record.folder}: this run ({record.status}) left no {name}; name another with RUN"
        )
    return Path(path)
