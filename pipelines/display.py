"""What a run shows on the screen: a line a step, a moving bar in a terminal."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

from pipelines.history.run_record import RunRecord, Step
from pipelines.history.status import colored
from pipelines.wording import duration, number, place
from preprocessing.progress import NOTE

_SECONDS_BETWEEN_LINES = 15  # where no terminal can redraw a bar
_WIDE = 100  # columns, of which a long bar leaves enough for words


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
            BarColumn(bar_width=24 if console.width >= _WIDE else 8),
            TimeElapsedColumn(),
            # What does not fit is cut, so that the bar and the time stay.
            TextColumn(
                "{task.description}",
                markup=False,
                table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
            ),
            console=console,
            transient=True,
            expand=True,
        )
        self._tasks: dict[str, TaskID] = {}
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

    def begin(self, step: str, message: str = "", seconds: float = 0.0) -> None:
        """Shows that a step begins, beside those that have begun and not ended.

        Args:
            step: its name.
            message: how it stands; where no terminal shows a bar, a line says so. "" for no line.
            seconds: for how long it has been running.
        """
        self._step = step
        self._printed = time.monotonic()
        # Without a total the bar only moves: how much there is to do is not known yet.
        task = self._bar.add_task(message or "starting", total=None, step=step)
        self._tasks[step] = task
        begun = self._bar.tasks[-1]
        if begun.start_time is not None:
            begun.start_time -= seconds
        if message and not self._console.is_terminal:
            self._print(f"  {step:<20} {message}")

    def progress(self, fraction: float, message: str) -> None:
        """Shows how far the step that began last is."""
        if self._step in self._tasks:
            task = self._tasks[self._step]
            self._bar.update(task, total=1.0, completed=fraction, description=message)
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
        if step.name in self._tasks:
            self._bar.remove_task(self._tasks.pop(step.name))
        name, status = escape(f"{step.name:<20}"), colored(step.status, 12)
        self._console.print(f"  {name} {status}{duration(step.seconds):>12}")

    def summary(self, record: RunRecord) -> None:
        """Prints the metrics of a run, where its results are, and how long it took."""
        names = [name for step in record.steps for name in step.metrics]
        width = max(map(len, names), default=0)
        for step in record.steps:
            if step.metrics:
                self._print(f"\n  {step.name}")
            for name, value in sorted(step.metrics.items()):
                self._print(f"    {name:<{width}} {number(value, name):>10}")
        places = {"run": record.folder, "console": record.link, **record.artifacts}
        self._print("")
        for name in ("run", "console", "report", "submission", "check", "results", "model"):
            if places.get(name):
                self._print(f"  {name:<20} {place(places[name])}")
        self._print(f"  {'took':<20} {duration(record.seconds)}")

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)
