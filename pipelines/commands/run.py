"""`run`: a whole pipeline on this machine."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from pipelines.commands.options import (
    RUNS,
    Data,
    Loss,
    Model,
    Params,
    Pipeline,
    Runs,
    parameter_words,
    words,
)


def run(
    pipeline: Pipeline,
    data: Data = "",
    teams: Annotated[
        str, typer.Option(envvar="TEAMS", help="Of a tournament: a folder with one for each team.")
    ] = "",
    model: Model = "",
    loss: Loss = "",
    params: Params = "",
    beam: Annotated[
        str, typer.Option(envvar="BEAM", help="Options of Beam, such as --runner=...")
    ] = "",
    runs: Runs = RUNS,
    verbose: Annotated[
        bool, typer.Option(envvar="VERBOSE", help="Print all that the steps print.")
    ] = False,
) -> None:
    """Run a whole pipeline on this machine."""
    from pipelines.arguments import read_arguments
    from pipelines.display import Display
    from pipelines.local.run import run_locally
    from pipelines.registry import challenge_of, find_pipeline
    from pipelines.source import find_source
    from preprocessing.challenge import find_challenge
    from preprocessing.sources.open import count_classes

    find_pipeline(pipeline)
    display = Display(Console(file=sys.stdout), verbose)
    texts, beam_args = parameter_words(params), words("BEAM", beam)
    classes = count_classes(data, find_challenge(challenge_of(pipeline))) if data else None
    arguments = read_arguments(pipeline, texts, model, loss, classes, runs, display.note, teams)
    arguments = find_source(pipeline, data, arguments, runs, display)
    try:
        record = run_locally(pipeline, arguments | {"beam_args": beam_args}, runs, display)
    except KeyboardInterrupt:
        print("interrupted; the same command goes on with the step that had begun", file=sys.stderr)
        raise typer.Exit(130) from None
    display.summary(record)
