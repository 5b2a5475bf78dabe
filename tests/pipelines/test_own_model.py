"""A participant's network and loss from the command line, as the page `docs/own-model.md` shows."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines import check_classes
from pipelines.arguments import read_arguments
from pipelines.compile import compile_pipeline
from pipelines.settings import Settings
from preprocessing.errors import InputError

ROOT = Path(__file__).parent.parent.parent
BLOCK = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "own-model.md").read_text(), re.DOTALL)
assert BLOCK is not None
MINE = BLOCK.group(1)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Returns the page's file, outside of the project."""
    path = tmp_path / "elsewhere" / "mine.py"
    path.parent.mkdir()
    path.write_text(MINE)
    return path


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Returns what was to be checked by a process of its own, which takes seconds."""
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(check_classes, "_check", calls.append)
    return calls


def read(runs: Path, *texts: str, model: str = "", loss: str = "") -> dict[str, Any]:
    return read_arguments("quickdraw", texts, model, loss, None, runs, lambda note: None)


def test_the_page_has_few_lines() -> None:
    assert len(MINE.splitlines()) <= 15


def test_the_page_passes_its_check_and_a_wrong_line_does_not(mine: Path, tmp_path: Path) -> None:
    notes: list[str] = []
    runs, (model, loss) = tmp_path / "runs", (f"{mine}:MyNet", f"{mine}:MyLoss")
    arguments = read_arguments("quickdraw", [], model, loss, None, runs, notes.append)
    assert (arguments["model"], arguments["loss"]) == (model, loss)
    assert notes == ["checking mine.py:MyNet and mine.py:MyLoss, which takes some seconds"]

    assert read_arguments("quickdraw", [], model, loss, None, runs, notes.append) == arguments
    assert len(notes) == 1

    mine.write_text(MINE.replace("layers.Flatten", "layer.Flatten"))
    run = [sys.executable, "-m", "pipelines", "run", "quickdraw", "--data", str(tmp_path / "none")]
    done = subprocess.run(
        [*run, "--runs", str(runs)],
        cwd=ROOT,
        env={**os.environ, "MODEL": model},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr == "error: mine.py, line 8: NameError: name 'layer' is not defined\n"


def test_names_of_the_projects_own_need_no_check(
    tmp_path: Path, checked: list[dict[str, Any]]
) -> None:
    arguments = read(tmp_path, "epochs=3", model="Logistic", loss="FocalCrossEntropy")
    assert arguments == {
        "epochs": 3,
        "model": "Logistic",
        "loss": "FocalCrossEntropy",
        "weights": "",
        "files_fingerprint": "",
    }
    assert read(tmp_path, "model=Renaissance")["model"] == "Renaissance"
    assert checked == []


@pytest.mark.parametrize(
    ("texts", "model", "loss", "told"),
    [
        (["model=Cnn"], "Logistic", "", "MODEL=Logistic: PARAMS has model=Cnn too; leave one of"),
        (["loss=x"], "", "CrossEntropy", "LOSS=CrossEntropy: PARAMS has loss=x too"),
        ([], "Cn", "", "model=Cn: models.quickdraw has no such model; .* did you mean Cnn"),
        ([], "", "Focal", "loss=Focal: models.losses has no .* did you mean FocalCrossEntropy"),
        ([], "nowhere/mine.py:MyNet", "", "no such file: nowhere/mine.py"),
        (["weights=nowhere.h5"], "", "", "weights=nowhere.h5: no such file"),
        (["files_fingerprint=1"], "", "", "files_fingerprint is not set here but by .*MODEL"),
    ],
)
def test_what_cannot_be_is_told_at_once(
    tmp_path: Path, texts: list[str], model: str, loss: str, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        read(tmp_path, *texts, model=model, loss=loss)


def test_a_check_is_made_anew_when_a_file_changes(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checked: list[dict[str, Any]]
) -> None:
    beside, weights = mine.with_name("beside_5.py"), mine.with_name("backbone.weights.h5")
    mine.write_text("import beside_5\n" + MINE)
    beside.write_text("")
    weights.write_bytes(b"1")
    monkeypatch.chdir(mine.parent)

    def fingerprint(*texts: str) -> str:
        return str(read(tmp_path / "runs", *texts, model="mine.py:MyNet")["files_fingerprint"])

    first = fingerprint()
    assert fingerprint() == first
    assert len(checked) == 1
    assert checked[0]["model"] == f"{mine}:MyNet"
    assert (checked[0]["image_shape"], checked[0]["num_classes"]) == ([28, 28, 1], 10)
    beside.write_text("x = 1\n")
    second = fingerprint()
    with_weights = fingerprint("weights=backbone.weights.h5")
    assert checked[-1]["weights"] == str(weights)
    weights.write_bytes(b"2")
    assert len({first, second, with_weights, fingerprint("weights=backbone.weights.h5")}) == 4
    assert len(checked) == 4


def compiled(build: Path, runs: Path, monkeypatch: pytest.MonkeyPatch, **classes: str) -> Any:
    monkeypatch.setattr("pipelines.compile.git_commit", lambda: "0123456789ab")
    arguments = read(runs, **classes) if classes else {}
    path = compile_pipeline("quickdraw", build, Settings(image=""), arguments)
    specification = yaml.safe_load(path.read_text())
    inputs = specification["root"]["inputDefinitions"]["parameters"]
    containers = specification["deploymentSpec"]["executors"].values()
    return inputs, {executor["container"]["image"] for executor in containers}


@pytest.mark.usefixtures("checked")
def test_the_compiled_pipeline_has_the_files_in_its_image(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build, runs = tmp_path / "build", tmp_path / "runs"
    mine.write_text("import parts_6.deep\n" + MINE)
    parts = mine.parent / "parts_6"
    parts.mkdir()
    (parts / "deep.py").write_text("")
    mine.with_name("unused.py").write_text("")

    def files() -> list[str]:
        found = (build / "participant").rglob("*.py")
        return sorted(str(path.relative_to(build / "participant")) for path in found)

    inputs, (image,) = compiled(
        build, runs, monkeypatch, model=f"{mine}:MyNet", loss=f"{mine}:MyLoss"
    )
    assert inputs["model"]["defaultValue"] == "participant/mine.py:MyNet"
    assert inputs["loss"]["defaultValue"] == "participant/mine.py:MyLoss"
    fingerprint = inputs["files_fingerprint"]["defaultValue"]
    assert image == f"challenge-pipelines:0123456789ab-{fingerprint[:8]}"
    assert files() == ["mine.py", "parts_6/deep.py"]

    (parts / "deep.py").write_text("x = 1\n")
    _, (changed,) = compiled(build, runs, monkeypatch, model=f"{mine}:MyNet")
    assert changed != image

    other = tmp_path / "other" / "mine.py"
    other.parent.mkdir()
    other.write_text(MINE + "# the loss\n")
    inputs, _ = compiled(build, runs, monkeypatch, model=f"{mine}:MyNet", loss=f"{other}:MyLoss")
    assert inputs["model"]["defaultValue"] == "participant/model/mine.py:MyNet"
    assert inputs["loss"]["defaultValue"] == "participant/loss/mine.py:MyLoss"
    assert files() == ["loss/mine.py", "model/mine.py", "model/parts_6/deep.py"]

    inputs, (image,) = compiled(build, runs, monkeypatch)
    assert inputs["model"]["defaultValue"] == "Cnn"
    assert image == "challenge-pipelines:0123456789ab"
    assert not (build / "participant").exists()
