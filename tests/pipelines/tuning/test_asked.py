"""What is typed wrong to `make tune` and `make dashboard` is one line, and nothing has begun."""

import socket
import sqlite3
from pathlib import Path

import pytest

from pipelines.settings import Settings
from tests.pipelines.conftest import Command


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("pipeline", "options", "told"),
    [
        ("quickdrow", (), "PIPELINE: 'quickdrow' is unknown, did you mean 'quickdraw'?"),
        (
            "gan",
            (),
            "PIPELINE: gan has nothing to tune, which only classifiers have: cats_vs_dogs,",
        ),
        ("tournament", (), "PIPELINE: tournament has nothing to tune"),
        ("quickdraw-tuning", (), "PIPELINE: quickdraw-tuning tries parameters and trains with the"),
        ("quickdraw-retraining", (), "PIPELINE: quickdraw-retraining: to try parameters, set PIPE"),
        ("quickdraw", ("--trials", 0), "TRIALS: expected a whole number of 1 or more, got '0'"),
        ("quickdraw", ("--trials", "x"), "TRIALS: expected a whole number of 1 or more, got 'x'"),
        ("quickdraw", ("--parallel", -1), "PARALLEL: expected a whole number of 1 or more, got '-"),
        (
            "quickdraw",
            ("--trials", 2, "--parallel", 3),
            "PARALLEL=3: expected at most as many as T",
        ),
        (
            "quickdraw",
            ("--backend", "vertx"),
            "BACKEND: 'vertx' is unknown, did you mean 'vertex'?",
        ),
        ("quickdraw", ("--params", "trials=3"), "PARAMS: trials is not set here but by TRIALS"),
        ("quickdraw", ("--params", "start_new_model=1"), "PARAMS: 'start_new_model' is no parame"),
        ("quickdraw", ("--wait",), "WAIT: for a run in the cloud; this one is here and shows its"),
    ],
)
def test_what_is_typed_wrong_is_one_line(
    command: Command, pipeline: str, options: tuple[object, ...], told: str
) -> None:
    status, out, error = command("tune", pipeline, *options)
    assert (status, out, len(error.splitlines())) == (1, "", 1)
    assert error.startswith(f"error: {told}")
    assert not Path("runs").exists()


def test_a_dashboard_of_nothing_or_at_no_port_is_told(command: Command) -> None:
    status, _, error = command("dashboard")
    told = "error: runs/studies: no study yet; `make tune PIPELINE=quickdraw` begins one\n"
    assert (status, error) == (1, told)
    assert command("dashboard", "--port", 0)[2].startswith("error: PORT: expected a whole number")
    assert (
        command("dashboard", "--port", 70_000)[2] == "error: PORT=70000: expected 65535 at most\n"
    )
    path = Path("runs/studies/studies.db")
    path.parent.mkdir(parents=True)
    path.write_text("this is no database, but a text that is long enough to be taken for one")
    assert "holds no studies that can be read" in command("dashboard")[2]
    path.unlink()
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE studies (study_id INTEGER)")
    assert command("dashboard")[2] == told


def test_a_port_that_is_taken_is_told(command: Command) -> None:
    import optuna

    path = Path("runs/studies/studies.db")
    path.parent.mkdir(parents=True)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    optuna.create_study(storage=f"sqlite:///{path}")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        error = command("dashboard", "--port", port)[2]
    assert error == f"error: PORT={port}: Address already in use; name another, such as 8081\n"
