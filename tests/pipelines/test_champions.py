"""The champions as the command line lists them, and what a run here asks of them."""

import time
from pathlib import Path

import pytest

from models.promotion.registry import open_registry
from models.promotion.version import Facts, Reign, content_hash
from pipelines.champions import retraining_here
from pipelines.target import Target
from preprocessing.errors import InputError
from tests.pipelines.conftest import Command


def test_times_are_those_of_the_clock_here(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.promotion.folder.now", lambda: "2026-11-21T12:00:00+00:00")
    monkeypatch.setenv("REGISTRY", str(tmp_path / "registry"))
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    package = tmp_path / "package"
    package.mkdir()
    (package / "labels.txt").write_text("ant\n")
    registry = open_registry(str(tmp_path / "registry"))
    facts = Facts("quickdraw", "run-1", "ann", content=content_hash(package))
    version = registry.add(package, facts, "why")
    registry.crown(version, 0, Reign("2026-11-21T20:30:00.000001+00:00", "ann", "better"))
    _, output, _ = command("models")
    monkeypatch.undo()
    time.tzset()
    assert "2026-11-21 21:00" in output
    assert "2026-11-22 05:30, by ann: better" in output


def test_wrong_settings_of_a_cloud_do_not_stop_a_run_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # away from a .env
    for name, value in {"IMAGE": "a/b", "KERAS_BACKEND": "jax", "BUCKET": "mine"}.items():
        monkeypatch.setenv(name, value)
    target = Target(image=lambda component: "python", commit="abc")
    assert retraining_here(target, "mnist", {}) == target
    with pytest.raises(InputError, match=r"^BUCKET: expected gs://"):
        retraining_here(target, "mnist-retraining", {})
    monkeypatch.setenv("BUCKET", "gs://mine")
    monkeypatch.setenv("REGISTRY", "")
    here = retraining_here(target, "mnist-retraining", {})  # the champions are here too
    assert (here.registry, here.serving_image, here.bucket) == ("registry", "", "gs://mine")
