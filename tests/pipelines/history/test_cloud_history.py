"""One table over all places, whatever some of them answer; a run is found, followed and ended."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pipelines.history import places
from pipelines.history.run_record import RunRecord, Step
from pipelines.settings import Settings
from preprocessing.errors import InputError, Unreachable
from tests.pipelines.conftest import Command
from tests.pipelines.run_records import record, write


class Cloud:
    """A backend with some runs; it refuses to list them, or hangs, if told to."""

    def __init__(self, name: str, *records: RunRecord) -> None:
        self.name = name
        self.records = {one.run: one for one in records}
        self.refusal: InputError | None = None
        self.hangs = threading.Event()
        self.hangs.set()
        self.cancelled: list[str] = []

    def run(self, name: str) -> RunRecord:
        if name not in self.records:
            raise InputError(f"{self.name}: no run {name}")
        return self.records[name]

    def runs(self, pipeline: str = "", limit: int = 50) -> Sequence[RunRecord]:
        self.hangs.wait(10)
        if self.refusal:
            raise self.refusal
        found = [one for one in self.records.values() if pipeline in ("", one.pipeline)]
        return sorted(found, key=lambda one: -one.started)[:limit]

    def log_tail(self, run: RunRecord, step: str, lines: int = 20) -> str:
        return "loading\nout of memory\n"

    def cancel(self, run: str) -> None:
        self.cancelled.append(run)


Clouds = dict[str, Cloud]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def clouds(monkeypatch: pytest.MonkeyPatch) -> Clouds:
    """Returns both backends, as settings of the environment make them known."""
    failed = Step("train", "failed", 8.0, error="code 137", log="https://logs/1")
    clouds = {
        "vertex": Cloud(
            "vertex",
            record("quickdraw-v1", {"hit_at_1": 0.5}, 10, backend="vertex", link="https://v/1"),
            record("quickdraw-v2", minutes=40, status="failed", backend="vertex", steps=[failed]),
        ),
        "kubeflow": Cloud(
            "kubeflow",
            record("quickdraw-k1", minutes=30, status="running", backend="kubeflow", steps=[]),
        ),
    }
    values = {"PROJECT": "challenges", "REGION": "europe-west4", "BUCKET": "gs://bucket"}
    for name, value in {**values, "KUBEFLOW_HOST": "https://kubeflow"}.items():
        monkeypatch.setenv(name, value)

    def find_backend(name: str, settings: Settings) -> Cloud:
        assert settings.project == "challenges"
        return clouds[name]

    monkeypatch.setattr(places, "find_backend", find_backend)
    return clouds


@pytest.fixture
def call(command: Command, tmp_path: Path) -> Run:
    """Returns the command line, before a folder with two local runs."""
    write(tmp_path, record("quickdraw-l1", {"test_accuracy": 0.75}, 20))
    write(tmp_path, record("gan-l1", minutes=0, pipeline="gan"))
    return lambda *arguments: command(*arguments, "--runs", tmp_path)


def names(table: str) -> list[str]:
    return [line.split()[0] for line in table.splitlines()[1:]]


def test_the_runs_of_all_places_are_one_table_newest_first(call: Run, clouds: Clouds) -> None:
    code, out, err = call("runs")
    assert (code, err) == (0, "")
    assert names(out) == ["quickdraw-v2", "quickdraw-k1", "quickdraw-l1", "quickdraw-v1", "gan-l1"]
    assert [line.split()[1] for line in out.splitlines()[1:]] == [
        *("vertex", "kubeflow", "local", "vertex", "local")
    ]
    _, out, err = call("runs", "quickdraw", "--limit", 2)
    assert names(out) == ["quickdraw-v2", "quickdraw-k1"]
    assert err == "note: there are older ones: LIMIT=4\n"


@pytest.mark.parametrize("variant", ["retraining", "tuning", "tune"])
def test_runs_of_a_pipeline_are_those_of_its_variants_too(
    call: Run, clouds: Clouds, variant: str
) -> None:
    monday = record("monday", pipeline=f"quickdraw-{variant}", backend="vertex", minutes=50)
    clouds["vertex"].records["monday"] = monday
    assert names(call("runs", "quickdraw")[1])[:2] == ["monday", "quickdraw-v2"]
    assert names(call("runs", f"quickdraw-{variant}")[1]) == ["monday"]
    assert "monday" not in call("runs", "gan")[1]


@pytest.mark.parametrize("backend", ["vertex", "kubeflow"])
def test_one_place_alone_is_asked_for_by_its_name(call: Run, clouds: Clouds, backend: str) -> None:
    code, out, _ = call("runs", "--backend", backend)
    assert (code, sorted(names(out))) == (0, sorted(clouds[backend].records))
    clouds[backend].refusal = InputError("not allowed; grant roles/viewer")
    code, out, err = call("runs", "--backend", backend)
    assert (code, out, err) == (1, "", "error: not allowed; grant roles/viewer\n")


def test_only_places_whose_settings_are_set_are_asked(
    call: Run, clouds: Clouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PROJECT")
    monkeypatch.delenv("KUBEFLOW_HOST")
    code, out, err = call("runs")
    assert (code, names(out), err) == (0, ["quickdraw-l1", "gan-l1"], "")
    monkeypatch.setenv("REGION", "Europe")
    code, out, err = call("runs")
    assert (code, names(out)) == (0, ["quickdraw-l1", "gan-l1"])
    assert err.startswith("note: only local runs: REGION: ")


def test_a_place_that_does_not_answer_costs_a_note_not_the_table(
    call: Run, clouds: Clouds, monkeypatch: pytest.MonkeyPatch
) -> None:
    clouds["vertex"].refusal = Unreachable("Vertex AI does not answer; try again later")
    code, out, err = call("runs")
    assert (code, names(out)) == (0, ["quickdraw-k1", "quickdraw-l1", "gan-l1"])
    assert err == "note: vertex left out: Vertex AI does not answer; try again later\n"
    monkeypatch.setattr(places, "PATIENCE_SECONDS", 0.05)
    clouds["kubeflow"].hangs.clear()
    code, out, err = call("runs")
    clouds["kubeflow"].hangs.set()
    assert (code, names(out)) == (0, ["quickdraw-l1", "gan-l1"])
    assert "note: kubeflow left out: no answer within 0 s; BACKEND=local asks nobody\n" in err


def test_a_run_is_found_wherever_it_is(call: Run, clouds: Clouds) -> None:
    for name in ("quickdraw-v1", "quickdraw-v1", "projects/1/locations/x/jobs/quickdraw-v1"):
        code, out, _ = call("runs", "--run", name)
        assert code == 0
        assert "  console              https://v/1\n" in out
        assert "  folder               gs://bucket/quickdraw-v1\n" in out
    assert "gan-l1" in call("runs", "--run", "gan")[1]
    assert "quickdraw-k1" in call("runs", "--run", "quickdraw-k")[1]
    code, _, err = call("runs", "--run", "quickdraw-v")
    assert (code, err) == (
        1,
        "error: RUN: 2 runs begin with 'quickdraw-v': quickdraw-v1, quickdraw-v2; name it whole\n",
    )
    code, _, err = call("runs", "--run", "quickdrw-k1")
    assert "there is no run 'quickdrw-k1', did you mean 'quickdraw-k1'?" in err


def test_of_a_failed_run_in_the_cloud_the_log_is_shown(call: Run, clouds: Clouds) -> None:
    _, out, _ = call("runs", "--run", "quickdraw-v2")
    assert out.splitlines()[-4:] == [
        "  step train failed: code 137",
        "  the end of its log, https://logs/1:",
        "    loading",
        "    out of memory",
    ]


def test_runs_of_several_places_are_compared(call: Run, clouds: Clouds) -> None:
    code, out, _ = call("compare", "quickdraw-l1 quickdraw-v1")
    assert code == 0
    assert [line.split()[2] for line in out.splitlines()[1:3]] == ["local", "vertex"]


@pytest.mark.parametrize(("status", "code"), [("succeeded", 0), ("failed", 1), ("interrupted", 1)])
def test_following_a_run_ends_as_the_run_does(
    call: Run, clouds: Clouds, monkeypatch: pytest.MonkeyPatch, status: str, code: int
) -> None:
    def wait(seconds: float) -> None:
        clouds["kubeflow"].records["quickdraw-k1"].status = status

    monkeypatch.setattr(time, "sleep", wait)
    assert call("runs", "--run", "quickdraw-k", "--wait")[0] == code


def test_a_run_is_asked_to_stop_where_it_is(call: Run, clouds: Clouds) -> None:
    code, out, err = call("cancel", "quickdraw-k")
    assert (code, err) == (0, "")
    assert out.startswith("quickdraw-k1 is asked to stop; `make runs RUN=quickdraw-k1 WAIT=1`")
    assert clouds["kubeflow"].cancelled == ["quickdraw-k1"]


def test_a_run_that_has_ended_is_left_as_it_is(call: Run, clouds: Clouds) -> None:
    code, out, _ = call("cancel", "quickdraw-v1")
    assert (code, out) == (0, "quickdraw-v1 has ended before: succeeded\n")
    assert clouds["vertex"].cancelled == []
    code, _, err = call("cancel", "quickdraw-v9")
    assert code == 1
    assert err.startswith("error: RUN: there is no run 'quickdraw-v9', did you mean 'quickdraw-v")
