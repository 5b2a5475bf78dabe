"""Retraining as a user runs it: drift, promotion, rollback, and what is told of each."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from kfp import components, local

from models.promotion.registry import open_registry
from models.promotion.statistics import STATISTICS_FILE, DataStatistics
from models.promotion.version import Facts, Reign, content_hash
from pipelines.champions import check_champions
from pipelines.compile import compile_pipeline
from pipelines.history.run_record import RunRecord, Step
from pipelines.registry import challenge_of, find_pipeline, pipeline_names
from pipelines.settings import Settings
from pipelines.target import Target
from pipelines.training_kind import ADVERSARIAL, CLASSIFICATION, training_kind
from preprocessing.errors import InputError
from tests.conftest import WriteBitmaps
from tests.models.promotion.skilled import write_skilled
from tests.pipelines.conftest import Command

ROOT = Path(__file__).parent.parent.parent
CLASSES = {"ant": 400, "cake": 400, "lion": 400}
TRAINING = {"model": "Logistic", "batch_size": 32, "augment": False, "validation_per_class": 40}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the folder of data, runs and registry; the tests follow each other in it."""
    return tmp_path_factory.mktemp("retraining")


@pytest.fixture(autouse=True)
def _settings(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("REGISTRY", str(place / "registry"))


@pytest.fixture(scope="module")
def runs(place: Path, write_bitmaps: WriteBitmaps) -> list[dict[str, Path]]:
    """Returns what the steps left of two runs of the compiled pipeline, a good and a bad one.

    The champion before them does not know the third class.
    """
    statistics = DataStatistics(9, {"ant": 0.5, "cake": 0.5}, [9.0], [9.0], [[1.0] + [0.0] * 15])
    package = write_skilled(place / "package", 256, ["ant", "cake"], (28, 28, 1))
    statistics.save(package / STATISTICS_FILE)
    registry = open_registry(str(place / "registry"))
    facts = Facts("quickdraw", "by-hand", "ann", content=content_hash(package))
    registry.crown(registry.add(package, facts, "why"), 0, Reign.now("ann", "why"))

    data = write_bitmaps(place / "data", CLASSES)
    path = compile_pipeline("quickdraw-retraining", place, Settings(image="registry/python:1"))
    compiled = components.load_component_from_file(str(path))
    left = []
    with pytest.MonkeyPatch.context() as environment:
        environment.chdir(ROOT)
        for training in ({"epochs": 3}, {"max_steps": 1, "learning_rate": 1e-6}):
            local.init(
                runner=local.SubprocessRunner(use_venv=False),
                pipeline_root=str(place / "cloud"),
                enable_caching=True,
                cache_root=str(place / "cloud" / ".cache"),
            )
            compiled(
                source=str(data),
                source_fingerprint="1",
                registry=str(place / "registry"),
                **TRAINING,
                **training,
            )
            folder = max((place / "cloud").glob("quickdraw-retraining-*"))
            left.append(
                {
                    "model": folder / "train" / "model",
                    "examples": folder / "preprocess" / "examples",
                    "drift": folder / "check-drift" / "drift",
                    "decision": folder / "promote" / "decision.json",
                }
            )
    return left


def test_what_is_compiled_promotes_a_better_network_and_refuses_a_worse(
    runs: list[dict[str, Path]],
) -> None:
    better, worse = (json.loads(run["decision"].read_text()) for run in runs)
    assert (better["promoted"], better["before"], better["version"]) == (True, 1, 2)
    assert better["comparison"]["unknown"] == ["lion"]
    assert better["why"].startswith("better: 100.00 % right against ")
    assert (worse["promoted"], worse["before"], worse["version"]) == (False, 2, 2)
    assert worse["why"].startswith("not better: ")


def test_what_asks_the_registry_is_asked_again_where_its_inputs_are_the_same(
    runs: list[dict[str, Path]],
) -> None:
    assert not runs[1]["examples"].exists()  # the preprocessing is answered from the cache
    first, second = (json.loads(run["drift"].read_text()) for run in runs)
    assert (first["version"], second["version"]) == (1, 2)
    assert first["classes"] > 0.25
    assert (second["classes"], second["pixels"]) == (0, 0)


def test_data_that_has_moved_stops_a_local_run_before_it_trains(
    place: Path, runs: list[dict[str, Path]], write_bitmaps: WriteBitmaps
) -> None:
    data = write_bitmaps(place / "two", {name: CLASSES[name] for name in ("ant", "cake")})
    arguments = ["run", "quickdraw-retraining", "--data", str(data), "--runs", str(place / "runs")]
    params = "model=Logistic validation_per_class=40 max_drift=0.25"
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", *arguments, "--params", params],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert done.stderr.startswith(
        "error: step check-drift failed: the data has drifted from the champion's by more than"
        " max_drift=0.25: class shares: much drift, stability index "
    )
    (record,) = (json.loads(path.read_text()) for path in place.glob("runs/*/run.json"))
    assert record["pipeline"] == "quickdraw-retraining"
    assert [(step["name"], step["status"]) for step in record["steps"]] == [
        ("preprocess", "succeeded"),
        ("check-drift", "failed"),
    ]


def test_commands_list_promote_and_roll_back(
    place: Path,
    runs: list[dict[str, Path]],
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    status, out, err = command("models", "quickdraw")
    assert (status, err) == (0, "")
    first, second = out.splitlines()[1:]
    assert first.split()[:2] == ["quickdraw", "1"]
    assert second.split()[:4] == ["quickdraw", "2", "champion", "1.0000"]

    good, bad = (RunRecord(name, "quickdraw", str(tmp_path / name), {}, "abc") for name in "gb")
    for record, left in zip((good, bad), runs, strict=True):
        paths = {"model": str(left["model"]), "examples": str(runs[0]["examples"])}
        record.steps.append(Step("train", "succeeded", artifacts=paths))
        record.status = "succeeded"
        record.save()
    status, out, _ = command("promote", "quickdraw", "--run", "b", "--runs", tmp_path)
    assert status == 0
    assert "not promoted: not better: " in out
    assert json.loads((tmp_path / "b" / "promotion" / "decision.json").read_text())["version"] == 2

    status, out, _ = command("rollback", "quickdraw-retraining")
    assert (status, out) == (0, "version 1 of quickdraw is champion again, from by-hand\n")
    status, out, _ = command("models", "--json")
    versions = json.loads(out)
    assert [one["champion"] for one in versions] == [True, False]
    assert versions[0]["reigns"][-1]["why"] == "went back from version 2"
    strict = ("promote", "quickdraw", "--run", "g", "--runs", tmp_path, "--margin", "0.9")
    assert "not promoted: better by less than the margin of 90.00 %: " in command(*strict)[1]
    status, out, _ = command("promote", "quickdraw", "--run", "g", "--runs", tmp_path)
    assert "promoted, version 2 is champion: better: " in out  # the version that there was
    status, out, _ = command("promote", "quickdraw", "--run", "g", "--runs", tmp_path)
    assert out.endswith("not promoted: this model is the champion already, version 2\n")

    monkeypatch.setenv("REGISTRY", str(tmp_path / "other"))
    status, out, _ = command("models")
    assert (status, out.startswith("no models; ")) == (0, True)


def test_a_run_without_a_model_cannot_be_promoted(command: Command, tmp_path: Path) -> None:
    RunRecord("early", "quickdraw", str(tmp_path / "early"), {}, "", "interrupted").save()
    status, _, err = command("promote", "quickdraw", "--runs", tmp_path)
    assert status == 1
    assert err.endswith("early: this run (interrupted) left no model; name another with RUN\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("rollback", "gan"), "PIPELINE: gan has no champions, which only classifiers have: cats_"),
        (("rollback", "mnist"), "mnist: this registry has no version of it yet; there are those"),
        (("rollback", "quickdraw", "--version", "two"), "VERSION: expected the number of a ver"),
        (("promote", "mnist"), "PIPELINE: no run of mnist in "),
        (("promote", "mnist", "--margin", "1%"), "MARGIN: expected a share such as 0.01, got '1%'"),
        (("models", "quickdrow"), "PIPELINE: 'quickdrow' is unknown, did you mean 'quickdraw'?"),
    ],
)
def test_what_cannot_be_is_told(
    runs: object, place: Path, command: Command, arguments: tuple[str, ...], told: str
) -> None:
    extra = ("--runs", place / "runs") if arguments[0] == "promote" else ()
    status, out, err = command(*arguments, *extra)
    assert (status, out) == (1, "")
    assert err.startswith(f"error: {told}")


def test_every_classifier_has_the_variant_and_the_plain_pipeline_none_of_its_parameters() -> None:
    names = pipeline_names()
    assert {"quickdraw-retraining", "mnist-retraining"} <= set(names)
    assert not {"gan-retraining", "tournament-retraining"} & set(names)
    target = Target(image=lambda component: "python", registry="here")
    plain, variant = (
        find_pipeline(name)(target).component_spec.inputs
        for name in ("cats_vs_dogs", "cats_vs_dogs-retraining")
    )
    assert list(variant) == [*plain, "registry", "margin", "max_drift"]
    assert variant["registry"].default == "here"
    assert find_pipeline("cats_vs_dogs-retraining")(target).name == "cats-vs-dogs-retraining"
    assert challenge_of("cats_vs_dogs-retraining") == "cats_vs_dogs"
    assert training_kind("cats_vs_dogs-retraining") is CLASSIFICATION
    assert training_kind("gan") is ADVERSARIAL


@pytest.mark.parametrize("name", ["gan-retraining", "quickdraw-", "quickdraw-tuned", "-retraining"])
def test_a_variant_that_there_is_not_is_told(name: str) -> None:
    with pytest.raises(InputError, match=f"PIPELINE: '{name}' is unknown"):
        find_pipeline(name)


def test_what_asks_the_registry_is_never_cached_and_runs_where_it_has_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REGISTRY")
    settings = Settings(
        image="registry/image:1", project="challenges", region="europe-west4", bucket="gs://ours"
    )
    path = compile_pipeline("quickdraw-retraining", tmp_path, settings)
    tasks = yaml.safe_load(path.read_text())["root"]["dag"]["tasks"]
    cached = {name for name, task in tasks.items() if task["cachingOptions"].get("enableCache")}
    assert set(tasks) - cached == {"check-drift", "promote"}
    assert "check-drift" in tasks["train"]["dependentTasks"]
    given = tasks["promote"]["inputs"]["parameters"]
    constants = {
        name: one["runtimeValue"]["constant"]
        for name, one in given.items()
        if "runtimeValue" in one
    }
    assert constants["image"] == "registry/image:1"
    assert constants["bucket"] == "gs://ours"
    inputs = yaml.safe_load(path.read_text())["root"]["inputDefinitions"]["parameters"]
    assert inputs["registry"]["defaultValue"] == "projects/challenges/locations/europe-west4"


def test_a_retraining_is_sent_away_only_with_a_place_for_champions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("REGISTRY")
    here = {"project": "challenges", "region": "europe-west4"}
    vertex = Settings(**here, bucket="gs://ours", image="registry/image:1")
    check_champions("quickdraw-retraining", {}, vertex)
    check_champions("quickdraw-retraining", {"registry": "gs://ours"}, Settings())
    check_champions("quickdraw", {}, Settings())
    for settings in (Settings(), vertex.model_copy(update={"backend": "kubeflow"})):
        with pytest.raises(InputError, match="REGISTRY: not set, so there is no place for champ"):
            check_champions("quickdraw-retraining", {}, settings)
    for name in ("bucket", "image"):
        with pytest.raises(InputError, match=f"^{name.upper()}: not set, but a champion in proj"):
            check_champions("quickdraw-retraining", {}, vertex.model_copy(update={name: ""}))


def test_a_local_run_is_told_before_it_trains_what_vertex_ai_needs(
    command: Command, tmp_path: Path, write_bitmaps: WriteBitmaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGISTRY", "projects/challenges/locations/europe-west4")
    data = write_bitmaps(tmp_path / "data", {"ant": 9, "bee": 9})
    runs = tmp_path / "runs"
    status, _, err = command(
        *("run", "quickdraw-retraining", "--data", data, "--runs", runs),
        *("--params", "train_per_class=5 validation_per_class=2 test_per_class=2"),
    )
    assert (status, err.startswith("error: BUCKET: not set, but a champion in projects/")) == (1, 1)
    assert not list(runs.glob("*/run.json"))
