"""`make image`: which tool builds what, under which name, and what it says when it cannot."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines import check_classes
from tests.pipelines.conftest import Command
from tests.pipelines.image.conftest import Checkout, Tools

MINE = "import keras\n\n\nclass MyNet(keras.layers.Layer):\n    pass\n"


def images_of(path: Path) -> set[str]:
    executors = yaml.safe_load(path.read_text())["deploymentSpec"]["executors"]
    return {executor["container"]["image"] for executor in executors.values()}


def test_the_first_tool_that_works_builds_and_the_others_are_told(
    checkout: Checkout, tools: Tools, command: Command
) -> None:
    tools.add("docker", says="Cannot connect to the Docker daemon", fails_at="info")
    tools.add("buildah")
    status, out, err = command("image")
    commit = checkout.git("rev-parse", "--short=12", "HEAD").strip()
    assert (status, out) == (0, f"challenge-pipelines:{commit}\n")
    assert "passed over docker: Cannot connect to the Docker daemon" in err
    assert "not in the image, since git does not know it: models/new.py" in err
    assert tools.calls() == [
        f"buildah build --platform linux/amd64 --target cpu --tag challenge-pipelines:{commit}"
        " --build-arg KERAS_BACKEND=tensorflow -"
    ]


@pytest.mark.parametrize(
    ("variables", "tag", "others"),
    [
        ({}, "", {}),
        ({"PRESET": "gpu"}, "", {"-gpu": "train"}),
        ({"ACCELERATOR": "NVIDIA_L4", "KERAS_BACKEND": "jax"}, "", {"-gpu-jax": "train"}),
        ({"IMAGE": "registry:5000/team/image"}, "", {}),
        ({"IMAGE": "registry/image:7", "PRESET": "gpu"}, "7", {}),
    ],
)
def test_what_is_built_is_what_the_compiled_pipeline_names(
    checkout: Checkout,
    tools: Tools,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    tag: str,
    others: dict[str, str],
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    tools.add("podman")
    assert command("compile", "quickdraw")[0] == 0
    assert command("image")[0] == 0
    image = variables.get("IMAGE", "challenge-pipelines").removesuffix(f":{tag}")
    whole = f"{image}:{tag or checkout.git('rev-parse', '--short=12', 'HEAD').strip()}"
    executors = yaml.safe_load(Path("build/quickdraw.yaml").read_text())["deploymentSpec"]
    named = {
        name.removeprefix("exec-"): executor["container"]["image"]
        for name, executor in executors["executors"].items()
    }
    special = {step: whole + suffix for suffix, step in others.items()}
    assert named == dict.fromkeys(named, whole) | special
    target = "gpu" if tag else "cpu"
    assert [call.split()[5:8:2] for call in tools.calls()] == [
        [target, whole],
        *(["gpu", name] for name in special.values()),
    ]


def test_a_participants_file_is_in_the_image_and_its_hash_in_the_tag(
    checkout: Checkout, tools: Tools, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_classes, "_check", lambda module, tried: None)
    tools.add("docker")
    checkout.write({"../elsewhere/mine.py": MINE, "build/participant/mnist/old.py": MINE})
    given = ("--model", "../elsewhere/mine.py:MyNet")
    assert command("compile", "quickdraw", *given)[0] == 0
    (named,) = images_of(Path("build/quickdraw.yaml"))
    status, out, _ = command("image", "quickdraw", *given)
    assert (status, out) == (0, f"{named}\n")
    packed = tools.folder / "docker-context" / "participant"
    assert {str(path.relative_to(packed)) for path in packed.rglob("*.py")} == {"quickdraw/mine.py"}
    assert (packed / "quickdraw" / "mine.py").read_text() == MINE

    checkout.write({"../elsewhere/mine.py": MINE + "# better\n"})
    assert command("image", "quickdraw", *given)[1] != out
    assert command("image")[1].rpartition("-")[0] == "challenge"


def test_a_changed_checkout_is_refused_unless_told_and_never_has_the_commits_tag(
    checkout: Checkout, tools: Tools, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools.add("docker")
    commit = checkout.git("rev-parse", "--short=12", "HEAD").strip()
    checkout.write({"models/layers.py": "first = 1\n"})
    (checkout.root / "models" / "lite.py").unlink()
    status, out, err = command("image")
    assert (status, out) == (1, "")
    assert err == (
        "error: image: models/layers.py differs from the commit; commit it, or build with"
        " DIRTY=1, which says so in the tag\n"
    )
    assert tools.calls() == []

    monkeypatch.setenv("DIRTY", "1")
    status, first, _ = command("image")
    assert status == 0
    assert first.startswith(f"challenge-pipelines:{commit}-changes-")
    context = tools.folder / "docker-context"
    assert (context / "models" / "layers.py").read_text() == "first = 1\n"
    assert not (context / "models" / "lite.py").exists()
    assert not (context / "models" / "new.py").exists()
    assert command("compile", "mnist")[0] == 0
    assert images_of(Path("build/mnist.yaml")) == {first.strip()}

    checkout.write({"models/layers.py": "first = 2\n"})
    assert command("image")[1] != first


def test_pushing_follows_building(
    checkout: Checkout, tools: Tools, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGE", "europe-west4-docker.pkg.dev/project/repository/image")
    monkeypatch.setenv("PUSH", "1")
    monkeypatch.setenv("PRESET", "4gpu")
    tools.add("docker")
    status, out, _ = command("image")
    assert status == 0
    calls = [call.split()[1] for call in tools.calls()]
    assert calls == ["build", "build", "push", "push"]
    assert [call.split()[2] for call in tools.calls()[2:]] == out.split()


@pytest.mark.parametrize(
    ("variables", "tool", "told"),
    [
        ({}, {}, "TOOL: none of docker, podman, buildah works here; install one, or build with"),
        ({"TOOL": "podman"}, {}, "TOOL=podman: not installed; start or install it, or leave"),
        ({"TOOL": "kaniko"}, {}, "TOOL: 'kaniko' is unknown; there are: docker, podman, buildah,"),
        (
            {"TOOL": "docker"},
            {"fails_at": "info", "says": "Is the docker daemon running?"},
            r"TOOL=docker: Is the docker daemon running\?; start or install it",
        ),
        (
            {},
            {"fails_at": "build", "says": "ERROR: No matching distribution found for x==1"},
            "image: docker cannot build challenge-pipelines:.*: ERROR: No matching distribution",
        ),
        (
            {},
            {"fails_at": "build", "says": "write /x: no space left on device\nexit status 1"},
            "image: docker cannot build .*: write /x: no space left on device; free some space",
        ),
        (
            {"PUSH": "1", "IMAGE": "example.org/image"},
            {"fails_at": "push", "says": "denied: requested access to the resource is denied"},
            "PUSH: example.org did not take example.org/image:.*: denied: .* is denied; if it is a",
        ),
        (
            {"PUSH": "1", "PROJECT": "vision", "REGION": "europe-west4"},
            {},
            "IMAGE: .* set IMAGE, such as europe-west4-docker.pkg.dev/vision/REPOSITORY/challenge-",
        ),
        (
            {"IMAGE": f"example.org/image@sha256:{'0' * 64}"},
            {},
            "IMAGE=.*: a digest cannot be chosen; give a tag, or neither",
        ),
        (
            {"BUILD_ARGS": "BASE=x"},
            {},
            "BUILD_ARGS: expected BASE_IMAGE=... or BEAM_IMAGE=..., got 'BASE=x'",
        ),
        ({"MODEL": "mine.py:MyNet"}, {}, "MODEL, LOSS: for which pipeline"),
        ({"KERAS_BACKEND": "jax"}, {}, "KERAS_BACKEND: jax is in the gpu image only; set PRESET"),
        (
            {"IMAGE": "Registry/Bad Name"},
            {},
            "IMAGE: expected the name .*'Registry/Bad Name'",
        ),
    ],
)
@pytest.mark.usefixtures("checkout")
def test_what_cannot_be_is_one_line(
    tools: Tools,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    tool: dict[str, Any],
    told: str,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    if tool:
        tools.add("docker", **tool)
    status, out, err = command("image")
    assert (status, out) == (1, "")
    errors = [line for line in err.splitlines() if line.startswith("error: ")]
    assert errors == err.splitlines()[-1:]
    assert re.search(told, errors[0]), errors[0]


def test_without_a_git_checkout_it_says_so(
    tools: Tools, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools.add("docker")
    monkeypatch.setattr("pipelines.commit.ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setenv("IMAGE", "example.org/image:1")
    monkeypatch.chdir(tmp_path)
    status, _, err = command("image")
    assert status == 1
    assert err.startswith("error: image: this folder is no git checkout, or git is not installed")
    monkeypatch.delenv("IMAGE")
    monkeypatch.setenv("PATH", os.devnull)
    status, _, err = command("image")
    assert status == 1
    assert err.startswith("error: IMAGE: not set with a tag, and this folder is no git checkout")
