"""What the training step of the GAN challenge makes of its parameters."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from components.train_gan import train_gan
from models.adversarial import training
from models.adversarial.options import AdversarialOptions

RESULT = training.AdversarialResult(30, 2, 1.5, 99.0, 0, 0.7, 0.8, 0.9, 0.5, 1.0)


@pytest.mark.parametrize(("use_mnist", "augment"), [(False, True), (True, False)])
def test_faces_are_mirrored_and_digits_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, use_mnist: bool, augment: bool
) -> None:
    asked: list[AdversarialOptions] = []

    def train(examples: str, model: str, networks: str, options: AdversarialOptions) -> Any:
        asked.append(options)
        return RESULT

    monkeypatch.setattr(training, "train_gan", train)
    model = SimpleNamespace(path=str(tmp_path / "model"), metadata={})
    options = AdversarialOptions(model="Sample", max_steps=30, seed=3)
    given = {name: value for name, value in vars(options).items() if name != "model"}
    del given["checkpoint_seconds"]
    train_gan.python_func(
        examples=SimpleNamespace(path=str(tmp_path)),
        model=model,
        network_class="Sample",
        files_fingerprint="",
        use_mnist=use_mnist,
        **given,
    )
    assert asked == [replace(options, augment=augment)]
    assert (model.metadata["network"], model.metadata["steps"]) == ("Sample", 30)
