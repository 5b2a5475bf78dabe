"""`make bench`: measures, keeps the results and writes the table of docs/performance.md.

python -m benchmarks [NAME ...]     all of them without a name
"""

import sys

from benchmarks.errors import NotHereError
from benchmarks.isolated import measure
from benchmarks.results import keep, write_table

BENCHMARKS = (
    "preprocess",
    "compression",
    "workers",
    "photos",
    "training",
    "training_on_gpu",
    "evaluation",
    "prediction",
    "submission",
    "start",
    "memory",
)


def main(names: list[str]) -> None:
    """Runs benchmarks one after the other."""
    if unknown := [name for name in names if name not in BENCHMARKS]:
        sys.exit(f"error: no benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}")
    for name in names or BENCHMARKS:
        print(f"{name} ...", flush=True)
        try:
            rows = measure(name)
        except NotHereError as error:
            print(f"  not measured: {error}", flush=True)
            continue
        keep(name, rows)
        for row in rows:
            told = "reached" if row.reached else "missed"
            print(f"  {row.path}: {row.value:.3g}, goal {row.goal:g}, {told}", flush=True)
    write_table(BENCHMARKS)


if __name__ == "__main__":
    main(sys.argv[1:])
