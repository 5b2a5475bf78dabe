"""What the command line tells of the runs on this machine."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.history.run_record import Step
from pipelines.local.run_lock import hold_lock
from tests.pipelines.conftest import Command, plain
from tests.pipelines.run_records import record, write

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def no_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setenv("BACKEND", "local")


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Returns a folder with runs that ended in each way; one of them goes on."""
    runs = tmp_path / "runs"
    write(runs, record("quickdraw-1", {"hit_at_1": 0.5, "loss": 1.25}, user="ada"))
    scored = Step("score", "succeeded", 1.0, metrics={"test_accuracy": 0.75})
    whole = record("quickdraw-2", {"hit_at_1": 0.875, "loss": 0.5}, 10, parameters={"epochs": 3})
    whole.steps.append(scored)
    write(runs, whole)
    write(runs, record("gan-1", {"frechet_distance": 1.5, "accuracy": 0.5}, 5, pipeline="gan"))
    log = tmp_path / "train.log"
    log.write_text(
        "".join(f"line {number}\n" for number in range(30)) + "ValueError: [no] memory\n"
    )
    failed = Step("train", "failed", 3.0, log=str(log), error="ValueError: [no] memory")
    write(runs, record("quickdraw-bad", minutes=20, status="failed", steps=[failed]))
    write(runs, record("quickdraw-cut", minutes=30, status="interrupted"))
    gone = record("quickdraw-gone", minutes=40, status="running", steps=[Step("train")])
    gone.seconds = 0.02  # since then it was killed
    write(runs, gone)
    return runs


def table(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()[1:]]


def test_the_newest_runs_come_first_with_the_metric_that_tells_most(
    command: Command, runs: Path
) -> None:
    going_on = record("quickdraw-on", minutes=50, status="running", steps=[Step("train")])
    lock = hold_lock(write(runs, going_on))
    code, out, err = command("runs", "--runs", runs)
    lock.close()
    assert (code, err) == (0, "")
    assert out.splitlines()[0].split() == [
        *("run", "backend", "pipeline", "status", "started", "took", "metric", "commit", "user")
    ]
    rows = {row[0]: row for row in table(out)}
    assert list(rows) == [
        *("quickdraw-on", "quickdraw-gone", "quickdraw-cut", "quickdraw-bad"),
        *("quickdraw-2", "gan-1", "quickdraw-1"),
    ]
    assert rows["quickdraw-2"][3:] == [
        *("succeeded", "2026-11-21", "12:10", "1", "min", "20", "s"),
        *("0.7500", "on", "test", "0123456789ab"),
    ]
    assert "1.5000 Frechet" in " ".join(rows["gan-1"])
    assert rows["quickdraw-1"][-4:] == ["0.5000", "Hit@1", "0123456789ab", "ada"]
    assert rows["quickdraw-gone"][3:] == ["killed", "2026-11-21", "12:40", "0123456789ab"]
    states = [row[3] for row in table(out)]
    assert states[:4] == ["running", "killed", "interrupted", "failed"]


def test_the_table_may_be_of_one_pipeline_and_of_so_many(command: Command, runs: Path) -> None:
    _, out, err = command("runs", "quickdraw", "--limit", 2, "--runs", runs)
    assert [row[0] for row in table(out)] == ["quickdraw-gone", "quickdraw-cut"]
    assert err == "note: there are older ones: LIMIT=4\n"
    _, out, _ = command("runs", "gan", "--runs", runs)
    assert [row[0] for row in table(out)] == ["gan-1"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--limit", "many"], "LIMIT: expected a whole number of 1 or more, got 'many'"),
        (["--limit", "0"], "LIMIT: expected a whole number of 1 or more, got '0'"),
        (["--backend", "vertx"], "BACKEND: 'vertx' is unknown; there are: local, vertex, kubeflow"),
        (["quikdraw"], "PIPELINE: 'quikdraw' is unknown, did you mean 'quickdraw'?"),
        (["--wait"], "WAIT: for which run? Set RUN too"),
        (
            ["--run", "quickdraw-3"],
            "RUN: there is no run 'quickdraw-3', did you mean 'quickdraw-2'",
        ),
        (["--run", "quickdraw-"], "RUN: 5 runs begin with 'quickdraw-': quickdraw-1, quickdraw-2,"),
        (["--run", "gan-1", "--wait"], "WAIT: gan-1 runs on this machine"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(
    command: Command, runs: Path, arguments: list[str], told: str
) -> None:
    code, out, err = command("runs", *arguments, "--runs", runs)
    assert (code, out) == (1, "")
    assert err.startswith(f"error: {told}")
    assert len(err.splitlines()) == 1


def test_without_any_run_it_says_how_to_start_one(command: Command, tmp_path: Path) -> None:
    code, out, _ = command("runs", "gan", "--runs", tmp_path / "none")
    assert (code, out) == (0, "no runs of gan yet; `make run PIPELINE=gan` starts one here\n")
    assert command("runs", "--json", "--runs", tmp_path / "none")[1] == "[]\n"


def test_damaged_records_are_left_out_with_one_note(command: Command, runs: Path) -> None:
    for name, text in (("half", '{"run": "ha'), ("list", "[]"), ("when", '{"started": "noon"}')):
        (runs / name).mkdir()
        (runs / name / "run.json").write_text(text)
    code, out, err = command("runs", "--runs", runs)
    assert (code, len(table(out))) == (0, 6)
    assert err.startswith("note: left out (and 2 more): ")
    assert err.count("not the record of a run") == len(err.splitlines()) == 1
    code, _, err = command("runs", "--run", "half", "--runs", runs)
    assert (code, err.count("half/run.json: not the record of a run")) == (1, 1)


def test_brackets_in_names_are_shown_as_they_are(command: Command, runs: Path) -> None:
    write(runs, record("odd-1", steps=[Step("train[/0]", "succeeded", 1.0)]))
    code, out, _ = command("runs", "--run", "odd-1", "--runs", runs)
    assert (code, "  train[/0] " in out) == (0, True)


def test_a_run_has_the_name_of_its_folder(command: Command, runs: Path) -> None:
    (runs / "gan-1").rename(runs / "my-best-gan")
    names = [row[0] for row in table(command("runs", "--runs", runs)[1])]
    assert "my-best-gan" in names
    assert command("runs", "--run", "my-best", "--runs", runs)[1].split()[:2] == [
        *("run", "my-best-gan")
    ]


@pytest.mark.parametrize("when", ["1e20", "-1e20", "NaN", "Infinity"])
@pytest.mark.parametrize("field", ["started", "seconds"])
def test_a_time_that_no_clock_shows_is_damage(
    command: Command, runs: Path, field: str, when: str
) -> None:
    path = runs / "gan-1" / "run.json"
    values = json.loads(path.read_text())
    path.write_text(json.dumps({**values, field: float(when)}))
    code, out, err = command("runs", "--runs", runs)
    assert (code, len(table(out))) == (0, 5)
    assert err.startswith("note: left out: ")
    assert f"not the record of a run ({field}: " in err


def test_a_network_that_diverged_is_shown_and_its_json_is_json(
    command: Command, runs: Path
) -> None:
    for name, loss in (("diverged-1", float("nan")), ("diverged-2", float("inf"))):
        write(runs, record(name, {"hit_at_1": float("nan"), "loss": loss}))
    assert "nan Hit@1" in command("runs", "--runs", runs)[1]
    text = command("runs", "--run", "diverged-2", "--json", "--runs", runs)[1]
    found = json.loads(text, parse_constant=pytest.fail)
    assert found["steps"][2]["metrics"] == {"hit_at_1": None, "loss": None}
    assert found["main_metric"] == {"name": "hit_at_1", "value": None}
    text = command("compare", "diverged-1 diverged-2", "--json", "--runs", runs)[1]
    json.loads(text, parse_constant=pytest.fail)


@pytest.mark.parametrize(
    ("width", "shown"),
    [(80, ["run", "status", "took", "metric"]), (60, ["run", "status", "metric"])],
)
def test_a_narrow_terminal_gets_fewer_columns_and_no_line_wraps(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, width: int, shown: list[str]
) -> None:
    names = ["cats_vs_dogs-2026-11-21-12-42-39-388470", "quickdraw-" + "long-" * 12]
    for name in names:
        write(tmp_path, record(name, {"test_accuracy": 0.5}, user="ada"))
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("FORCE_COLOR", "1")
    _, out, _ = command("runs", "--runs", tmp_path)
    lines = plain(out).splitlines()
    assert lines[0].split() == shown
    assert max(map(len, lines)) <= width
    assert len(lines) == 4  # with the one that says for what there was no room
    assert "commit, user" in lines[-1]


def test_a_run_is_shown_whole(command: Command, runs: Path) -> None:
    code, out, _ = command("runs", "--run", "quickdraw-2", "--runs", runs)
    assert code == 0
    lines = [line.split() for line in out.splitlines()]
    assert ["status", "succeeded"] in lines
    assert ["commit", "0123456789ab"] in lines
    assert ["train", "succeeded", "1", "min", "15", "s"] in lines
    assert ["test_accuracy", "0.7500"] in lines
    assert ["train.model", "/runs/quickdraw-2/train/model"] in lines
    chosen = out.index("parameters that differ from their defaults")
    others = out.index("parameters with their defaults")
    epochs = next(line for line in out.splitlines() if line.split() == ["epochs", "3"])
    assert chosen < out.index(epochs) < others
    assert out.index("\n  batch_size ") > others
    assert "why it failed" not in out


def test_of_a_failed_run_its_step_its_error_and_the_end_of_its_log_are_shown(
    command: Command, runs: Path
) -> None:
    code, out, _ = command("runs", "--run", "quickdraw-b", "--runs", runs)
    assert code == 0
    told = out[out.index("why it failed") :].splitlines()
    assert told[1] == "  step train failed: ValueError: [no] memory"
    assert told[2].startswith("  the end of its log, ")
    assert told[3] == "    line 11"
    assert told[-1] == "    ValueError: [no] memory"
    assert len(told) == 3 + 20


def test_what_kfp_prints_before_a_step_begins_is_no_part_of_the_end_of_its_log(
    command: Command, tmp_path: Path
) -> None:
    log = tmp_path / "train.log"
    log.write_text(
        '[KFP Executor INFO]: Got executor_input:\n{\n    "outputs": {\n'
        '        "outputFile": "/runs/quickdraw-1/train/executor_output.json"\n    }\n}\n'
        "loading {}\nerror: no images\n"
    )
    failed = Step("train", "failed", 3.0, log=str(log), error="no images")
    write(tmp_path, record("quickdraw-1", status="failed", steps=[failed]))
    _, out, _ = command("runs", "--run", "quickdraw-1", "--runs", tmp_path)
    assert out.splitlines()[-3].startswith("  the end of its log, ")
    assert out.splitlines()[-2:] == ["    loading {}", "    error: no images"]


def test_json_is_the_record_whole(command: Command, runs: Path) -> None:
    found = json.loads(command("runs", "--run", "gan-1", "--json", "--runs", runs)[1])
    expected = json.loads((runs / "gan-1" / "run.json").read_text())
    assert found == {
        **expected,
        "folder": str(runs / "gan-1"),
        "main_metric": {"name": "frechet_distance", "value": 1.5},
    }
    every = json.loads(command("runs", "--json", "--runs", runs)[1])
    assert [one["run"] for one in every][-2:] == ["gan-1", "quickdraw-1"]
    assert found in every


def test_who_won_a_tournament_is_its_metric(command: Command, tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    (results / "bracket.json").write_text('{"champion": "Aurora"}')
    held = Step("tournament", "succeeded", artifacts={"results": str(results)})
    write(tmp_path, record("tournament-1", pipeline="tournament", steps=[held]))
    assert "Aurora" in command("runs", "--runs", tmp_path)[1]


def test_a_local_run_is_cancelled_where_it_runs(command: Command, runs: Path) -> None:
    code, out, _ = command("cancel", "gan-1", "--runs", runs)
    assert (code, out) == (0, "gan-1 has ended before: succeeded\n")
    with hold_lock(runs / "quickdraw-gone"):
        code, _, err = command("cancel", "quickdraw-gone", "--runs", runs)
    assert code == 1
    assert err == (
        "error: RUN: quickdraw-gone runs on this machine; press Ctrl-C where it was started\n"
    )


def test_the_table_is_there_at_once_and_without_heavy_libraries(tmp_path: Path) -> None:
    for number in range(500):
        write(tmp_path, record(f"quickdraw-{number}", {"hit_at_1": 0.5}))
    code = (
        "import sys\n"
        f"sys.argv = ['pipelines', 'runs', '--runs', {str(tmp_path)!r}]\n"
        "from pipelines.__main__ import main\n"
        "try:\n    main()\nfinally:\n"
        "    heavy = ('tensorflow', 'apache_beam', 'google.cloud.aiplatform', 'kfp')\n"
        "    print('heavy:', *(name for name in heavy if name in sys.modules))\n"
    )
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert time.monotonic() - began < 3
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "heavy:"
    assert len(done.stdout.splitlines()) == 1 + 20 + 1


def test_a_promotion_is_told_as_it_is_meant(command: Command, tmp_path: Path) -> None:
    metrics = {"promoted": 1.0, "version": 1.0, "p_value": 7e-22, "challenger_accuracy": 1.0}
    step = Step("promote", "succeeded", 1.0, metrics=metrics)
    write(tmp_path, record("quickdraw-1", steps=[step]))
    _, out, _ = command("runs", "--run", "quickdraw-1", "--runs", tmp_path)
    told = dict(line.split() for line in out.splitlines() if line.startswith("    "))
    assert told == {
        **{"promoted": "yes", "version": "1"},
        **{"p_value": "7.0e-22", "challenger_accuracy": "1.0000"},
    }
