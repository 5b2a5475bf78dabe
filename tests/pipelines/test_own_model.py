"""A participant's network and loss from the command line, as the page `docs/own-model.md` shows."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines import check_classes
from pipelines.arguments import read_arguments
from pipelines.compile import compile_pipeline
from pipelines.settings import Settings
from preprocessing.errors import InputError
from tests.pipelines.conftest import Command
from tests.pipelines.steps_here import steps_here

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
    monkeypatch.setattr(check_classes, "_check", lambda module, tried: calls.append(tried))
    return calls


def read(runs: Path, *texts: str, model: str = "", loss: str = "") -> dict[str, Any]:
    return read_arguments("quickdraw", texts, model, loss, None, runs, lambda note: None)


def test_the_page_has_few_lines() -> None:
    assert len(MINE.splitlines()) <= 15


def test_the_page_passes_its_check_and_a_wrong_line_does_not(
    mine: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes: list[str] = []
    runs, (model, loss) = tmp_path / "runs", (f"{mine}:MyNet", f"{mine}:MyLoss")
    arguments = read_arguments("quickdraw", [], model, loss, None, runs, notes.append)
    assert (arguments["model"], arguments["loss"]) == (model, loss)
    assert notes == ["checking mine.py:MyNet and mine.py:MyLoss, which takes some seconds"]

    assert read_arguments("quickdraw", [], model, loss, None, runs, notes.append) == arguments
    assert len(notes) == 1

    mine.write_text(MINE.replace("layers.Flatten", "layer.Flatten"))
    monkeypatch.setenv("MODEL", model)
    status, _, error = command("run", "quickdraw", "--runs", runs)
    assert status == 1
    assert error == "error: mine.py, line 8: NameError: name 'layer' is not defined\n"


@pytest.mark.parametrize(
    ("challenge", "num_classes", "tried"),
    [
        ("cats_vs_dogs", None, 2),
        ("mnist", None, 10),
        ("renaissance", None, 345),
        ("renaissance", 7, 7),
    ],
)
def test_a_network_is_tried_with_the_classes_that_it_will_have(
    mine: Path,
    tmp_path: Path,
    checked: list[dict[str, Any]],
    challenge: str,
    num_classes: int | None,
    tried: int,
) -> None:
    read_arguments(challenge, [], f"{mine}:MyNet", "", num_classes, tmp_path, lambda note: None)
    assert [one["num_classes"] for one in checked] == [tried]


@pytest.mark.parametrize(("texts", "size"), [([], 50), (["use_mnist=true"], 28)])
def test_a_gan_is_tried_with_images_of_the_size_that_it_will_see(
    mine: Path, tmp_path: Path, checked: list[dict[str, Any]], texts: list[str], size: int
) -> None:
    read_arguments("gan", texts, f"{mine}:MyNet", "", None, tmp_path, lambda note: None)
    (tried,) = checked
    assert (tried["networks"], tried["image_shape"]) == ("models.gan", [size, size, 1])


def test_an_image_size_that_a_network_cannot_take_is_told(tmp_path: Path) -> None:
    with (
        steps_here(besides=""),
        pytest.raises(InputError, match=r"^image_size=8: model=Cnn: ValueError: .* zero or nega"),
    ):
        read_arguments("cats_vs_dogs", ["image_size=8"], "", "", None, tmp_path, lambda note: None)


def test_a_network_of_the_projects_own_is_tried_once_at_each_image_size(
    tmp_path: Path, checked: list[dict[str, Any]]
) -> None:
    for size in (40, 40, 48):
        read(tmp_path, f"image_size={size}")
    assert [one["image_shape"] for one in checked] == [[40, 40, 1], [48, 48, 1]]


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
        (["shard_size=0"], "", "", "^shard_size: expected at least 1, got 0$"),
        (["compression=zip"], "", "", "^compression=zip: expected none or gzip$"),
        (["seed=-1"], "", "", "^seed=-1: expected a whole number from 0 to"),
        ([], "models/quickdraw.py:Cnn", "", "is the project's own; write model=Cnn"),
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


def compiled(
    build: Path,
    runs: Path,
    monkeypatch: pytest.MonkeyPatch,
    pipeline: str = "quickdraw",
    **classes: str,
) -> Any:
    monkeypatch.setattr("pipelines.image.name.git_commit", lambda: "0123456789ab")
    arguments = read(runs, **classes) if classes else {}
    path = compile_pipeline(pipeline, build, Settings(image=""), arguments)
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
        packed = build / "participant" / "quickdraw"
        return sorted(str(path.relative_to(packed)) for path in packed.rglob("*.py"))

    inputs, (image,) = compiled(
        build, runs, monkeypatch, model=f"{mine}:MyNet", loss=f"{mine}:MyLoss"
    )
    assert inputs["model"]["defaultValue"] == "participant/quickdraw/mine.py:MyNet"
    assert inputs["loss"]["defaultValue"] == "participant/quickdraw/mine.py:MyLoss"
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
    assert inputs["model"]["defaultValue"] == "participant/quickdraw/model/mine.py:MyNet"
    assert inputs["loss"]["defaultValue"] == "participant/quickdraw/loss/mine.py:MyLoss"
    assert files() == ["loss/mine.py", "model/mine.py", "model/parts_6/deep.py"]

    compiled(build, runs, monkeypatch, pipeline="mnist", model=f"{other}:MyNet")
    assert (build / "participant" / "mnist" / "mine.py").read_text() == other.read_text()
    compiled(build, runs, monkeypatch, pipeline="mnist")
    assert not (build / "participant" / "mnist").exists()
    assert files() == ["loss/mine.py", "model/mine.py", "model/parts_6/deep.py"]

    inputs, _ = compiled(build, runs, monkeypatch, "quickdraw-tuning", model=f"{other}:MyNet")
    assert inputs["model"]["defaultValue"] == "participant/quickdraw/mine.py:MyNet"
    assert files() == ["mine.py"]  # an image for quickdraw has those of its variants

    inputs, (image,) = compiled(build, runs, monkeypatch)
    assert inputs["model"]["defaultValue"] == "Cnn"
    assert image == "challenge-pipelines:0123456789ab"
    assert files() == []
