"""Prints what a run on Vertex AI may cost, and on what that rests."""

from rich.console import Console
from rich.table import Table

from pipelines.vertex.estimate import Estimate
from pipelines.vertex.prices import basis
from pipelines.wording import duration


def show_estimate(estimate: Estimate, console: Console) -> None:
    """Prints the cost of each step and of the run."""
    table = Table(box=None, pad_edge=False, padding=(0, 2))
    for heading in ("  step", "machine", "time", "cost"):
        table.add_column(heading, justify="right" if heading in ("time", "cost") else "left")
    for step in estimate.steps:
        time = duration(step.minutes * 60) + (" ?" if step.assumed else "")
        table.add_row(f"  {step.step}", str(step.machine), time, f"${step.dollars:.2f}")
    table.add_row("  run", "", "", f"${estimate.fee:.2f}")
    table.add_row("  in all, about", "", "", f"${estimate.dollars:.2f}")
    console.print(table, highlight=False)
    known = f"times of {estimate.like}" if estimate.like else "no run yet to take times from"
    assumed = "" if all(not step.assumed for step in estimate.steps) else "; ? is assumed"
    prices = basis()
    console.print(
        f"  {known}{assumed}; list prices of {prices.region} on {prices.date}, {prices.elsewhere};"
        " storage and other services come on top\n",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
