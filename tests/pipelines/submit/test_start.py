"""A run is asked for by one name until the answer is here, whatever happens in between."""

import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from pipelines.backend import Backend, Submission
from pipelines.history.run_record import RunRecord
from pipelines.settings import Settings
from pipelines.submit import pending
from pipelines.submit.pending import FOLDER, run_name
from pipelines.submit.start import start
from preprocessing.errors import InputError, Unreachable

SETTINGS = Settings(_env_file=None, project="my-project")  # type: ignore[call-arg]


class Cloud:
    """A backend that starts each run once; `errors` are raised instead of its answers."""

    name = "vertex"

    def __init__(self) -> None:
        self.started: dict[str, RunRecord] = {}
        self.errors: list[BaseException] = []

    def submit(self, submission: Submission, run: str) -> RunRecord:
        assert any(run in path.read_text() for path in left())  # a kill now forgets nothing
        record = RunRecord(run, submission.pipeline, "", {}, "", "pending", backend=self.name)
        self.started.setdefault(run, record)
        self._answer()
        return self.started[run]

    def run(self, name: str) -> RunRecord:
        self._answer()
        if name not in self.started:
            raise InputError(f"RUN: there is no run {name!r}")
        return self.started[name]

    def _answer(self) -> None:
        if self.errors:
            raise self.errors.pop(0)


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    monkeypatch.chdir(tmp_path)
    return Cloud()


@pytest.fixture
def submission(tmp_path: Path) -> Submission:
    template = tmp_path / "quickdraw.yaml"
    template.write_text("steps: 1")
    return Submission("quickdraw", template, {"epochs": 3}, {"pipeline": "quickdraw"})


def go(cloud: Cloud, submission: Submission) -> tuple[RunRecord, str]:
    notes: list[str] = []
    return start(cast(Backend, cloud), submission, SETTINGS, notes.append), "\n".join(notes)


def left() -> list[Path]:
    return list(FOLDER.iterdir())


@pytest.mark.parametrize("error", [Unreachable("no answer"), KeyboardInterrupt(), MemoryError()])
def test_who_comes_again_after_a_lost_answer_gets_that_run(
    cloud: Cloud, submission: Submission, error: BaseException
) -> None:
    cloud.errors = [error]
    with pytest.raises(type(error)):
        go(cloud, submission)
    record, notes = go(cloud, submission)
    assert [record.run] == list(cloud.started)
    assert "asking for that run again" in notes
    assert not left()
    # An answer ends it: the same again is another run, as the user wants.
    other, notes = go(cloud, submission)
    assert other.run != record.run
    assert not notes


def test_a_refusal_may_come_after_a_lost_answer_and_is_no_reason_to_forget(
    cloud: Cloud, submission: Submission
) -> None:
    cloud.errors = [Unreachable("no answer"), InputError("your login is too old")]
    with pytest.raises(Unreachable):
        go(cloud, submission)
    with pytest.raises(InputError, match="too old"):
        go(cloud, submission)
    go(cloud, submission)
    assert len(cloud.started) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"arguments": {"epochs": 4}},
        {"caching": False},
        {"fail_fast": False},
        {"experiment": "other"},
        {"labels": {"pipeline": "quickdraw", "commit": "abc"}},
    ],
)
def test_another_submission_is_another_run(
    cloud: Cloud, submission: Submission, change: dict[str, object]
) -> None:
    cloud.errors = [Unreachable("no answer")]
    with pytest.raises(Unreachable):
        go(cloud, submission)
    go(cloud, replace(submission, **change))  # type: ignore[arg-type]
    assert len(cloud.started) == 2


@pytest.mark.parametrize(
    "garbage", ["", "{", "[]", "null", '{"run": 3, "since": 1}', '{"run": "../x", "since": 1}']
)
def test_a_memory_that_is_none_is_passed_over(
    cloud: Cloud, submission: Submission, garbage: str
) -> None:
    cloud.errors = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        go(cloud, submission)
    left()[0].write_text(garbage)
    record, notes = go(cloud, submission)
    assert record.run in cloud.started
    assert not notes
    assert not left()


def test_a_run_that_has_ended_since_is_told_and_not_started_anew(
    cloud: Cloud, submission: Submission
) -> None:
    cloud.errors = [Unreachable("no answer")]
    with pytest.raises(Unreachable):
        go(cloud, submission)
    (run,) = cloud.started.values()
    run.status = "succeeded"
    record, notes = go(cloud, submission)
    assert record is run
    assert "has ended: succeeded; no second one was started" in notes


def of_yesterday() -> None:
    (path,) = left()
    values = json.loads(path.read_text())
    path.write_text(json.dumps({**values, "since": time.time() - pending.DAY - 1}))


def test_after_a_day_it_is_told_what_came_of_it_and_another_is_started(
    cloud: Cloud, submission: Submission
) -> None:
    cloud.errors = [Unreachable("no answer")]
    with pytest.raises(Unreachable):
        go(cloud, submission)
    of_yesterday()
    cloud.errors = [Unreachable("still no answer")]
    with pytest.raises(Unreachable, match="still"):
        go(cloud, submission)
    assert len(cloud.started) == 1
    record, notes = go(cloud, submission)
    assert f"it had been started: {next(iter(cloud.started))}" in notes
    assert list(cloud.started)[1:] == [record.run]
    assert not left()


@pytest.mark.parametrize("refusal", [[], [InputError("RUN: you may not look")]])
def test_after_a_day_of_which_nothing_is_seen_another_is_started(
    cloud: Cloud, submission: Submission, refusal: list[BaseException]
) -> None:
    cloud.errors = [Unreachable("no answer")]
    with pytest.raises(Unreachable):
        go(cloud, submission)
    of_yesterday()
    cloud.started.clear()
    cloud.errors = refusal
    told = "you may not look" if refusal else "there is no run"
    record, notes = go(cloud, submission)
    assert f"its run is not to be seen (RUN: {told}" in notes
    assert list(cloud.started) == [record.run]


def test_names_can_be_those_of_runs_and_are_never_equal() -> None:
    names = {run_name("cats_vs_dogs") for _ in range(4)}
    assert len(names) > 1
    assert all(re.fullmatch(r"cats-vs-dogs-\d{8}-\d{6}-[0-9a-f]{4}", name) for name in names)
