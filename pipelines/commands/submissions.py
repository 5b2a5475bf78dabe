"""`check-submission` and `battle`: GANs of participants, checked and let fight."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pipelines.commands.options import RUNS, Params, RealImages, Runs, parameter_words


def check_submission(
    model: Annotated[
        str,
        typer.Option(
            envvar="MODEL", help="The submission: a SavedModel, or a model or run folder."
        ),
    ],
    data: RealImages = "",
    params: Params = "",
    runs: Runs = RUNS,
) -> None:
    """Check whether a GAN would be let into a battle, and see what it makes and says."""
    from pipelines.local.submissions import check_one

    texts = parameter_words(params)
    if not check_one(Path(model), data, texts, runs, Console(file=sys.stdout)):
        raise typer.Exit(1)


def battle(
    first: Annotated[str, typer.Option("--a", envvar="A", help="A submission.")],
    second: Annotated[str, typer.Option("--b", envvar="B", help="Its opponent.")],
    data: RealImages = "",
    params: Params = "",
    runs: Runs = RUNS,
) -> None:
    """Let two GANs fight."""
    from pipelines.local.submissions import hold_battle

    texts = parameter_words(params)
    hold_battle(Path(first), Path(second), data, texts, runs, Console(file=sys.stdout))
