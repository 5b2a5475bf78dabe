"""Writes down a local run while it goes on: `run.json`, a log a step, and what the screen shows."""

import os
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from kfp import dsl

from components.step import PREFIX
from pipelines.display import Display
from pipelines.history.run_record import RunRecord, Step
from pipelines.local.run_lock import hold_lock
from pipelines.user import login_name
from preprocessing.progress import parse_progress

_EXCEPTION = re.compile(r"[\w.]+(Error|Exception)\b")
"""How the last line of a stack trace begins."""

_NO_WORD = "it was killed, or ended without saying why; run it again to go on"


class Recorder:
    """The watcher of a local run (see `pipelines.local.steps.Watcher`).

    Args:
        pipeline: name of the pipeline.
        parameters: its arguments.
        commit: the git commit.
        runs: the folder of all runs.
        display: shows what happens.
    """

    def __init__(
        self, pipeline: str, parameters: dict[str, Any], commit: str, runs: Path, display: Display
    ) -> None:
        self.record = RunRecord("", pipeline, "", parameters, commit, user=login_name())
        self._runs = runs
        self._display = display
        self._log: TextIO | None = None
        self._lock: TextIO | None = None
        self._began = 0.0
        self._error = ""

    def begin(self, run: str, step: str) -> None:
        """Notes that a step begins."""
        if not self.record.run:
            self.record.run = run
            folder = self._runs / run
            self.record.folder = str(folder)
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = hold_lock(folder)
        self.record.steps.append(Step(step))
        self.record.save()
        self._began = time.monotonic()
        self._error = ""
        self._display.begin(step)

    def line(self, text: str) -> None:
        """Writes what the step prints to its log, and shows its progress."""
        step = self.record.steps[-1]
        if self._log is None:
            path = Path(self.record.folder, "logs", f"{step.name}.log")
            path.parent.mkdir(exist_ok=True)
            step.log = str(path.absolute())
            self._log = path.open("w", buffering=1)
        with suppress(OSError):  # on a full disk the step itself tells, and has to be heard
            self._log.write(text)
        progress = parse_progress(text)
        if progress:
            self._display.progress(*progress)
        else:
            self._display.line(text)
        if text.startswith(PREFIX) or _EXCEPTION.match(text):
            self._error = text.removeprefix(PREFIX).strip()

    def end(self, succeeded: bool, cached: bool, outputs: dict[str, Any]) -> None:
        """Notes how the step ended, and with what."""
        step = self.record.steps[-1]
        step.status = ("cached" if cached else "succeeded") if succeeded else "failed"
        if not succeeded:
            step.error = self._error or _NO_WORD
        for name, value in outputs.items():
            if isinstance(value, dsl.Artifact):
                step.artifacts[name] = value.uri
            if isinstance(value, dsl.Metrics):
                step.metrics.update(value.metadata)
        self._close(step)
        if cached:
            self._link(step)
        self.record.save()

    def close(self, status: str) -> RunRecord:
        """Notes how the run ended and returns its record."""
        for step in self.record.steps:
            if step.status == "running":
                step.status = status
                self._close(step)
        self.record.status = status
        if self.record.run:
            self.record.save()
        if self._lock is not None:
            self._lock.close()
        return self.record

    @property
    def failure(self) -> str:
        """One line on why the last step failed."""
        step = self.record.steps[-1]
        return f"step {step.name} failed: {step.error} (its log: {step.log or 'none'})"

    def _close(self, step: Step) -> None:
        step.seconds = time.monotonic() - self._began
        if self._log is not None:
            with suppress(OSError):
                self._log.close()
            self._log = None
        self._display.end(step)

    def _link(self, step: Step) -> None:
        """Links a cached step's artifacts into this run, where they lie on this disk."""
        for path in map(Path, step.artifacts.values()):
            if path.exists():
                link = Path(self.record.folder, step.name, path.name)
                link.parent.mkdir(exist_ok=True)
                link.symlink_to(os.path.relpath(path.resolve(), link.parent.resolve()))
