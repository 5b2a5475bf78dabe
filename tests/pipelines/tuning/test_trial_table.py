"""The table of trials, in terminals of any width."""

import io
from typing import Any

import pytest
from rich.console import Console

from pipelines.tuning.trial_table import SHOWN, print_trials

DEFAULTS = {"learning_rate": "0.003", "learning_rate_decay": "0.8", "batch_size": "128"}
ARGUMENTS = {"units": "256", "dropout": "0.3"}


def trial(number: int, state: str = "complete", hit: str = "", **more: str) -> dict[str, str]:
    facts = {"trial": str(number), "state": state, "hit_at_1": hit}
    values = DEFAULTS | ARGUMENTS | {"epochs": "6", "seconds": "18.2", "error": ""}
    return facts | values | more


ROWS = [
    trial(0, hit="0.9201"),
    trial(1, "pruned", "0.8100", epochs="2"),
    trial(2, "failed", error="mine.py, line 9: ValueError: no [room] left"),
    trial(3, hit="0.93123456", learning_rate="0.00512345678", seconds="61.1"),
    trial(4, hit="0.9102", batch_size="64", augment="True"),
]


def shown(rows: list[dict[str, str]], width: int, **more: Any) -> list[str]:
    screen = io.StringIO()
    print_trials(rows, Console(file=screen, width=width, **more))
    return [line.rstrip() for line in screen.getvalue().splitlines()]


def test_the_best_comes_first_and_what_ended_otherwise_is_marked() -> None:
    lines = shown(ROWS, 100)
    rows = [line.split() for line in lines if line.strip()[:1].isdigit()]
    assert [row[0] for row in rows] == ["3", "0", "4", "1", "2"]
    assert rows[0] == [
        *("3", "0.9312", "best", "0.005123", "0.8", "128", "256", "0.3"),
        *("6", "1", "min", "01", "s"),
    ]
    assert rows[1][:4] == ["0", "0.9201", "default", "0.003"]
    assert rows[3][:3] == ["1", "0.8100", "pruned"]
    assert rows[4][:2] == ["2", "failed"]
    assert lines[-1] == "trial 2: mine.py, line 9: ValueError: no [room] left"


@pytest.mark.parametrize("width", [80, 60, 40, 30])
def test_a_narrow_terminal_leaves_out_columns_and_says_which(width: int) -> None:
    lines = shown(ROWS[:2], width)
    assert max(map(len, lines)) <= width
    told = " ".join(lines)
    assert "no room for: epochs" in told
    assert "0.9201" in told
    assert ("learning" in lines[0]) == (width > 30)
    if width == 80:
        assert lines[-1] == "no room for: epochs"


def test_of_many_trials_the_best_are_shown() -> None:
    rows = [trial(number, hit=f"0.{500 + number}") for number in range(SHOWN + 3)]
    lines = shown(rows, 100)
    assert lines[-1] == "and 3 more"
    numbers = [line.split()[0] for line in lines if line.strip()[:1].isdigit()]
    assert numbers == [str(number) for number in range(SHOWN + 2, 2, -1)]


def test_the_default_may_be_the_best_and_no_trial_at_all_is_no_table() -> None:
    assert "best default" in shown([trial(0, hit="0.9")], 100)[-1]
    assert "best" not in " ".join(shown([trial(0, "failed", error="no")], 100))
    assert shown([], 80) == []
