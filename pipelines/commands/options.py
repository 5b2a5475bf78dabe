"""Options that several commands take, and how their texts are read."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from preprocessing.errors import InputError

RUNS = Path("runs")
BUILD = Path("build")

Pipeline = Annotated[str, typer.Argument(help="The pipeline, such as quickdraw.")]
Model = Annotated[
    str, typer.Option(envvar="MODEL", help="The network: Cnn, or path/to/mine.py:MyNet.")
]
Loss = Annotated[
    str, typer.Option(envvar="LOSS", help="The loss: CrossEntropy, or path/to/mine.py:MyLoss.")
]
Data = Annotated[
    str,
    typer.Option(envvar="DATA", help="Folder, glob or gs:// URI; by default sample data is made."),
]
CloudData = Annotated[
    str,
    typer.Option(
        envvar="DATA", help="gs:// URI; by default sample data is made and brought to BUCKET."
    ),
]
RealImages = Annotated[
    str,
    typer.Option(
        envvar="DATA",
        help="Real images: folder, glob or gs:// URI; by default those of the newest run of gan.",
    ),
]
Params = Annotated[
    str, typer.Option(envvar="PARAMS", help='Parameters, such as "epochs=3 model=Cnn".')
]
Runs = Annotated[Path, typer.Option(help="Folder of the runs.")]


def words(name: str, text: str) -> list[str]:
    """Splits a text as a shell does."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise InputError(f"{name}: {error} in {text!r}; mend its quotes") from None
