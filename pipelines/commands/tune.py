"""`tune` and `dashboard`: tries parameters of a training, here or in the cloud, and shows how."""

from typing import Annotated

import typer

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
from pipelines.commands.run import run_here
from pipelines.commands.submit import send
from preprocessing.errors import InputError
from preprocessing.nearest import did_you_mean


def _number(name: str, text: object) -> int:
    if not str(text).isdecimal() or int(str(text)) < 1:  # the default is asked for too
        raise InputError(f"{name}: expected a whole number of 1 or more, got {str(text)!r}")
    return int(str(text))


def tune(
    pipeline: Pipeline,
    trials: Annotated[
        int,
        typer.Option(
            envvar="TRIALS", parser=lambda text: _number("TRIALS", text), help="How many trials."
        ),
    ] = 20,
    parallel: Annotated[
        int,
        typer.Option(
            envvar="PARALLEL",
            parser=lambda text: _number("PARALLEL", text),
            help="How many of them at a time.",
        ),
    ] = 1,
    data: Data = "",
    model: Model = "",
    loss: Loss = "",
    params: Params = "",
    beam: Annotated[
        str, typer.Option(envvar="BEAM", help="Options of Beam, such as --runner=...")
    ] = "",
    backend: Annotated[
        str, typer.Option(envvar="BACKEND", help="Where: local, vertex or kubeflow.")
    ] = "local",
    wait: Annotated[
        bool, typer.Option(envvar="WAIT", help="Follow a run in the cloud to its end.")
    ] = False,
    runs: Runs = RUNS,
    verbose: Annotated[
        bool, typer.Option(envvar="VERBOSE", help="Print all that the steps print here.")
    ] = False,
) -> None:
    """Try parameters of a training and find the best, here or in the cloud."""
    from pipelines.backend import BACKENDS
    from pipelines.history.places import LOCAL
    from pipelines.settings import read_settings
    from pipelines.tuning.pipeline import pipeline_to_tune

    name = pipeline_to_tune(pipeline)
    if backend not in (LOCAL, *BACKENDS):
        near = did_you_mean(backend, (LOCAL, *BACKENDS))
        raise InputError(
            f"BACKEND: {backend!r} is unknown{near}; there are: {', '.join((LOCAL, *BACKENDS))}"
        )
    if parallel > trials:
        raise InputError(f"PARALLEL={parallel}: expected at most as many as TRIALS={trials}")
    texts = parameter_words(params)
    for text in texts:
        if (given := text.partition("=")[0]) in ("trials", "parallel"):
            raise InputError(f"PARAMS: {given} is not set here but by {given.upper()}")
    texts += [f"trials={trials}", f"parallel={parallel}"]
    asked = (name, data, "", model, loss, texts, words("BEAM", beam))
    if backend == LOCAL:
        if wait:
            raise InputError("WAIT: for a run in the cloud; this one is here and shows itself")
        run_here(*asked, runs, verbose)
    else:
        settings = read_settings().model_copy(update={"backend": backend})
        send(*asked, True, "fast", wait, settings, runs)


def dashboard(
    port: Annotated[
        int,
        typer.Option(
            envvar="PORT", parser=lambda text: _number("PORT", text), help="Where it is served."
        ),
    ] = 8080,
    runs: Runs = RUNS,
) -> None:
    """Open Optuna's dashboard of all tunings on this machine."""
    from pipelines.tuning.dashboard import serve_dashboard

    serve_dashboard(runs / "studies", port)
