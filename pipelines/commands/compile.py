"""`compile`: pipelines to YAML."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pipelines.commands.options import BUILD, RUNS, Loss, Model
from preprocessing.errors import InputError


def compile(
    pipeline: Annotated[str, typer.Argument(help="The pipeline; all of them by default.")] = "",
    folder: Annotated[Path, typer.Option(help="Where the YAML goes.")] = BUILD,
    model: Model = "",
    loss: Loss = "",
) -> None:
    """Compile pipelines to YAML for Kubeflow and Vertex AI."""
    from pipelines.arguments import read_arguments
    from pipelines.check_settings import needs_one_machine
    from pipelines.compile import compile_pipeline
    from pipelines.registry import pipeline_names
    from pipelines.settings import read_settings

    settings = read_settings()
    if (model or loss) and not pipeline:
        raise InputError("MODEL, LOSS: for which pipeline? Set PIPELINE too")
    for name in [pipeline] if pipeline else pipeline_names():
        if not pipeline and needs_one_machine(name) and settings.training_workers() > 1:
            print(f"{name}: left out, as it trains on one machine", file=sys.stderr)
            continue
        arguments = {}
        if model or loss:
            note = Console(stderr=True, soft_wrap=True).print
            arguments = read_arguments(name, [], model, loss, None, RUNS, note)
        print(compile_pipeline(name, folder, settings, arguments))
