"""`runs`, `compare` and `cancel`: what has run, here and in the cloud."""

import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.console import Console

from pipelines.backend import Backend, History
from pipelines.commands.options import RUNS, Runs
from pipelines.commands.screen import screen
from pipelines.history.metrics import main_metric
from pipelines.history.places import LOCAL, Places
from pipelines.history.run_record import RunRecord
from pipelines.history.status import has_ended
from preprocessing.errors import InputError


def _count(value: object) -> int:
    text = str(value)  # the default is asked for too
    if not text.isdecimal() or int(text) < 1:
        raise InputError(f"LIMIT: expected a whole number of 1 or more, got {text!r}")
    return int(text)


Where = Annotated[
    str,
    typer.Option(envvar="BACKEND", help="local, vertex or kubeflow; all that are set by default."),
]
Json = Annotated[bool, typer.Option("--json", envvar="JSON", help="Print JSON.")]


def runs(
    pipeline: Annotated[str, typer.Argument(help="Only runs of this pipeline.")] = "",
    run: Annotated[
        str, typer.Option(envvar="RUN", help="Show this run: its name or how that begins.")
    ] = "",
    backend: Where = "",
    limit: Annotated[
        int, typer.Option(envvar="LIMIT", parser=_count, help="How many runs at most.")
    ] = 20,
    wait: Annotated[
        bool, typer.Option(envvar="WAIT", help="Follow the run in the cloud until it ends.")
    ] = False,
    as_json: Json = False,
    runs: Runs = RUNS,
) -> None:
    """List the newest runs, or show one of them."""
    if run:
        _show(run, backend, wait, as_json, runs)
    elif wait:
        raise InputError("WAIT: for which run? Set RUN too")
    else:
        _list(pipeline, backend, limit, as_json, runs)


def compare(
    names: Annotated[list[str], typer.Argument(help="Names of runs, or how those begin.")],
    backend: Where = "",
    as_json: Json = False,
    runs: Runs = RUNS,
) -> None:
    """Put parameters that differ and all metrics of some runs side by side."""
    from pipelines.history.comparison import compare_runs
    from pipelines.history.comparison_table import print_comparison
    from pipelines.history.defaults import all_parameters

    wanted = dict.fromkeys(name for text in names for name in text.split())
    places = _places(backend, runs)
    records = {found.record.run: found.record for found in map(places.find, wanted)}
    if len(records) < 2:
        raise InputError(f"RUNS: expected two runs or more, got {', '.join(records)}")
    compared = list(records.values())
    comparison = compare_runs(compared, [all_parameters(record) for record in compared])
    if as_json:
        _print_json(asdict(comparison))
    else:
        print_comparison(comparison, screen())


def cancel(
    run: Annotated[str, typer.Argument(help="The run: its name or how that begins.")],
    backend: Where = "",
    runs: Runs = RUNS,
) -> None:
    """Ask a run in the cloud to stop."""
    found = _places(backend, runs).find(run)
    name, status = found.record.run, found.record.status
    if has_ended(status):
        print(f"{name} has ended before: {status}")
        return
    if found.history.name == LOCAL:
        raise InputError(f"RUN: {name} runs on this machine; press Ctrl-C where it was started")
    cast(Backend, found.history).cancel(name)
    print(f"{name} is asked to stop; `make runs RUN={name} WAIT=1` shows how it ends")


def _list(pipeline: str, backend: str, limit: int, as_json: bool, folder: Path) -> None:
    from pipelines.history.run_table import print_table

    records = _places(backend, folder).newest(pipeline, limit + 1)
    if not records and pipeline:
        from pipelines.registry import find_pipeline  # takes a second

        find_pipeline(pipeline)
    shown = records[:limit]
    if as_json:
        _print_json([_whole(record) for record in shown])
    elif not shown:
        of = f" of {pipeline}" if pipeline else ""
        print(f"no runs{of} yet; `make run PIPELINE={pipeline or 'quickdraw'}` starts one here")
    else:
        print_table(shown, screen())
        if len(records) > limit:
            print(f"note: there are older ones: LIMIT={2 * limit}", file=sys.stderr)


def _show(run: str, backend: str, wait: bool, as_json: bool, folder: Path) -> None:
    from pipelines.history.run_page import print_page

    found = _places(backend, folder).find(run)
    if wait:
        _follow(found.history, found.record.run)
    elif as_json:
        _print_json(_whole(found.record))
    else:
        print_page(found.history, found.record, screen())


def _follow(history: History, name: str) -> None:
    from pipelines.display import Display
    from pipelines.history.follow import follow

    if history.name == LOCAL:
        raise InputError(f"WAIT: {name} runs on this machine and shows itself where it was started")
    try:
        record = follow(cast(Backend, history), name, Display(Console(file=sys.stdout)))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if record.status != "succeeded":
        raise typer.Exit(1)


def _places(backend: str, folder: Path) -> Places:
    return Places(backend, folder, Console(stderr=True))


def _whole(record: RunRecord) -> dict[str, Any]:
    """Returns all that is known of a run, and which of its metrics tells most."""
    metric = main_metric(record)
    return {**asdict(record), "main_metric": metric and {"name": metric[0], "value": metric[2]}}


def _print_json(values: Any) -> None:
    print(json.dumps(_finite(values), indent=2, ensure_ascii=False, allow_nan=False))


def _finite(value: Any) -> Any:
    """Returns a value with null where a number is none or infinite, which JSON does not know."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
