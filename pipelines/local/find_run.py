"""Finds a local run by its pipeline and, where it is given, its name."""

from pathlib import Path

from pipelines.history.run_record import RunRecord
from pipelines.local.history import read_records
from pipelines.registry import find_pipeline
from pipelines.variants import base_of, tune_of
from preprocessing.errors import InputError
from preprocessing.nearest import did_you_mean


def find_run(pipeline: str, name: str, runs: Path) -> Path:
    """Returns the folder of a run that trains.

    Args:
        pipeline: name of its pipeline.
        name: that of its folder, or the path; the newest run of the pipeline if "".
        runs: the folder of all runs.

    Raises:
        InputError: there is no such pipeline or run, and the message says what there is; or it
            trains nothing; or the record of the named run cannot be read. Those of other runs are
            passed over.
    """
    find_pipeline(pipeline)
    if pipeline == tune_of(pipeline):
        raise InputError(
            f"PIPELINE: {pipeline} only tries parameters and leaves no model; name one that trains:"
            f" {base_of(pipeline)}"
        )
    wanted = Path(name).name
    records = _records(runs, needed=wanted)
    of_pipeline = [record for record in records if record.pipeline == pipeline]
    for record in records:
        if record.pipeline != pipeline and Path(record.folder).name == wanted:
            raise InputError(
                f"RUN: {name!r} is a run of {record.pipeline}; set PIPELINE={record.pipeline} too"
            )
    if not of_pipeline:
        raise InputError(
            f"PIPELINE: no run of {pipeline} in {runs} yet;"
            f" run `make run PIPELINE={pipeline}` first"
        )
    newest = max(of_pipeline, key=lambda record: record.started)
    if not name:
        return Path(newest.folder)
    known = [Path(record.folder).name for record in of_pipeline]
    if wanted not in known:
        raise InputError(
            f"RUN: {name!r} is no run of {pipeline} in {runs}"
            f"{did_you_mean(wanted, known, 0.4)}; the newest is {Path(newest.folder).name!r}"
        )
    return runs / wanted


def find_runs(pipeline: str, runs: Path, needed: str = "") -> list[RunRecord]:
    """Returns the runs of a pipeline, in no order.

    Args:
        pipeline: name of their pipeline.
        runs: the folder of all runs.
        needed: name of a run's folder; those of others are passed over if they cannot be read.

    Raises:
        InputError: the record of the needed run cannot be read.
    """
    return [record for record in _records(runs, needed) if record.pipeline == pipeline]


def _records(runs: Path, needed: str) -> list[RunRecord]:
    records, damaged = read_records(runs)
    if needed in damaged:
        raise damaged[needed]
    return records
