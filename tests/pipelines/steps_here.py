"""Runs steps in the test's own process, which imports TensorFlow only once.

What a process of its own does to a step is shown in `tests/pipelines/local/test_run.py`.
"""

import builtins
import io
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from importlib import import_module
from typing import Any
from unittest import mock

from kfp.dsl.executor import Executor

from pipelines import check_classes
from pipelines.local import steps
from preprocessing import preprocess

PRINT = print
"""What prints in a process of its own; that of KFP's indents while a step runs."""


class Lines(io.TextIOBase):
    """Hands what a step prints to who watches it, line by line, as the pipe of a process does."""

    def __init__(self, line: Callable[[str], object]) -> None:
        self._line = line
        self._begun = ""

    def write(self, text: str) -> int:
        *whole, self._begun = (self._begun + text).split("\n")
        for line in whole:
            self._line(f"{line}\n")
        return len(text)


def check_here(module: str, tried: dict[str, Any]) -> None:
    """Tries a network as the process does that `pipelines.check_classes` starts."""
    import_module(module).check(**tried)


@contextmanager
def steps_here(besides: str) -> Iterator[None]:
    """Has the steps of `kfp.local` and of `make run`, and the check before, run here.

    Args:
        besides: the step that stays a process of its own, by its function's name; "" for none.
    """
    from kfp.local import subprocess_task_handler as handler  # takes a second

    def unless_it_stays(run_process: Callable[..., int]) -> Callable[..., int]:
        def run(full_command: list[str], env_vars: dict[str, str], *watcher: Any) -> int:
            _, _, _, code, *arguments = full_command  # of a shell that starts KFP's executor
            given = dict(zip(arguments[::2], arguments[1::2], strict=True))
            name = given["--function_to_execute"]
            if name == besides:
                return run_process(full_command, env_vars, *watcher)
            module: dict[str, Any] = {"__name__": "ephemeral_component"}
            exec(code, module)  # a component of ours, as KFP hands it over
            with (
                mock.patch.dict(os.environ, env_vars),
                mock.patch.object(builtins, "print", PRINT),
                redirect_stdout(Lines(*watcher)) if watcher else nullcontext(),
            ):
                Executor(json.loads(given["--executor_input"]), module[name]).execute()
            return 0

        return run

    with (
        mock.patch.object(
            handler, "run_local_subprocess", unless_it_stays(handler.run_local_subprocess)
        ),
        mock.patch.object(steps, "_run_process", unless_it_stays(steps._run_process)),
        mock.patch.object(preprocess, "_in_child", preprocess._at_once),
        mock.patch.object(check_classes, "_check", check_here),
    ):
        yield
