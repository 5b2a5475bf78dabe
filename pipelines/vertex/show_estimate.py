"""Prints what a run on Vertex AI may cost, and on what that rests."""

from collections.abc import Callable

from models.training_options import TrainingOptions
from pipelines.vertex.estimate import Estimate
from pipelines.vertex.prices import basis
from pipelines.wording import duration


def show_estimate(estimate: Estimate, otherwise: str, note: Callable[[str], None]) -> None:
    """Prints the cost of each step and of the run, a line each.

    Args:
        estimate: of the run.
        otherwise: in what the run whose times were taken differs; "" for nothing.
        note: prints a line.
    """
    note(_line("step", "machine", "time", "cost"))
    for step in estimate.steps:
        time = duration(step.minutes * 60) + (" ?" if step.assumed else "  ")
        note(_line(step.step, str(step.machine), time, f"${step.dollars:.2f}"))
    note(_line("fee of the run", "", "", f"${estimate.fee:.2f}"))
    note(_line("in all, about", "", "", f"${estimate.dollars:.2f}"))
    for step in estimate.steps:
        if step.trials:
            note(
                f"  {step.step} is a tuning job of {step.trials} trials, each on machines of its"
                " own: what runs at a time is priced for the whole time; trials that are stopped"
                " early cost less"
            )
    if spot := [step.step for step in estimate.steps if step.machine.spot]:
        note(
            f"  on spot machines {', '.join(spot)} costs less than this list price; each"
            " interruption takes a machine's start and what was done since the last checkpoint:"
            f" {TrainingOptions.checkpoint_seconds:g} s of training at most, or a validation"
        )
    known = f"times of {estimate.like}" if estimate.like else "no run yet to take times from"
    known += f" ({otherwise})" if otherwise else ""
    assumed = "; ? is assumed" if any(step.assumed for step in estimate.steps) else ""
    prices = basis()
    note(
        f"  {known}{assumed}; list prices of {prices.region} on {prices.date}, {prices.elsewhere};"
        " storage, Dataflow and other services come on top\n"
    )


def _line(step: str, machine: str, time: str, cost: str) -> str:
    return f"  {step:<20} {machine:<44} {time:>15} {cost:>10}"
