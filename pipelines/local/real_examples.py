"""Finds the examples whose real images a submission is judged with."""

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from rich.console import Console

from pipelines.display import Display
from pipelines.history.run_record import RUN_FILE, RunRecord
from pipelines.local.code_hash import code_hash
from pipelines.local.find_run import find_runs
from pipelines.local.redirect import printed_to
from pipelines.sample import make_sample
from preprocessing.errors import InputError
from preprocessing.examples import METADATA_FILE, SPLITS, Examples
from preprocessing.fingerprint import source_fingerprint

LOG_FILE = "preprocess.log"

_DATA = (
    *(f"{split}_images" for split in SPLITS),
    *("split_seed", "crop", "use_mnist", "shard_size", "max_bad_fraction"),
)


def real_examples(
    submission: Path,
    data: str,
    given: dict[str, Any],
    defaults: dict[str, Any],
    runs: Path,
    console: Console,
) -> Examples:
    """Returns examples: of `data`, else of the submission's run or the newest, else of sample data.

    Args:
        submission: what is judged; it may lie in the folder of a run.
        data: folder, glob or `gs://` URI of images; "" for none.
        given: parameters of the tournament that the user gave.
        defaults: the others.
        runs: folder of the runs; its `.cache` keeps what is preprocessed here.
        console: is told where the images come from.

    Raises:
        InputError: the data cannot be used, or parameters of data are given without any.
    """
    run = None if data else _run_of(submission) or _newest_run(runs)
    if run:
        folder = _examples_folder(run)
        if odd := [name for name in given if name in _DATA]:
            raise InputError(
                f"PARAMS: {odd[0]} says how to preprocess DATA; give DATA, or leave it out to judge"
                f" with the images of {folder}"
            )
    else:
        arguments = {**defaults, **given}
        sample = "mnist" if arguments["use_mnist"] else "gan"
        source = data or make_sample(sample, Display(console))
        folder = _preprocessed(source, arguments, runs, console)
    console.print(f"  {'real images':<20} {folder}", markup=False, highlight=False, soft_wrap=True)
    return Examples(folder)


def newest_data(runs: Path) -> dict[str, Any]:
    """Returns a tournament's parameters for the data of the newest run of `gan`; {} for no run."""
    newest = _newest_run(runs)
    if newest is None:
        return {}
    used = newest.parameters
    found = {name: used[name] for name in ("source", *_DATA) if name in used}
    return found | {"split_seed": used["seed"]}


def _run_of(path: Path) -> RunRecord | None:
    """Returns the run of `gan` whose folder this is or lies in; None for none with examples."""
    for folder in (path, *path.resolve().parents):
        if (folder / RUN_FILE).is_file():
            record = RunRecord.read(folder)
            return record if record.pipeline == "gan" and _has_examples(record) else None
    return None


def _newest_run(runs: Path) -> RunRecord | None:
    """Returns the newest run of `gan` that has examples; None for none."""
    records = [record for record in find_runs("gan", runs) if _has_examples(record)]
    return max(records, key=lambda record: record.started, default=None)


def _has_examples(record: RunRecord) -> bool:
    return (_examples_folder(record) / METADATA_FILE).is_file()


def _examples_folder(record: RunRecord) -> Path:
    return Path(record.artifacts.get("examples", ""))


def _preprocessed(source: str, arguments: dict[str, Any], runs: Path, console: Console) -> Path:
    """Returns the examples of a source, made once."""
    fingerprint = source_fingerprint(source)
    made_by = code_hash("preprocessing.preprocess_gan", "gan")
    chosen = {name: arguments[name] for name in _DATA if name != "split_seed"}
    chosen["seed"] = arguments["split_seed"]
    key = hashlib.sha256(json.dumps([source, fingerprint, made_by, chosen]).encode())
    folder = runs / ".cache" / "examples" / key.hexdigest()[:16]
    if not (folder / METADATA_FILE).is_file():
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with (
            console.status(f"preprocessing {source}"),
            tempfile.TemporaryDirectory(prefix=".unfinished-", dir=folder.parent) as unfinished,
            printed_to(folder.parent / LOG_FILE),
        ):
            from preprocessing.preprocess_gan import preprocess_gan

            examples, transform = (Path(unfinished, name) for name in ("examples", "transform"))
            preprocess_gan(
                source, str(examples), str(transform), source_fingerprint=fingerprint, **chosen
            )
            with suppress(OSError):  # another was first
                examples.rename(folder)
    return folder
