"""Which step of which pipeline runs in which image."""

from pathlib import Path

import pytest
import yaml

from pipelines.compile import compile_pipeline
from pipelines.registry import pipeline_names
from pipelines.settings import Settings


@pytest.mark.parametrize("name", pipeline_names())
def test_steps_with_an_accelerator_and_no_others_get_the_gpu_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("pipelines.image.name.git_commit", lambda: "0123456789ab")
    settings = Settings(image="registry:5000/image", preset="gpu")
    path = compile_pipeline(name, tmp_path, settings)
    executors = yaml.safe_load(path.read_text())["deploymentSpec"]["executors"]
    found = {}
    for step, executor in executors.items():
        if container := executor.get("container"):
            accelerated = "accelerator" in container.get("resources", {})
            found[step] = (container["image"], accelerated)
    assert found
    whole = "registry:5000/image:0123456789ab"
    assert found == {
        step: (f"{whole}-gpu" if accelerated else whole, accelerated)
        for step, (_, accelerated) in found.items()
    }
    trains = any(step.startswith("exec-train") for step in found)
    assert any(accelerated for _, accelerated in found.values()) == trains
