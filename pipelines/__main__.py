"""The command line: `python -m pipelines COMMAND`; every make target is one line that calls it."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from preprocessing.errors import InputError

app = typer.Typer(
    help="Image challenges as pipelines.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
RUNS = Path("runs")

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


@app.command()
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
    from pipelines.local import run_locally
    from pipelines.registry import challenge_of, find_pipeline
    from pipelines.source import find_source
    from preprocessing.challenge import find_challenge
    from preprocessing.sources.open import count_classes

    find_pipeline(pipeline)
    display = Display(Console(file=sys.stdout), verbose)
    texts, beam_args = words("PARAMS", params), words("BEAM", beam)
    classes = count_classes(data, find_challenge(challenge_of(pipeline))) if data else None
    arguments = read_arguments(pipeline, texts, model, loss, classes, runs, display.note, teams)
    arguments = find_source(pipeline, data, arguments, runs, display)
    try:
        record = run_locally(pipeline, arguments | {"beam_args": beam_args}, runs, display)
    except KeyboardInterrupt:
        print("interrupted; the same command goes on with the step that had begun", file=sys.stderr)
        raise typer.Exit(130) from None
    display.summary(record)


@app.command()
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
    from pipelines.evaluate import evaluate_run
    from pipelines.find_run import find_run

    try:
        evaluate_run(find_run(pipeline, run, runs), watch, Console(file=sys.stdout))
    except KeyboardInterrupt:
        print("interrupted; the same command goes on where it stopped", file=sys.stderr)
        raise typer.Exit(130) from None


@app.command()
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
    from pipelines.submissions import check_one

    texts = words("PARAMS", params)
    if not check_one(Path(model), data, texts, runs, Console(file=sys.stdout)):
        raise typer.Exit(1)


@app.command()
def battle(
    first: Annotated[str, typer.Option("--a", envvar="A", help="A submission.")],
    second: Annotated[str, typer.Option("--b", envvar="B", help="Its opponent.")],
    data: RealImages = "",
    params: Params = "",
    runs: Runs = RUNS,
) -> None:
    """Let two GANs fight."""
    from pipelines.submissions import hold_battle

    texts = words("PARAMS", params)
    hold_battle(Path(first), Path(second), data, texts, runs, Console(file=sys.stdout))


@app.command()
def compile(
    pipeline: Annotated[str, typer.Argument(help="The pipeline; all of them by default.")] = "",
    folder: Annotated[Path, typer.Option(help="Where the YAML goes.")] = Path("build"),
    model: Model = "",
    loss: Loss = "",
) -> None:
    """Compile pipelines to YAML for Kubeflow and Vertex AI."""
    from pipelines.arguments import read_arguments
    from pipelines.compile import compile_pipeline
    from pipelines.registry import pipeline_names
    from pipelines.settings import read_settings

    settings = read_settings()
    if (model or loss) and not pipeline:
        raise InputError("MODEL, LOSS: for which pipeline? Set PIPELINE too")
    for name in [pipeline] if pipeline else pipeline_names():
        arguments = {}
        if model or loss:
            note = Console(stderr=True, soft_wrap=True).print
            arguments = read_arguments(name, [], model, loss, None, RUNS, note)
        print(compile_pipeline(name, folder, settings, arguments))


def words(name: str, text: str) -> list[str]:
    """Splits a text as a shell does."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise InputError(f"{name}: {error} in {text!r}; mend its quotes") from None


def main() -> None:
    """Runs the command line; an error that the user can mend is one line and status 1."""
    try:
        app()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        if error.filename is None:
            raise
        cure = "free some space, or name a place that you may write to"
        print(f"error: {error.filename}: {error.strerror}; {cure}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
