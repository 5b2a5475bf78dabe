"""Runs as their records tell, written for tests of what shows them."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.history.run_record import RUN_FILE, RunRecord, Step

NOON = 1_795_262_400.0
"""2026-11-21 12:00 UTC."""


def record(
    name: str,
    metrics: dict[str, float] | None = None,
    minutes: float = 0.0,
    status: str = "succeeded",
    **more: Any,
) -> RunRecord:
    """Returns a run of three steps, started `minutes` after noon, with metrics of the third."""
    steps = [
        Step("preprocess", "cached"),
        Step("train", "succeeded", 75.0, {"model": f"/runs/{name}/train/model"}),
        Step("evaluate", status, 4.0, {"report": f"/runs/{name}/report.html"}, metrics or {}),
    ]
    pipeline, commit = more.pop("pipeline", "quickdraw"), more.pop("commit", "0123456789ab")
    parameters = {"source_fingerprint": "ff00", **more.pop("parameters", {})}
    return RunRecord(
        name,
        pipeline,
        more.pop("folder", f"gs://bucket/{name}"),
        parameters,
        commit,
        status,
        NOON + 60 * minutes,
        80.0,
        more.pop("steps", steps),
        **more,
    )


def write(runs: Path, run: RunRecord) -> Path:
    """Writes a local run's `run.json` and returns its folder."""
    folder = runs / run.run
    folder.mkdir(parents=True)
    (folder / RUN_FILE).write_text(json.dumps(asdict(run)))
    return folder
