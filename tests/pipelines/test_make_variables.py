"""A misspelt variable on the command line of `make` is told, since make itself takes any."""

import subprocess
from pathlib import Path

import pytest

from tests.pipelines.conftest import Command

ROOT = Path(__file__).parent.parent.parent
RUNS = ("runs", "--backend", "local", "--limit", "1", "--runs", "no-such-folder")
NONE = "no runs yet; `make run PIPELINE=quickdraw` starts one here\n"


def flags(folder: Path, *arguments: str) -> str:
    """Returns what the real make hands on of its arguments."""
    makefile = folder / "Makefile"
    makefile.write_text('all:\n\t@echo "$$MAKEFLAGS"\n')
    done = subprocess.run(
        ["make", "-f", makefile, "all", *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.rstrip("\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["PARAM=epochs=3", "PIPELINE=mnist"], "error: PARAM: nothing reads it, did you mean PAR"),
        (["-s", "-j2", "PIPELIN=mnist"], "error: PIPELIN: nothing reads it, did you mean PIPELIN"),
        (["REGON=x"], "error: REGON: nothing reads it, did you mean REGION?"),
        (["TRIALS=9", "PIPELINE=mnist-tuning"], "error: TRIALS: of `make tune PIPELINE=mnist`;"),
        (["TRIALS=9", "PIPELINE=mnist"], ""),
        (["EPOCHS=3"], "note: EPOCHS: only handed on in the environment; see `make help`"),
        (["PARAMS=a=1 PARAM=2 'b c'=d", "BUILD_ARGS=BASE_IMAGE=x BEM=y", "A=x", "CRON=* *"], ""),
        ([], ""),
    ],
)
def test_a_misspelt_variable_is_told(
    arguments: list[str],
    told: str,
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MAKEFLAGS", flags(tmp_path, *arguments))
    monkeypatch.setenv("MAKELEVEL", "1")
    status, out, err = command(*RUNS)
    assert err.startswith(told)
    assert bool(err) == bool(told)
    assert (status, out) == ((1, "") if told.startswith("error") else (0, NONE))
    monkeypatch.setenv("MAKELEVEL", "2")  # another project's make started ours
    assert command(*RUNS) == (0, NONE, "")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run",), True),
        (("tune",), True),
        (("tune", "BACKEND=kubeflow"), False),
        (("compile",), False),
    ],
)
def test_machines_that_are_asked_for_in_vain_are_told(
    words: tuple[str, ...],
    told: bool,
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    called, *variables = words
    for variable in variables:
        monkeypatch.setenv(*variable.split("="))
    monkeypatch.setenv("MAKEFLAGS", flags(tmp_path, "WORKERS=3", "SPOT=1", *variables))
    monkeypatch.setenv("MAKELEVEL", "1")
    status, _, err = command(called, "no-such-pipeline")
    note = "note: SPOT, WORKERS: only of runs in the cloud; this one takes the machine that is here"
    assert (status, err.startswith(note)) == (1, told)


def test_what_the_makefile_reads_is_known(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (ROOT / "Makefile").read_text().splitlines()
    exported = [name for line in lines if line.startswith("export ") for name in line.split()[1:]]
    assert "PARAMS" in exported
    monkeypatch.setenv("MAKEFLAGS", flags(tmp_path, *(f"{name}=1" for name in exported)))
    monkeypatch.setenv("MAKELEVEL", "1")
    assert command(*RUNS) == (0, NONE, "")
