"""`evaluate`: judges what a run's training has exported."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from pipelines.commands.options import RUNS, Pipeline, Runs


def evaluate(
    pipeline: Pipeline,
    run: Annotated[
        str, typer.Option(envvar="RUN", help="Name of the run; the newest by default.")
    ] = "",
    watch: Annotated[
        bool,
        typer.Option(envvar="WATCH", help="Evaluate each export until the training ends."),
    ] = False,
    runs: Runs = RUNS,
) -> None:
    """Evaluate what a run's training has exported, while it goes on or afterwards."""
    from pipelines.local.evaluate import evaluate_run
    from pipelines.local.find_run import find_run

    try:
        evaluate_run(find_run(pipeline, run, runs), watch, Console(file=sys.stdout))
    except KeyboardInterrupt:
        print("interrupted; the same command goes on where it stopped", file=sys.stderr)
        raise typer.Exit(130) from None
