"""What the evaluation step of the GAN challenge tells on the screen."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from components.evaluate_gan import evaluate_gan
from models.adversarial import evaluation

METRICS = {
    "accuracy_real": 1.0,
    "accuracy_generated": 0.0,
    "frechet_distance": 6.0,
    "frechet_distance_real": 2.0,
    "memorises": 0.0,
    "collapsed": 0.0,
}


def test_the_verdict_and_what_is_wrong_are_notes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(evaluation, "evaluate_gan", lambda *arguments: METRICS)
    logged: dict[str, float] = {}
    evaluate_gan.python_func(
        model=SimpleNamespace(path="model", metadata={}),
        examples=SimpleNamespace(path="examples"),
        metrics=SimpleNamespace(path=tmp_path / "metrics", log_metric=logged.__setitem__),
        report=SimpleNamespace(path="report.html", uri="report"),
    )
    verdict, warning = capsys.readouterr().out.splitlines()
    assert verdict.startswith("note: The discriminator takes 100% of the generated images for real")
    assert warning.startswith("note: The discriminator calls everything real. It does not look")
    assert logged == METRICS
