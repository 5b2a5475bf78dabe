"""The YAML that Kubeflow and Vertex AI get."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from kfp import components

from pipelines.compile import compile_pipeline
from pipelines.registry import pipeline_names
from pipelines.settings import Settings, read_settings
from preprocessing.errors import InputError
from tests.pipelines.conftest import Command

ROOT = Path(__file__).parent.parent.parent
GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)  # away from a .env


def compiled(tmp_path: Path, **settings: Any) -> dict[str, Any]:
    path = compile_pipeline("quickdraw", tmp_path, Settings(image="registry/image:1", **settings))
    return dict(yaml.safe_load(path.read_text()))


def training(specification: dict[str, Any]) -> dict[str, Any]:
    executors = specification["deploymentSpec"]["executors"]
    return dict(executors["exec-train"]["container"])


@pytest.mark.parametrize("name", pipeline_names())
def test_the_yaml_is_as_reviewed(tmp_path: Path, name: str) -> None:
    """A change here is seen in review; `make golden` writes the files anew."""
    path = compile_pipeline(name, tmp_path, Settings(image="registry/image:1"))
    assert path.read_text() == (GOLDEN / f"{name}.yaml").read_text()


@pytest.mark.parametrize("name", ["quickdraw", "gan", "tournament"])
def test_it_loads_as_a_pipeline_and_holds_no_path_of_this_machine(
    tmp_path: Path, name: str
) -> None:
    path = compile_pipeline(name, tmp_path, Settings(image="registry/image:1"))
    loaded = components.load_component_from_file(str(path))
    assert loaded.name == name
    text = path.read_text()
    for place in (str(ROOT), str(Path.home()), str(tmp_path), sys.prefix):
        assert place not in text


def test_every_step_has_the_image_and_is_retried(tmp_path: Path) -> None:
    specification = compiled(tmp_path)
    executors = specification["deploymentSpec"]["executors"]
    assert {e["container"]["image"] for e in executors.values()} == {"registry/image:1"}
    tasks = specification["root"]["dag"]["tasks"]
    assert len(tasks) == 6
    assert {task["retryPolicy"]["maxRetryCount"] for task in tasks.values()} == {2}


@pytest.mark.parametrize(
    ("settings", "accelerator"),
    [
        ({}, None),
        ({"preset": "cpu"}, None),
        ({"preset": "gpu"}, ("NVIDIA_TESLA_T4", "1")),
        ({"preset": "4gpu"}, ("NVIDIA_TESLA_T4", "4")),
        ({"preset": "gpu", "accelerator_count": 2}, ("NVIDIA_TESLA_T4", "2")),
        ({"preset": "distributed", "workers": 1}, ("NVIDIA_TESLA_T4", "1")),
        ({"accelerator": "NVIDIA_L4", "accelerator_count": 4}, ("NVIDIA_L4", "4")),
        ({"accelerator": "NVIDIA_L4"}, ("NVIDIA_L4", "1")),
    ],
)
def test_the_training_step_asks_for_its_machine(
    tmp_path: Path, settings: dict[str, Any], accelerator: tuple[str, str] | None
) -> None:
    specification = compiled(tmp_path, train_cpu=4, train_memory="16G", **settings)
    resources = training(specification)["resources"]
    assert (resources["cpuLimit"], resources["memoryLimit"]) == (4.0, 16.0)
    found = resources.get("accelerator")
    assert (found and (found["type"], found["count"])) == accelerator
    others = specification["deploymentSpec"]["executors"]
    assert not any(
        "resources" in executor["container"]
        for name, executor in others.items()
        if name != "exec-train"
    )


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"PRESET": "8gpu"}, "PRESET: expected cpu, gpu, 4gpu or distributed, got '8gpu'"),
        ({"IMAGE": "registry/with blank:1"}, "IMAGE: .*got 'registry/with blank:1'"),
        ({"IMAGE": "registry/$(id):1"}, r"IMAGE: .*got 'registry/\$\(id\):1'"),
        ({"IMAGE": "registry/image:"}, "IMAGE: .*got 'registry/image:'"),
        ({"KERAS_BACKEND": "torch"}, "KERAS_BACKEND: expected tensorflow or jax, got 'torch'"),
        ({"ACCELERATOR_COUNT": "0"}, "ACCELERATOR_COUNT: .*from 1 to 16, got '0'"),
        ({"ACCELERATOR_COUNT": "many"}, "ACCELERATOR_COUNT: .*whole number .*got 'many'"),
        ({"WORKERS": "0"}, "WORKERS: expected a whole number of machines from 1 to 64, got '0'"),
        ({"SPOT": "maybe"}, "SPOT: expected 1 or 0, got 'maybe'"),
        ({"TRAIN_MEMORY": "lots"}, "TRAIN_MEMORY: .*got 'lots'"),
    ],
)
def test_a_setting_that_cannot_be_is_named(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], told: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=told):
        read_settings()


def test_a_count_without_accelerator_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ACCELERATOR_COUNT: 4 of which accelerator"):
        compiled(tmp_path, accelerator_count=4)


def test_on_a_full_disk_the_file_before_stays_whole(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bounded_files: None
) -> None:
    monkeypatch.setenv("IMAGE", "registry/image:1")  # else git is asked, which writes too
    before = compile_pipeline("tournament", tmp_path, read_settings())
    whole = before.rename(tmp_path / "quickdraw.yaml").read_bytes()
    status, out, err = command("compile", "quickdraw", "--folder", tmp_path)
    path = tmp_path / "quickdraw.yaml"
    cure = "free some space, or name a place that you may write to"
    assert (status, out, err) == (1, "", f"error: {path}: File too large; {cure}\n")
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {path.name: whole}


def test_compiling_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys, pipelines.__main__ as cli\n"
        f"cli.app(['compile', '--folder', {str(tmp_path)!r}], standalone_mode=False)\n"
        "heavy = {'tensorflow', 'keras', 'apache_beam', 'pandas', 'google.cloud.aiplatform'}\n"
        "sys.exit(' '.join(heavy & set(sys.modules)) or 0)"
    )
    environment = {**os.environ, "IMAGE": "registry/image:1"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [str(tmp_path / f"{name}.yaml") for name in pipeline_names()]


def test_all_pipelines_compile_for_several_machines_but_those_that_need_one(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGE", "registry/image:1")
    monkeypatch.setenv("PRESET", "distributed")
    status, out, err = command("compile", "--folder", tmp_path)
    assert (status, err) == (0, "gan: left out, as it trains on one machine\n")
    names = [Path(line).stem for line in out.splitlines()]
    assert names == [name for name in pipeline_names() if name != "gan"]
