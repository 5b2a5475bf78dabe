"""What a run shows on the screen: a line a step, a moving bar in a terminal."""

import time
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from pipelines.run_record import RunRecord, Step
from preprocessing.progress import NOTE

_SECONDS_BETWEEN_LINES = 15  # where no terminal can redraw a bar
_COLORS = {"succeeded": "green", "cached": "cyan", "failed": "red"}


class Display:
    """Shows the steps of a run.

    Args:
        console: where to.
        verbose: print every line of the steps' output too.
    """

    def __init__(self, console: Console, verbose: bool = False) -> None:
        self._console = console
        self._verbose = verbose
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.fields[step]:<20}"),
            BarColumn(bar_width=24),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._task: TaskID | None = None
        self._step = ""
        self._printed = 0.0

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._bar.stop()

    def note(self, text: str) -> None:
        """Shows a line that belongs to no step."""
        self._print(text)

    def begin(self, step: str) -> None:
        """Shows that a step begins."""
        self._step = step
        self._printed = time.monotonic()
        self._task = self._bar.add_task("starting", total=1.0, step=step)

    def progress(self, fraction: float, message: str) -> None:
        """Shows how far the step is."""
        if self._task is not None:
            self._bar.update(self._task, completed=fraction, description=message)
        if not self._console.is_terminal:
            if time.monotonic() - self._printed < _SECONDS_BETWEEN_LINES:
                return
            self._printed = time.monotonic()
            self._print(f"  {self._step:<20} {message}")

    def line(self, text: str) -> None:
        """Shows a line of the step's output: its notes, and all others if asked to."""
        if self._verbose or text.startswith(NOTE):
            self._print(f"  {self._step:<20} {text.rstrip()}")

    def end(self, step: Step) -> None:
        """Shows how the step ended."""
        if self._task is not None:
            self._bar.remove_task(self._task)
            self._task = None
        color = _COLORS.get(step.status, "yellow")
        status = f"[{color}]{step.status:<12}[/]"
        self._console.print(f"  {step.name:<20} {status}{_duration(step.seconds):>12}")

    def summary(self, record: RunRecord) -> None:
        """Prints the metrics of a run, where its results are, and how long it took."""
        names = [name for step in record.steps for name in step.metrics]
        width = max(map(len, names), default=0)
        for step in record.steps:
            if step.metrics:
                self._print(f"\n  {step.name}")
            for name, value in sorted(step.metrics.items()):
                self._print(f"    {name:<{width}} {_number(value):>10}")
        places = {"run": record.folder, **record.artifacts}
        self._print("")
        for name in ("run", "report", "submission", "check", "results", "model"):
            if name in places:
                self._print(f"  {name:<20} {_relative(places[name])}")
        self._print(f"  {'took':<20} {_duration(record.seconds)}")

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def _number(value: float) -> str:
    # KFP hands every number on as a float.
    return f"{value:,.0f}" if value.is_integer() and value > 1 else f"{value:.4f}"


def _relative(path: str) -> str:
    local = Path(path).absolute()
    return str(local.relative_to(Path.cwd())) if local.is_relative_to(Path.cwd()) else path


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes:.0f} min {seconds:02.0f} s" if minutes else f"{seconds:.1f} s"
