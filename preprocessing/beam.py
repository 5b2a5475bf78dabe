"""Beam as the steps use it: running a pipeline, and writing files through its FileSystems."""

import re
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, suppress
from glob import escape
from io import StringIO
from typing import Any

import apache_beam as beam
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems
from apache_beam.metrics import MetricsFilter
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from preprocessing.errors import InputError
from preprocessing.files import first_line, list_files

_WATCH_SECONDS = 1.0


def run_pipeline(build: Callable[[beam.Pipeline], object], beam_args: Sequence[str] = ()) -> Any:
    """Builds a pipeline and runs it to its end.

    Args:
        build: applies the transforms.
        beam_args: Beam's own options, such as `--runner=DataflowRunner --region=...`. By default
            the pipeline runs in this process.

    Returns:
        Beam's `PipelineResult`, whose `metrics()` hold the counters.

    Raises:
        InputError: Beam cannot use an option; or raised by a transform, wherever it ran, and told
            here in one line.
        SystemExit: the step is told to stop; a job elsewhere was told so first.
    """
    pipeline = _make_pipeline(beam_args)
    try:
        with pipeline:
            build(pipeline)
        return pipeline.result
    except (SystemExit, KeyboardInterrupt):
        with suppress(Exception):  # there may be none yet, or nothing left to stop
            pipeline.result.cancel()  # workers elsewhere would go on, and cost
        raise
    except Exception as error:
        if stopped := re.match(r"SystemExit: (\d+) ", str(error)):  # within a transform
            raise SystemExit(int(stopped[1])) from None
        # Here Beam puts the step behind the message; other runners hand on the trace, as text.
        text = f"InputError: {error}" if isinstance(error, InputError) else str(error)
        told = re.search(r"InputError: ([^\n]*?)(?: \[while running|\\n|\n|$)", text)
        if told:
            raise InputError(told[1]) from error
        raise


def runs_elsewhere(beam_args: Sequence[str]) -> bool:
    """Returns whether the runner that the options name is another than Beam's in this process.

    Raises:
        InputError: Beam cannot use an option.
    """
    return _elsewhere(_read_options(beam_args).view_as(StandardOptions).runner)


def check_options(beam_args: Sequence[str]) -> None:
    """Raises InputError if Beam cannot use one of its own options."""
    _read_options(beam_args)


def counters(result: Any, namespace: str) -> dict[str, int]:
    """Returns the counters of `namespace` by name, from what `run_pipeline` returned."""
    found = result.metrics().query(MetricsFilter().with_namespace(namespace))["counters"]
    return {counter.key.metric.name: counter.result for counter in found}


@contextmanager
def watch_files(pattern: str, report: Callable[[int], None]) -> Iterator[None]:
    """Reports, while the body runs, how many files there are, whoever writes them.

    Args:
        pattern: a glob, local or `gs://`.
        report: takes the number of files.
    """
    finished = threading.Event()

    def watch() -> None:
        while not finished.wait(_WATCH_SECONDS):
            with suppress(OSError, InputError):  # a look that fails is no reason to stop
                report(len(list_files(pattern)))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        finished.set()
        watcher.join()


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
    """Writes a whole file, as `new_file` does.

    Args:
        path: the file; its folder exists.
        data: bytes, or anything with their buffer.
        attempt: a text that no other attempt at the same file uses.

    Raises:
        InputError: it cannot be written; nothing is left that looks whole.
    """
    with new_file(path, attempt) as file:
        file.write(data)


@contextmanager
def new_file(path: str, attempt: str) -> Iterator[Any]:
    """Opens a file to write bytes to, local or `gs://`: under a temporary name, renamed at the end.

    Args:
        path: the file; its folder exists.
        attempt: a text that no other attempt at the same file uses. The temporary name is
            `.<name of the file>.<attempt>`.

    Raises:
        InputError: it cannot be written; nothing is left that looks whole.
    """
    folder, name = FileSystems.split(path)
    temporary = FileSystems.join(folder, f".{name}.{attempt}")
    try:
        with FileSystems.create(temporary, compression_type=CompressionTypes.UNCOMPRESSED) as file:
            yield file
        FileSystems.rename([temporary], [path])
    except Exception as error:
        with suppress(Exception):
            FileSystems.delete([escape(temporary)])
        cause = getattr(error, "strerror", None) or first_line(error)
        raise InputError(
            f"{path}: cannot be written ({cause}); free some space or name a folder that you may"
            " write to, then run again"
        ) from error


def remove_files(pattern: str) -> None:
    """Removes the files that match a glob, local or `gs://`, if there are any.

    Raises:
        InputError: one cannot be removed.
    """
    patterns = [escape(file.path) for file in list_files(pattern)]
    try:
        if patterns:
            FileSystems.delete(patterns)
    except Exception as error:
        raise InputError(
            f"{pattern}: cannot be removed ({first_line(error)}); remove them or name another"
            " folder"
        ) from error


def _make_pipeline(beam_args: Sequence[str]) -> beam.Pipeline:
    options = _read_options(beam_args)
    standard = options.view_as(StandardOptions)
    if not _elsewhere(standard.runner):
        # DirectRunner would first try to download the Prism runner and then take this one.
        standard.runner = "FnApiRunner"
    try:
        return beam.Pipeline(options=options)
    except Exception as error:
        raise _unusable(beam_args, str(error)) from None


def _read_options(beam_args: Sequence[str]) -> PipelineOptions:
    printed = StringIO()
    try:
        with redirect_stderr(printed):
            options = PipelineOptions(list(beam_args))
            options.get_all_options()  # reads them all, which Beam would do one by one, later
    except SystemExit:  # argparse's, which prints all options and last what is wrong
        raise _unusable(beam_args, printed.getvalue().rpartition("error: ")[2]) from None
    except Exception as error:
        raise _unusable(beam_args, str(error)) from None
    print(printed.getvalue(), end="", file=sys.stderr)
    return options


def _elsewhere(runner: str | None) -> bool:
    return (runner or "direct").lower() not in ("direct", "directrunner", "fnapirunner")


def _unusable(beam_args: Sequence[str], cause: str) -> InputError:
    return InputError(
        f"{' '.join(beam_args)}: not options that Beam can use ({' '.join(cause.split())});"
        " mend them"
    )
