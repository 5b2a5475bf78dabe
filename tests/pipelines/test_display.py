"""What a run shows while it goes on and at its end."""

import io
import re

from rich.console import Console

from pipelines.display import Display
from pipelines.history.run_record import RunRecord, Step
from tests.pipelines.conftest import plain


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


def test_a_long_message_leaves_the_bar_and_the_time_on_a_narrow_screen() -> None:
    screen = io.StringIO()
    with Display(Console(file=screen, width=80, force_terminal=True)) as display:
        display.begin("tune")
        display.progress(0.4, "2 of 20 done, best 0.931; trial 3, epoch 2 of 6; " + "x" * 200)
    *_, last = plain(screen.getvalue()).replace("\r", "\n").strip().split("\n")
    assert len(last) <= 80
    assert re.search(r"tune +━+.* 0:00:00 2 of 20 done, best 0.931; trial .*…$", last)
