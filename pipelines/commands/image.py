"""`image`: builds the container images that compiled pipelines name."""

import sys
from typing import Annotated

import typer

from pipelines.commands.options import BUILD, RUNS, Loss, Model, words
from preprocessing.errors import InputError


def image(
    pipeline: Annotated[str, typer.Argument(help="Of MODEL and LOSS; else not needed.")] = "",
    model: Model = "",
    loss: Loss = "",
    tool: Annotated[
        str,
        typer.Option(
            envvar="TOOL", help="docker, podman, buildah or cloud-build; by default what works."
        ),
    ] = "",
    push: Annotated[
        bool, typer.Option(envvar="PUSH", help="Push to the registry that IMAGE names.")
    ] = False,
    dirty: Annotated[
        bool, typer.Option(envvar="DIRTY", help="Build although files differ from the commit.")
    ] = False,
    build_args: Annotated[
        str,
        typer.Option(
            envvar="BUILD_ARGS", help="Of the Dockerfile: BASE_IMAGE=... BEAM_IMAGE=..., mirrors."
        ),
    ] = "",
) -> None:
    """Build the images that `compile` names for the same settings; prints their names."""
    from pipelines.arguments import read_arguments
    from pipelines.image.make import make_images
    from pipelines.pack import pack_own_files
    from pipelines.registry import find_pipeline
    from pipelines.settings import read_settings

    settings = read_settings()
    if (model or loss) and not pipeline:
        raise InputError("MODEL, LOSS: for which pipeline? Set PIPELINE too")

    def show(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    arguments = read_arguments(pipeline, [], model, loss, None, RUNS, show) if model or loss else {}
    if pipeline:
        find_pipeline(pipeline)
        pack_own_files(pipeline, arguments, BUILD)
    try:
        images = make_images(
            settings,
            BUILD,
            show,
            pipeline=pipeline,
            fingerprint=arguments.get("files_fingerprint", ""),
            tool=tool,
            pushes=push,
            dirty=dirty,
            arguments=words("BUILD_ARGS", build_args),
        )
    except KeyboardInterrupt:
        print("interrupted; the same command goes on with what is built", file=sys.stderr)
        raise typer.Exit(130) from None
    print("\n".join(images))
