"""`schedule` and what is done with schedules: pipelines that run again and again in the cloud."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from pipelines.commands.options import (
    RUNS,
    CloudData,
    Loss,
    Model,
    Params,
    Pipeline,
    Runs,
    parameter_words,
    words,
)
from pipelines.commands.screen import screen
from preprocessing.errors import InputError

if TYPE_CHECKING:
    from pipelines.backend import Backend, Schedule


def schedule(
    pipeline: Pipeline,
    cron: Annotated[
        str,
        typer.Option(
            envvar="CRON", help='Minute, hour, day of month, month, day of week: "0 3 * * 1".'
        ),
    ],
    timezone: Annotated[
        str, typer.Option(envvar="TIMEZONE", help="That CRON is in, such as Europe/Zurich.")
    ] = "UTC",
    data: CloudData = "",
    model: Model = "",
    loss: Loss = "",
    params: Params = "",
    beam: Annotated[
        str, typer.Option(envvar="BEAM", help="Options of Beam, such as --runner=...")
    ] = "",
    catch_up: Annotated[
        bool,
        typer.Option(envvar="CATCH_UP", help="Make up for starts that come while a run goes on."),
    ] = False,
    runs: Runs = RUNS,
) -> None:
    """Create or update the one schedule of a pipeline."""
    from pipelines.schedules.cron import next_times
    from pipelines.schedules.schedule import check_times, for_each_time, scheduled_pipeline
    from pipelines.settings import read_settings
    from pipelines.submit.prepare import prepare

    settings = read_settings()
    check_times(cron, timezone, settings)
    name = scheduled_pipeline(pipeline)
    if not data:
        raise InputError(
            "DATA: not set; a schedule needs data that new files come to: name its folder, gs://..."
        )
    asked = (name, data, model, loss, parameter_words(params), settings, runs)
    submission, place = prepare(
        *asked, Console(file=sys.stdout), beam=words("BEAM", beam), caching=False
    )
    before = [one for one in place.schedules() if one.name == name]
    made = place.schedule(for_each_time(submission), cron, timezone, catch_up)
    _print(made)
    for one in before:
        print(f"it was {one.cron} {one.timezone}, {one.status}; parameters and data are new too")
    times = ", ".join(_time(time) for time in next_times(cron, timezone))
    print(f"next: {times} {timezone}")


def schedules(
    backend: Annotated[
        str, typer.Option(envvar="BACKEND", help="vertex or kubeflow; all that are set by default.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", envvar="JSON", help="Print JSON.")] = False,
) -> None:
    """List the schedules."""
    from pipelines.schedules.schedule import all_schedules, next_run
    from pipelines.settings import read_settings

    found = all_schedules(backend, read_settings(), partial(print, "note:", file=sys.stderr))
    if as_json:
        rows = [{**asdict(one), "next_run": next_run(one)} for one in found]
        print(json.dumps(rows, indent=2, default=lambda time: time.isoformat()))
    elif found:
        _print_table(found)
    else:
        print("no schedules; `make schedule PIPELINE=... CRON=...` makes one")


def pause_schedule(pipeline: Pipeline) -> None:
    """Pause the schedule of a pipeline."""
    place, name = _find(pipeline)
    _print(place.pause(name))


def resume_schedule(pipeline: Pipeline) -> None:
    """Resume the schedule of a pipeline, without the starts that were missed."""
    place, name = _find(pipeline)
    _print(place.resume(name))


def delete_schedule(pipeline: Pipeline) -> None:
    """Delete the schedule of a pipeline; its runs stay."""
    place, name = _find(pipeline)
    place.delete(name)
    print(f"{name} on {place.name}: deleted")


def _find(pipeline: str) -> "tuple[Backend, str]":
    from pipelines.backend import find_backend
    from pipelines.schedules.schedule import find_schedule
    from pipelines.settings import read_settings

    settings = read_settings()
    place = find_backend(settings.backend, settings)
    return place, find_schedule(pipeline, place)


def _print(one: "Schedule") -> None:
    print(f"{one.name} on {one.backend}, {one.cron} {one.timezone}: {one.status}")
    print(one.link)


def _print_table(found: "Sequence[Schedule]") -> None:
    from rich.table import Table

    from pipelines.schedules.schedule import next_run

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for column in ("name", "backend", "cron", "zone", "status", "next run", "last run"):
        table.add_column(column, no_wrap=column == "cron", overflow="fold")
    for one in found:
        start = next_run(one)
        table.add_row(
            *(one.name, one.backend, one.cron, one.timezone, one.status),
            *(_time(start) if start else "", one.last_run),
        )
    screen().print(table, markup=False)


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M}"
