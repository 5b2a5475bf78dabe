"""What a run prints at its end."""

import io

from rich.console import Console

from pipelines.display import Display
from pipelines.history.run_record import RunRecord, Step


def test_numbers_stand_below_one_another_however_long_their_names_are() -> None:
    record = RunRecord("gan-1", "gan", "runs/gan-1", {}, "")
    record.steps = [
        Step("evaluate-gan", metrics={"discriminator_cross_entropy": 0.6931, "images": 689.0}),
        Step("check-submission", metrics={"valid": 1.0}),
    ]
    screen = io.StringIO()
    Display(Console(file=screen)).summary(record)
    numbers = [line for line in screen.getvalue().splitlines() if line.startswith("    ")]
    assert [line.split() for line in numbers] == [
        ["discriminator_cross_entropy", "0.6931"],
        ["images", "689"],
        ["valid", "1.0000"],
    ]
    assert len({len(line) for line in numbers}) == 1
