"""The local backend: runs a pipeline here, each step as a process, through `kfp.local`."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kfp import local

from pipelines.champions import retraining_here
from pipelines.commit import git_commit
from pipelines.display import Display
from pipelines.history.run_record import RunRecord
from pipelines.local.code_hash import code_hash
from pipelines.local.recorder import Recorder
from pipelines.local.steps import watched_steps
from pipelines.registry import challenge_of, find_pipeline
from pipelines.target import Target
from preprocessing.errors import InputError


class StepFailed(InputError):  # noqa: N818 (it reads as what happened)
    """A step of the run ended with an error; the message is the step's own, where it has one."""


def run_locally(name: str, arguments: dict[str, Any], runs: Path, display: Display) -> RunRecord:
    """Runs a pipeline on this machine, steps answered from the cache where nothing changed.

    Args:
        name: the pipeline.
        arguments: of the pipeline; the others have their defaults.
        runs: folder that gets `<pipeline>-<time>/`, the cache, the checkpoints and the studies.
        display: shows what happens.

    Returns:
        The record of the run, which is also in its `run.json`.

    Raises:
        StepFailed: a step failed.
        InputError: a setting that the end of the run needs is missing.
        KeyboardInterrupt: the run was interrupted or told to terminate, and the step has ended.
    """
    build, commit = find_pipeline(name), git_commit()
    target = Target(
        # kfp.local wants an image of whose Python it can be sure.
        image=lambda component: (
            "python-local:"
            + code_hash("components." + component.replace("-", "_"), challenge_of(name))
        ),
        commit=commit,
    )
    pipeline = build(retraining_here(target, name, arguments))
    inputs = pipeline.component_spec.inputs or {}
    defaults = {n: spec.default for n, spec in inputs.items()}
    for parameter, folder in (("checkpoint_dir", "checkpoints"), ("study_dir", "studies")):
        if parameter in inputs:
            defaults[parameter] = str(runs / folder)
    arguments = {**defaults, **arguments}
    runs.mkdir(parents=True, exist_ok=True)
    recorder = Recorder(name, arguments, commit, runs, display)
    local.init(
        runner=local.SubprocessRunner(use_venv=False),
        pipeline_root=str(runs),
        raise_on_error=False,
        enable_caching=True,
        cache_root=str(runs / ".cache"),
    )
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        with (
            _interrupted_by_sigterm(),
            display,
            open(os.devnull, "w") as nowhere,  # noqa: PTH123
            contextlib.redirect_stdout(nowhere),  # kfp.local prints to it
            watched_steps(recorder),
        ):
            pipeline(**arguments)
    except BaseException as error:
        recorder.close("interrupted" if isinstance(error, KeyboardInterrupt) else "failed")
        raise
    steps = recorder.record.steps
    if any(step.status == "failed" for step in steps):
        recorder.close("failed")
        raise StepFailed(recorder.failure)
    return recorder.close("succeeded")


@contextlib.contextmanager
def _interrupted_by_sigterm() -> Iterator[None]:
    """Makes SIGTERM do what Ctrl-C does while the body runs."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
