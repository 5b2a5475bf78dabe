"""`promote`, `rollback` and `models`: the champions and who they were."""

import json
import os
import sys
from typing import Annotated

import typer
from rich.console import Console

from pipelines.commands.options import RUNS, Pipeline, Runs
from pipelines.commands.screen import screen
from preprocessing.errors import InputError


def _number(value: object) -> int:
    text = str(value)  # the default is asked for too
    if not text.isdecimal():
        raise InputError(f"VERSION: expected the number of a version, such as 2, got {text!r}")
    return int(text)


def _share(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        raise InputError(f"MARGIN: expected a share such as 0.01, got {value!r}") from None


def promote(
    pipeline: Pipeline,
    run: Annotated[
        str, typer.Option(envvar="RUN", help="Name of the run; the newest by default.")
    ] = "",
    margin: Annotated[
        float,
        typer.Option(
            envvar="MARGIN", parser=_share, help="By how much accuracy has to grow at least."
        ),
    ] = 0.0,
    runs: Runs = RUNS,
) -> None:
    """Make the model of a finished local run the champion, if it beats the one there is."""
    from pipelines.champions import challenge_with_champions, open_champions, serving_image
    from pipelines.local.find_run import find_run
    from pipelines.local.promote import promote_run
    from pipelines.settings import read_settings
    from pipelines.user import login_name

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    settings = read_settings()
    challenge = challenge_with_champions(pipeline)
    folder = find_run(pipeline, run, runs)
    image = serving_image(settings.registry, settings)
    registry = open_champions(settings)
    try:
        promote_run(
            folder, challenge, registry, image, login_name(), margin, Console(file=sys.stdout)
        )
    except KeyboardInterrupt:
        print("interrupted; the same command does it from the start", file=sys.stderr)
        raise typer.Exit(130) from None


def rollback(
    pipeline: Pipeline,
    version: Annotated[
        int,
        typer.Option(
            envvar="VERSION",
            parser=_number,
            help="The version; the champion before this one by default.",
        ),
    ] = 0,
) -> None:
    """Make an earlier version the champion again."""
    from models.promotion.rollback import rollback
    from pipelines.champions import challenge_with_champions, open_champions
    from pipelines.settings import read_settings
    from pipelines.user import login_name

    challenge = challenge_with_champions(pipeline)
    registry = open_champions(read_settings())
    found = rollback(registry, challenge, login_name(), version)
    print(f"version {found.number} of {challenge} is champion again, from {found.facts.run}")


def models(
    pipeline: Annotated[str, typer.Argument(help="Only versions of this pipeline's model.")] = "",
    as_json: Annotated[bool, typer.Option("--json", envvar="JSON", help="Print JSON.")] = False,
) -> None:
    """List the versions that were champions, and who is."""
    from models.promotion.rollback import find_versions
    from pipelines.champions import LOCAL, challenge_with_champions, open_champions
    from pipelines.history.version_table import print_versions
    from pipelines.settings import read_settings

    settings = read_settings()
    registry = open_champions(settings)
    if pipeline:
        found = find_versions(registry, challenge_with_champions(pipeline))
    else:
        found = [one for name in registry.challenges() for one in registry.versions(name)]
    if as_json:
        print(json.dumps([version.as_json() for version in found], indent=2))
    elif found:
        print_versions(found, screen())
    else:
        print(
            f"no models in {settings.registry or LOCAL}, where REGISTRY says they are;"
            " `make run PIPELINE=quickdraw-retraining` or `make promote` registers one"
        )
