"""Watches and steers the steps that `kfp.local` runs.

kfp.local prints every step's output to the screen and tells nobody when a step begins, ends, or
comes from the cache. Two of its functions are replaced for the length of a run: the one that
executes a task, to see it, and the one that runs its process, to log it and to stop it.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol
from unittest import mock

from kfp.local import status, subprocess_task_handler, task_dispatcher
from kfp.local.orchestrator import task_executor

from preprocessing.progress import NOTE

GRACE_SECONDS = 60
"""How long a step may take to write a checkpoint when it is told to stop."""


class Watcher(Protocol):
    """Who wants to know of the steps."""

    def begin(self, run: str, step: str) -> None:
        """A step begins, or is answered from the cache."""

    def line(self, text: str) -> None:
        """The running step printed a line."""

    def end(self, succeeded: bool, cached: bool, outputs: dict[str, Any]) -> None:
        """The step ended with these outputs: values, or `dsl.Artifact`s."""


@contextmanager
def watched_steps(watcher: Watcher) -> Iterator[None]:
    """Tells `watcher` of every step that kfp.local runs while the body runs."""
    execute = task_executor.execute_single_task
    dispatch = task_dispatcher.run_single_task_implementation
    dispatched = False

    def execute_watched(**task: Any) -> tuple[dict[str, Any], status.Status]:
        nonlocal dispatched
        dispatched = False
        watcher.begin(task["pipeline_resource_name"], task["task_name"])
        outputs, ended = execute(**task)
        watcher.end(ended == status.Status.SUCCESS, not dispatched, outputs)
        return outputs, ended

    def dispatch_watched(**task: Any) -> Any:
        nonlocal dispatched
        dispatched = True
        return dispatch(**task)

    def run(full_command: list[str], env_vars: dict[str, str] | None = None) -> int:
        return _run_process(full_command, env_vars or {}, watcher.line)

    with (
        mock.patch.object(task_executor, "execute_single_task", execute_watched),
        mock.patch.object(task_dispatcher, "run_single_task_implementation", dispatch_watched),
        mock.patch.object(subprocess_task_handler, "run_local_subprocess", run),
    ):
        yield


def _run_process(command: list[str], env_vars: dict[str, str], line: Callable[[str], None]) -> int:
    """Runs a step's processes; whoever interrupts waits until they have put their work away."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, **env_vars},
        start_new_session=True,  # KFP starts a shell; a signal has to reach all behind it, once
    )
    assert process.stdout is not None
    try:
        for text in process.stdout:
            line(text)
        return process.wait()
    except BaseException:
        line(f"{NOTE}stopping: the step puts its work away, for {GRACE_SECONDS} s at most\n")
        _signal(process, signal.SIGTERM)
        end_of_patience = threading.Timer(GRACE_SECONDS, _signal, (process, signal.SIGKILL))
        end_of_patience.start()
        try:
            for text in process.stdout:
                line(text)
        finally:
            end_of_patience.cancel()
            _signal(process, signal.SIGKILL)
            process.wait()
        raise


def _signal(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
