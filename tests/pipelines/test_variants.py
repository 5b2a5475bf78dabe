"""The variant of a pipeline that retrains: who has it, what it has more, and what it needs."""

from pathlib import Path

import pytest
import yaml

from pipelines.champions import check_champions
from pipelines.compile import compile_pipeline
from pipelines.registry import challenge_of, find_pipeline, pipeline_names
from pipelines.settings import Settings
from pipelines.target import Target
from pipelines.training_kind import ADVERSARIAL, CLASSIFICATION, training_kind
from preprocessing.errors import InputError
from tests.conftest import WriteBitmaps
from tests.pipelines.conftest import Command


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)  # away from a .env


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
    tmp_path: Path,
) -> None:
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


def test_a_retraining_is_sent_away_only_with_a_place_for_champions() -> None:
    vertex = Settings(
        image="registry/image:1", project="challenges", region="europe-west4", bucket="gs://ours"
    )
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
