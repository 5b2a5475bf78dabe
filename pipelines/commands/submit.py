"""`submit`: a whole pipeline in the cloud, after everything was checked that can be."""

import sys
from collections.abc import Sequence
from pathlib import Path
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
    from pipelines.settings import Settings


def submit(
    pipeline: Pipeline,
    data: CloudData = "",
    teams: Annotated[
        str, typer.Option(envvar="TEAMS", help="Of a tournament: gs:// URI of the teams' folder.")
    ] = "",
    model: Model = "",
    loss: Loss = "",
    params: Params = "",
    beam: Annotated[
        str, typer.Option(envvar="BEAM", help="Options of Beam, such as --runner=DataflowRunner.")
    ] = "",
    cache: Annotated[
        bool, typer.Option(envvar="CACHE", help="Take steps from the backend's cache.")
    ] = True,
    failure: Annotated[
        str,
        typer.Option(
            envvar="FAILURE", help="fast: the first failed step ends the run; slow: others go on."
        ),
    ] = "fast",
    wait: Annotated[
        bool, typer.Option(envvar="WAIT", help="Follow the run to its end; its result is ours.")
    ] = False,
    runs: Runs = RUNS,
) -> None:
    """Submit a pipeline to Vertex AI or Kubeflow, after checks and an estimate of its cost."""
    from pipelines.settings import read_settings

    asked = (pipeline, data, teams, model, loss, parameter_words(params), words("BEAM", beam))
    send(*asked, cache, failure, wait, read_settings(), runs)


def send(
    pipeline: str,
    data: str,
    teams: str,
    model: str,
    loss: str,
    texts: Sequence[str],
    beam: Sequence[str],
    cache: bool,
    failure: str,
    wait: bool,
    settings: "Settings",
    runs: Path,
) -> None:
    """Starts a run in the cloud; the arguments are those of `submit`, split into words."""
    from pipelines.display import Display
    from pipelines.history.follow import follow
    from pipelines.history.status import has_ended
    from pipelines.registry import find_pipeline
    from pipelines.submit.prepare import prepare
    from pipelines.submit.start import start
    from pipelines.tuning.outcome import outcome_lines, show_trials

    find_pipeline(pipeline)
    if failure not in ("fast", "slow"):
        raise InputError(f"FAILURE={failure}: expected fast or slow")
    display = Display(console := Console(file=sys.stdout))
    try:
        submission, backend = prepare(
            *(pipeline, data, model, loss, texts, settings, runs, console),
            teams=teams,
            beam=beam,
            caching=cache,
            fail_fast=failure == "fast",
        )
        record = start(backend, submission, settings, display.note)
    except KeyboardInterrupt:
        again = "the same command goes on, and finds a run that was asked for already"
        print(f"interrupted; {again}", file=sys.stderr)
        raise typer.Exit(130) from None
    for name, value in {
        "run": record.run,
        "console": record.link,
        "to follow it": f"make runs RUN={record.run} WAIT=1",
        "to cancel it": f"make cancel RUN={record.run}",
    }.items():
        display.note(f"  {name:<20} {value}")
    if wait:
        try:
            record = follow(backend, record.run, display)
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
        show_trials(record, screen())
        for line in outcome_lines(record, data, model, loss, texts):
            display.note(line)
    if has_ended(record.status) and record.status != "succeeded":
        raise typer.Exit(1)
