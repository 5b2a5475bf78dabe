"""Runs a Beam pipeline: here by default, elsewhere by option, with errors that name the cause."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import apache_beam as beam
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from preprocessing.errors import InputError
from preprocessing.files import first_line


def run_pipeline(build: Callable[[beam.Pipeline], object], beam_args: Sequence[str] = ()) -> Any:
    """Builds a pipeline and runs it to its end.

    Args:
        build: applies the transforms.
        beam_args: Beam's own options, such as `--runner=DataflowRunner --region=...`. By default
            the pipeline runs in this process.

    Returns:
        Beam's `PipelineResult`, whose `metrics()` hold the counters.

    Raises:
        InputError: raised by a transform, wherever it ran, and told here in one line.
    """
    options = PipelineOptions(list(beam_args))
    if options.view_as(StandardOptions).runner in (None, "DirectRunner"):
        # DirectRunner would first try to download the Prism runner and then take this one.
        options.view_as(StandardOptions).runner = "FnApiRunner"
    try:
        with beam.Pipeline(options=options) as pipeline:
            build(pipeline)
        return pipeline.result
    except RuntimeError as error:
        # Runners hand exceptions on as text.
        told = re.search(r"InputError: ([^\n]*?)(?: \[while running|\\n|\n|$)", str(error))
        if told:
            raise InputError(told[1]) from error
        raise


def make_folder(folder: str) -> None:
    """Creates a folder where the file system has such a thing and it is not there yet.

    Raises:
        InputError: it cannot be made.
    """
    try:
        if not FileSystems.exists(folder):
            FileSystems.mkdirs(folder)
    except Exception as error:
        raise InputError(
            f"{folder}: cannot be made ({first_line(error)}); name a folder that you may write to"
        ) from error


def write_file(path: str, data: Any, attempt: str) -> None:
    """Writes a whole file, local or `gs://`: under a temporary name first, then renamed.

    Args:
        path: the file; its folder exists.
        data: bytes, or anything with their buffer.
        attempt: a text that no other attempt at the same file uses.

    Raises:
        InputError: it cannot be written; nothing is left that looks whole.
    """
    folder, name = FileSystems.split(path)
    temporary = FileSystems.join(folder, f".{name}.{attempt}")
    try:
        with FileSystems.create(temporary, compression_type=CompressionTypes.UNCOMPRESSED) as file:
            file.write(data)
        FileSystems.rename([temporary], [path])
    except Exception as error:
        with suppress(Exception):
            FileSystems.delete([temporary])
        cause = getattr(error, "strerror", None) or first_line(error)
        raise InputError(
            f"{path}: cannot be written ({cause}); free some space or name a folder that you may"
            " write to, then run again"
        ) from error
