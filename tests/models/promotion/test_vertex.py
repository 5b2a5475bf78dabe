"""The registry in Vertex AI: the real SDK against the service on loopback, files in a bucket."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import grpc
import pytest
from google.cloud.aiplatform_v1 import Model, UploadModelRequest

from models.promotion.promote import Outcome, promote
from models.promotion.registry import Registry, open_registry
from models.promotion.rollback import rollback
from models.promotion.statistics import data_statistics
from models.promotion.version import Facts
from preprocessing.errors import InputError, Unreachable
from preprocessing.examples import Examples
from tests.models.promotion.conftest import SkilledModel

PLACE = "projects/challenges/locations/europe-west4"
FACTS = Facts(
    "quickdraw",
    run="run-1",
    by="run-1",
    commit="0123456789ab",
    image="registry/image:1",
    metrics={"loss": 0.5, "map": 0.7, "gap": 0.8, "hit_at_1": 0.6, "perr": float("nan")},
)
UNAVAILABLE, LATE = grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED

Challenge = Callable[..., Outcome]


@pytest.fixture
def registry(vertex: Any, bucket: Any, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setattr("models.vertex_ai.FIRST_DELAY", 0.01)
    return open_registry(PLACE, f"gs://{bucket.name}")


@pytest.fixture
def challenge(registry: Registry, labelled: Examples, skilled: SkilledModel) -> Challenge:
    def call(skill: int, run: str, seed: int = 0) -> Outcome:
        facts = replace(FACTS, run=run, by=run)
        model = skilled(skill, seed=seed)
        return promote(model, labelled, data_statistics(labelled), registry, facts)

    return call


def test_a_better_model_becomes_the_default_version_and_a_worse_one_is_not_uploaded(
    vertex: Any, registry: Registry, challenge: Challenge
) -> None:
    assert challenge(128, "run-1").decision.promoted
    better = challenge(200, "run-2")
    assert better.line().startswith("promoted, version 2 is champion: better: ")
    assert not challenge(150, "run-3").decision.promoted
    first, second = vertex.models.versions["quickdraw"]
    assert (list(first.version_aliases), list(second.version_aliases)) == ([], ["default"])
    upload = vertex.asked("UploadModel")[1]
    assert upload.parent_model == f"{PLACE}/models/quickdraw"
    container = second.container_spec
    assert container.image_uri == "registry/image:1"
    assert list(container.command) == ["python", "-m", "models.prediction_server"]
    assert (container.predict_route, container.health_route) == ("/predict", "/health")
    assert [port.container_port for port in container.ports] == [8080]
    accuracy = better.metrics()["challenger_accuracy"]
    assert second.labels == {
        "pipeline": "quickdraw",
        "content": registry.versions("quickdraw")[1].facts.content,
        "run": "run-2",
        "by": "run-2",
        "commit": "0123456789ab",
        "accuracy": f"{accuracy:.4f}".replace(".", "_"),
    }
    assert second.version_description.endswith(f" run-2: {better.decision.why}")
    (evaluation,) = vertex.models.evaluations["quickdraw@2"]
    assert (evaluation.metrics["logLoss"], evaluation.metrics["auPrc"]) == (0.5, 0.8)
    (best_guess,) = evaluation.metrics["confidenceMetrics"]
    assert best_guess["recall"] == pytest.approx(accuracy)
    assert best_guess["maxPredictions"] == 1
    assert dict(evaluation.metadata) == {"loss": 0.5, "map": 0.7, "gap": 0.8, "hit_at_1": 0.6}


def test_the_files_lie_in_the_bucket_where_the_container_finds_them(
    vertex: Any, bucket: Any, registry: Registry, challenge: Challenge
) -> None:
    challenge(128, "run-1")
    (model,) = vertex.models.versions["quickdraw"]
    assert model.artifact_uri.startswith("gs://challenge/registry/quickdraw/models/")
    folder = model.artifact_uri.removeprefix("gs://challenge/")
    assert bucket.blob(f"{folder}/saved_model.pb").exists()
    (version,) = registry.versions("quickdraw")
    with registry.package(version) as package:
        assert (package / "labels.txt").read_text() == "ant\ncake\nlion\n"


@pytest.mark.parametrize(
    "method", ["ListModelVersions", "UploadModel", "ImportModelEvaluation", "MergeVersionAliases"]
)
def test_what_is_not_answered_is_asked_again_and_nothing_is_doubled(
    vertex: Any, registry: Registry, challenge: Challenge, method: str
) -> None:
    challenge(128, "run-1")
    vertex.fail(method, UNAVAILABLE, UNAVAILABLE)
    vertex.lose_answer(method, LATE)
    assert challenge(200, "run-2").decision.promoted
    versions = registry.versions("quickdraw")
    assert [version.champion for version in versions] == [False, True]
    assert len(vertex.models.evaluations["quickdraw@2"]) == 1
    assert len(versions[1].reigns) == 1


def test_one_that_was_stopped_between_upload_and_crown_makes_no_second_version(
    vertex: Any, registry: Registry, challenge: Challenge, monkeypatch: pytest.MonkeyPatch
) -> None:
    challenge(128, "run-1")
    with monkeypatch.context() as stopped:
        stopped.setattr(type(registry), "crown", lambda *given: exit(143))
        with pytest.raises(SystemExit):
            challenge(200, "run-2")
    assert [version.champion for version in registry.versions("quickdraw")] == [True, False]
    outcome = challenge(200, "run-2")
    assert outcome.decision.promoted
    assert [version.champion for version in registry.versions("quickdraw")] == [False, True]


def test_one_that_was_stopped_between_reign_and_alias_reigned_once(
    vertex: Any, registry: Registry, challenge: Challenge
) -> None:
    challenge(128, "run-1")
    vertex.fail("MergeVersionAliases", grpc.StatusCode.PERMISSION_DENIED)
    with pytest.raises(InputError, match="cannot make version 2 of quickdraw the default"):
        challenge(200, "run-2")
    assert challenge(200, "run-3").decision.promoted
    (reign,) = registry.versions("quickdraw")[1].reigns
    assert reign.by == "run-3"


def test_rollback_moves_the_default_and_keeps_the_history(
    vertex: Any, registry: Registry, challenge: Challenge
) -> None:
    challenge(128, "run-1")
    challenge(200, "run-2")
    assert rollback(registry, "quickdraw", "ann lee").number == 1
    first, second = registry.versions("quickdraw")
    assert (first.champion, second.champion) == (True, False)
    assert [(reign.by, reign.why) for reign in first.reigns][1:] == [
        ("ann-lee", "went back from version 2")
    ]
    assert registry.challenges() == ["quickdraw"]


def test_another_who_became_champion_meanwhile_is_challenged_too(
    registry: Registry,
    challenge: Challenge,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    challenge(100, "run-1")
    crown = type(registry).crown

    def late(*given: Any) -> None:
        monkeypatch.setattr(type(registry), "crown", crown)
        assert challenge(240, "run-2").decision.promoted
        crown(*given)

    monkeypatch.setattr(type(registry), "crown", late)
    assert not challenge(180, "run-3").decision.promoted
    assert "another model became champion meanwhile" in capsys.readouterr().out
    champions = [one.facts.run for one in registry.versions("quickdraw") if one.champion]
    assert champions == ["run-2"]


@pytest.mark.parametrize(
    ("code", "kind", "told"),
    [
        (grpc.StatusCode.PERMISSION_DENIED, InputError, "cannot register quickdraw: .*lacks a rig"),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, InputError, "cannot register .* a quota is used up"),
        (grpc.StatusCode.NOT_FOUND, InputError, "cannot register quickdraw: there is none"),
        (grpc.StatusCode.ALREADY_EXISTS, InputError, "cannot register quickdraw: ALREADY_EXISTS"),
        (UNAVAILABLE, Unreachable, "cannot register quickdraw: no answer from Google Cloud"),
    ],
)
def test_a_refusal_is_one_line(
    vertex: Any,
    challenge: Challenge,
    monkeypatch: pytest.MonkeyPatch,
    code: Any,
    kind: type[InputError],
    told: str,
) -> None:
    monkeypatch.setattr("models.vertex_ai.PATIENCE", 0.1)
    vertex.fail("UploadModel", *[code] * 20)
    with pytest.raises(kind, match=told) as raised:
        challenge(128, "run-1")
    assert len(str(raised.value).splitlines()) == 1
    assert vertex.models.versions == {}


def test_what_a_model_needs_in_vertex_ai_is_told(
    vertex: Any, labelled: Examples, skilled: SkilledModel
) -> None:
    statistics, model = data_statistics(labelled), skilled(128)
    with pytest.raises(InputError, match="BUCKET: not set"):
        promote(model, labelled, statistics, open_registry(PLACE), FACTS)
    with pytest.raises(InputError, match="IMAGE: not set"):
        promote(model, labelled, statistics, open_registry(PLACE), replace(FACTS, image=""))


@pytest.mark.parametrize("labels", [{}, {"accuracy": "high"}])
def test_a_default_version_of_others_is_not_beaten_unseen(
    vertex: Any, registry: Registry, challenge: Challenge, labels: dict[str, str]
) -> None:
    challenge(128, "run-1")
    vertex.models.versions["quickdraw"][0].labels = labels
    with pytest.raises(InputError, match="version 1 of quickdraw in Vertex AI was not registered"):
        challenge(200, "run-2")


def test_models_of_others_are_none_of_ours(
    vertex: Any, registry: Registry, challenge: Challenge
) -> None:
    challenge(128, "run-1")
    for labels in ({"content": "words"}, {"pipeline": "theirs"}):
        vertex.models.upload_model(
            UploadModelRequest(parent=PLACE, model=Model(display_name="other", labels=labels))
        )
    assert registry.challenges() == ["quickdraw"]
