"""`run`: a whole pipeline on this machine."""

import sys
from collections.abc import Sequence
from pathlib import Path
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
from pipelines.commands.screen import screen


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
    asked = (pipeline, data, teams, model, loss, parameter_words(params))
    run_here(*asked, words("BEAM", beam), runs, verbose)


def run_here(
    pipeline: str,
    data: str,
    teams: str,
    model: str,
    loss: str,
    texts: Sequence[str],
    beam: Sequence[str],
    runs: Path,
    verbose: bool,
) -> None:
    """Runs a pipeline here and shows it; the arguments are those of `run`, split into words."""
    from pipelines.arguments import read_arguments
    from pipelines.display import Display
    from pipelines.local.run import run_locally
    from pipelines.registry import challenge_of, find_pipeline
    from pipelines.source import find_source
    from pipelines.tuning.outcome import outcome_lines, show_trials
    from pipelines.tuning.space import search_space, space_lines
    from pipelines.variants import is_tuning
    from preprocessing.challenge import find_challenge
    from preprocessing.sources.open import count_classes

    find_pipeline(pipeline)
    display = Display(Console(file=sys.stdout), verbose)
    classes = count_classes(data, find_challenge(challenge_of(pipeline))) if data else None
    given = read_arguments(pipeline, texts, model, loss, classes, runs, display.note, teams)
    arguments = find_source(pipeline, data, given, runs, display) | {"beam_args": [*beam]}
    if is_tuning(pipeline):
        for line in space_lines(search_space(pipeline, arguments)):
            display.note(f"  {'tries':<20} {line}")
    try:
        record = run_locally(pipeline, arguments, runs, display)
    except KeyboardInterrupt:
        print("interrupted; the same command goes on with the step that had begun", file=sys.stderr)
        raise typer.Exit(130) from None
    show_trials(record, screen())
    display.summary(record)
    for line in outcome_lines(record, data, model, loss, texts):
        display.note(line)
