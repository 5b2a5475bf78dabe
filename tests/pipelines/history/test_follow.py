"""A run in the cloud is followed to its end through all that a service may answer."""

import io
import time
from collections.abc import Iterator
from typing import Any, cast

import pytest
from rich.console import Console

from pipelines.backend import Backend
from pipelines.display import Display
from pipelines.history import follow as following
from pipelines.history.follow import follow
from pipelines.history.run_record import RunRecord, Step
from preprocessing.errors import InputError, Unreachable


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "POLL_SECONDS", 0.0)


def record(status: str, *steps: Step, **more: Any) -> RunRecord:
    return RunRecord(
        "quickdraw-1", "quickdraw", "gs://b/1", {}, "", status, steps=list(steps), **more
    )


class Answers:
    """A backend that gives one answer after the other."""

    name = "vertex"

    def __init__(self, *answers: RunRecord | BaseException) -> None:
        self._answers: Iterator[RunRecord | BaseException] = iter(answers)

    def run(self, name: str) -> RunRecord:
        assert name == "quickdraw-1"
        answer = next(self._answers)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def log_tail(self, run: RunRecord, step: str, lines: int = 20) -> str:
        if step == "secret":
            raise InputError("logs: not allowed; grant roles/logging.viewer")
        return "loading\nValueError: no [memory] left\n"


def followed(*answers: RunRecord | BaseException) -> tuple[RunRecord, list[str]]:
    screen = io.StringIO()
    backend = cast(Backend, Answers(*answers))
    run = follow(backend, "quickdraw-1", Display(Console(file=screen)))
    return run, screen.getvalue().splitlines()


def stopped(error: type[BaseException], *answers: RunRecord | BaseException) -> str:
    screen = io.StringIO()
    with pytest.raises(error):
        follow(cast(Backend, Answers(*answers)), "quickdraw-1", Display(Console(file=screen)))
    return screen.getvalue()


def test_each_step_begins_and_ends_once_and_the_metrics_come_last() -> None:
    done = Step("train", "succeeded", 125.0)
    score = Step("score", "succeeded", 4.0, metrics={"test_accuracy": 0.75})
    run, lines = followed(
        record("pending"),
        record("running", Step("train", "pending")),
        record("running", Step("train", seconds=3.0)),
        record("running", Step("train", "pending")),
        record("running", Step("train", seconds=60.0)),
        record("running", done),
        record("running"),
        record("STATE_UNSPECIFIED", Step("train", seconds=100.0)),
        record("running", done, Step("deploy", "skipped"), score),
        record("succeeded", done, Step("deploy", "skipped"), score, link="https://console/1"),
    )
    assert run.status == "succeeded"
    assert [line.split() for line in lines[:4]] == [
        ["train", "running"],
        ["train", "succeeded", "2", "min", "05", "s"],
        ["deploy", "skipped", "0.0", "s"],
        ["score", "succeeded", "4.0", "s"],
    ]
    told = [line.split() for line in lines[4:] if line]
    assert ["test_accuracy", "0.7500"] in told
    assert ["console", "https://console/1"] in told
    assert ["run", "gs://b/1"] in told


def test_a_step_that_was_tried_again_tells_both_ends() -> None:
    _, lines = followed(
        record("running", Step("train", "failed", 5.0)),
        record("running", Step("train", "running", 1.0)),
        record("succeeded", Step("train", "succeeded", 9.0)),
    )
    assert [line.split()[:2] for line in lines[:2]] == [["train", "failed"], ["train", "succeeded"]]


def test_a_service_that_is_away_is_asked_again_and_that_is_said_once() -> None:
    away = Unreachable("vertex: does not answer")
    run, lines = followed(
        away, away, record("running"), away, record("succeeded", Step("train", "succeeded"))
    )
    assert run.status == "succeeded"
    assert [line.strip() for line in lines[:2]] == ["vertex: does not answer; asking again"] * 2
    assert lines[2].split()[:2] == ["train", "succeeded"]


def test_patience_ends_and_the_run_may_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "PATIENCE_SECONDS", -1.0)
    told = stopped(Unreachable, record("running"), Unreachable("vertex: does not answer"))
    assert "quickdraw-1 may go on; `make runs RUN=quickdraw-1 WAIT=1` follows it" in told


def test_ctrl_c_leaves_the_run_going_and_says_what_follows_or_cancels_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupt)
    told = stopped(KeyboardInterrupt, record("running", Step("train")))
    assert told.splitlines()[-1] == (
        "  quickdraw-1 goes on; `make runs RUN=quickdraw-1 WAIT=1` follows it,"
        " `make cancel RUN=quickdraw-1` ends it"
    )


def test_a_failed_run_shows_its_step_its_error_and_the_end_of_its_log() -> None:
    run, lines = followed(
        record(
            "failed",
            Step("preprocess", "succeeded"),
            Step("train", "failed", error="code 9"),
            Step("secret", "failed"),
            error="stopped with its first step",
        )
    )
    assert run.status == "failed"
    at = lines.index("  stopped with its first step")
    assert lines[at - 1] == "  quickdraw-1: failed"
    assert lines[at + 1 : at + 7] == [
        "  step train failed: code 9",
        "  the end of its log:",
        "    loading",
        "    ValueError: no [memory] left",
        "  step secret failed",
        "  its log cannot be read: logs: not allowed; grant roles/logging.viewer",
    ]
