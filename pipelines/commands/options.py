"""Options that several commands take, and how their texts are read."""

import json
import re
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
    str,
    typer.Option(envvar="PARAMS", help='Parameters, such as "epochs=3 model=Cnn", or @best.json.'),
]
Runs = Annotated[Path, typer.Option(help="Folder of the runs.")]

_JSON_FOLLOWS = re.compile(r"(?<!\S)\w+=(?=[\[{])")


def words(name: str, text: str) -> list[str]:
    """Splits a text as a shell does."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise InputError(f"{name}: {error} in {text!r}; mend its quotes") from None


def parameter_words(text: str) -> list[str]:
    """Splits PARAMS as a shell does, but for JSON, whose quotes and blanks stay as they are.

    So `model_arguments={"units": 512}` is one word.
    """
    found: list[str] = []
    rest = 0
    for begin in _JSON_FOLLOWS.finditer(text):
        if begin.start() < rest:
            continue  # within the JSON before
        try:
            _, end = json.JSONDecoder().raw_decode(text, begin.end())
        except ValueError:
            continue  # quoted as a shell wants it, or wrong, which is told later
        found += [*words("PARAMS", text[rest : begin.start()]), text[begin.start() : end]]
        rest = end
    return found + words("PARAMS", text[rest:])
