"""All that is known of one run, as `make runs RUN=...` shows it."""

import json
from typing import Any

from rich.console import Console
from rich.markup import escape

from pipelines.backend import History
from pipelines.history.defaults import all_parameters, parameter_defaults
from pipelines.history.failure import failure_lines
from pipelines.history.run_record import RunRecord, Step
from pipelines.history.run_table import took
from pipelines.history.status import colored
from pipelines.history.winner import winner
from pipelines.tuning.outcome import show_trials, trained_with
from pipelines.wording import duration, local_time, number, place

_LABEL = 20


def print_page(history: History, record: RunRecord, console: Console) -> None:
    """Prints a run: how it stands, its steps, parameters and artifacts, and why it failed.

    Args:
        history: where the run is; asked for logs.
        record: of the run.
        console: where to.
    """
    page = _Page(console)
    page.line("run", record.run)
    console.print(f"  {'status':<{_LABEL}} {colored(record.status)}", highlight=False)
    for label, text in (
        ("backend", record.backend),
        ("pipeline", record.pipeline),
        ("started", local_time(record.started) if record.started else ""),
        ("took", took(record)),
        ("commit", record.commit),
        ("user", record.user),
        ("champion", winner(record)),
        ("console", record.link),
        ("folder", place(record.folder) if record.folder else ""),
    ):
        if text:
            page.line(label, text)
    _print_steps(page, record)
    show_trials(record, console)
    if best := trained_with(record):
        console.print()
        page.line("trained with", best)
    _print_parameters(page, record)
    _print_artifacts(page, record)
    reasons = failure_lines(history, record)
    if reasons:
        page.title("why it failed")
    for line in reasons:
        page.text(line)


class _Page:
    """Lines with a label; what is longer than the terminal is wide goes on by itself."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def title(self, text: str) -> None:
        self._console.print(f"\n  {text}", style="bold", markup=False, highlight=False)

    def line(self, label: str, text: str, width: int = 0) -> None:
        self.text(f"  {label:<{max(width, _LABEL)}} {text}")

    def text(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def step(self, step: Step, width: int) -> None:
        seconds = duration(step.seconds) if step.seconds else ""
        self._console.print(
            f"  {escape(f'{step.name:<{width}}')} {colored(step.status, 12)}{seconds:>12}",
            highlight=False,
        )


def _print_steps(page: _Page, record: RunRecord) -> None:
    if record.steps:
        page.title("steps")
    width = max((len(step.name) for step in record.steps), default=0)
    names = max((len(name) for step in record.steps for name in step.metrics), default=0)
    for step in record.steps:
        page.step(step, max(width, _LABEL))
        for name, value in sorted(step.metrics.items()):
            page.text(f"    {name:<{names}} {number(value, name):>10}")


def _print_parameters(page: _Page, record: RunRecord) -> None:
    """Prints those that differ from the pipeline's defaults first."""
    defaults = parameter_defaults(record.pipeline)
    values = all_parameters(record)
    chosen = {name: value for name, value in values.items() if value != defaults.get(name)}
    others = {name: value for name, value in values.items() if name not in chosen}
    width = max(map(len, values), default=0)
    for title, group in (
        ("parameters that differ from their defaults", chosen),
        ("parameters with their defaults", others),
    ):
        if group:
            page.title(title)
        for name, value in group.items():
            page.line(name, shown(value), width)


def _print_artifacts(page: _Page, record: RunRecord) -> None:
    artifacts = {
        f"{step.name}.{name}": path
        for step in record.steps
        for name, path in step.artifacts.items()
    }
    if artifacts:
        page.title("artifacts")
    width = max(map(len, artifacts), default=0)
    for name, path in artifacts.items():
        page.line(name, place(path), width)


def shown(value: Any) -> str:
    """Returns the value of a parameter as it is written in `PARAMS`."""
    return value if isinstance(value, str) else json.dumps(value)
