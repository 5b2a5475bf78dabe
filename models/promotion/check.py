"""The check before a training: what the data is like, and how far it is from the champion's."""

import json
from pathlib import Path

from models.promotion.drift import check_max_drift, measure_drift
from models.promotion.registry import Registry, champion_of
from models.promotion.statistics import STATISTICS_FILE, DataStatistics, data_statistics
from preprocessing.examples import Examples
from preprocessing.progress import report_note


def check_drift(
    examples: Examples,
    registry: Registry,
    challenge: str,
    max_drift: float,
    statistics_file: Path,
    drift_file: Path,
) -> dict[str, float]:
    """Writes what the examples are like and how far they have moved, and tells it.

    Args:
        examples: the new data.
        registry: where the champion is.
        challenge: whose champion.
        max_drift: index above which the data is refused; 0 for none.
        statistics_file: gets the statistics, as JSON.
        drift_file: gets the drift, as JSON; `{}` where there is no champion.

    Returns:
        `class_drift` and `pixel_drift`, population stability indexes; nothing where there is no
        champion.

    Raises:
        InputError: the data has moved too far; the files are written all the same.
    """
    check_max_drift(max_drift)
    statistics = data_statistics(examples)
    statistics.save(statistics_file)
    champion = champion_of(registry.versions(challenge))
    if champion is None:
        drift_file.write_text("{}\n")
        report_note(f"{challenge} has no champion yet, so there is no data to compare with")
        return {}
    with registry.package(champion) as package:
        before = DataStatistics.load(package / STATISTICS_FILE)
    drift = measure_drift(before, statistics)
    told = {"version": champion.number, **drift.as_json()}
    drift_file.write_text(json.dumps(told, indent=2) + "\n")
    for line in drift.lines():
        report_note(f"since version {champion.number}, {line}")
    drift.check(max_drift)
    return {"class_drift": drift.classes, "pixel_drift": drift.pixels}
