"""JSON -> CSV: the submission with every check on, beside the loop that one would write."""

import filecmp
from pathlib import Path

from benchmarks.predictions import write_predictions
from benchmarks.process import run_python
from benchmarks.rounds import in_turns
from benchmarks.row import Row
from preprocessing.examples import TEST_IDS_FILE

_LINES = 1_000_000

_OURS = """
from models.submission import predictions_to_csv
predictions_to_csv({predictions!r}, {ids!r}, {csv!r})
"""
_SCRIPT = """
import csv, json, pathlib
with open({csv!r}, "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\\n")
    writer.writerow(["Id", "Category"])
    for path in sorted(pathlib.Path({predictions!r}).iterdir()):
        with path.open() as lines:
            for line in lines:
                prediction = json.loads(line)["prediction"]
                writer.writerow([prediction["image_id"], prediction["class_indexes"][0]])
"""


def measure(folder: Path) -> list[Row]:
    """Measures a million lines; whole processes, the start of Python in both.

    Args:
        folder: empty, for what is written meanwhile.

    Raises:
        SystemExit: the two submissions differ.
    """
    write_predictions(folder, _LINES)
    ours, other = folder / "ours.csv", folder / "other.csv"

    def lines_a_second(code: str, csv_file: Path) -> float:
        paths = {"predictions": folder / "predictions", "ids": folder / TEST_IDS_FILE}
        text = {name: str(path) for name, path in {**paths, "csv": csv_file}.items()}
        return _LINES / run_python(code.format(**text)).seconds

    took = in_turns(
        {
            "ours": lambda: lines_a_second(_OURS, ours),
            "script": lambda: lines_a_second(_SCRIPT, other),
        }
    )
    if not filecmp.cmp(ours, other, shallow=False):
        raise SystemExit("error: the submission is not that of the script")
    return [
        Row(
            "JSON -> CSV, 1 million lines, every check",
            "json.loads in a loop, no checks",
            "lines/s",
            took["ours"],
            took["script"],
            3,
            at_least=True,
            note="whole processes",
        )
    ]
