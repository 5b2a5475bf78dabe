"""Finds the examples whose real images a submission is judged with."""

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from rich.console import Console

from pipelines.code_hash import code_hash
from pipelines.display import Display
from pipelines.find_run import find_run
from pipelines.redirect import printed_to
from pipelines.run_record import RunRecord
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
    data: str, given: dict[str, Any], defaults: dict[str, Any], runs: Path, console: Console
) -> Examples:
    """Returns examples: of `data`, else of the newest run of `gan`, else of sample data.

    Args:
        data: folder, glob or `gs://` URI of images; "" for none.
        given: parameters of the tournament that the user gave.
        defaults: the others.
        runs: folder of the runs; its `.cache` keeps what is preprocessed here.
        console: is told where the images come from.

    Raises:
        InputError: the data cannot be used, or parameters of data are given without any.
    """
    newest = None if data else _newest_run(runs)
    if newest:
        folder = Path(newest.artifacts["examples"])
        if odd := [name for name in given if name in _DATA]:
            raise InputError(
                f"PARAMS: {odd[0]} says how to preprocess DATA; give DATA, or leave it out to judge"
                f" with the images of {folder}"
            )
    else:
        source = data or make_sample("gan", Display(console))
        folder = _preprocessed(source, {**defaults, **given}, runs, console)
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


def _newest_run(runs: Path) -> RunRecord | None:
    """Returns the newest run of `gan`, if it has examples."""
    try:
        record = RunRecord.read(find_run("gan", "", runs))
    except InputError:
        return None
    folder = Path(record.artifacts.get("examples", ""))
    return record if (folder / METADATA_FILE).is_file() else None


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
