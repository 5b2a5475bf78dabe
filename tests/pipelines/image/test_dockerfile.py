"""The Dockerfile agrees with the locks, and its images have no more rights and files than due."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def locked(lock: str) -> dict[str, set[str]]:
    """Returns the versions of each package; some have one for each of several Pythons."""
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==(\S+)", lock, re.MULTILINE):
        versions.setdefault(name, set()).add(version)
    return versions


def stages() -> dict[str, str]:
    parts = re.split(r"^FROM (?=.+ AS )", DOCKERFILE, flags=re.MULTILINE)[1:]
    return {part.split("\n", 1)[0].rpartition(" AS ")[2]: part for part in parts}


def test_beam_and_python_are_those_of_the_lock() -> None:
    (base,) = re.findall(r"^ARG BASE_IMAGE=\S+/python:(\d+\.\d+)-slim", DOCKERFILE, re.MULTILINE)
    (beam,) = re.findall(r"^ARG BEAM_IMAGE=\S+/beam_python(\S+)$", DOCKERFILE, re.MULTILINE)
    (version,) = locked((ROOT / "requirements.txt").read_text())["apache-beam"]
    assert beam == f"{base}_sdk:{version}"
    assert f"--python-version {base} " in (ROOT / "Makefile").read_text()


def test_the_images_are_not_root_and_hold_what_was_checked_by_hash() -> None:
    found = stages()
    users = re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)
    assert users == ["1000"]
    assert "USER 1000" in found["base"]
    for target in ("cpu", "gpu"):
        assert found[target].startswith("base AS ")
        assert "\nRUN" not in found[target]  # nothing is installed where it would stay
        assert f"COPY --from={target}-packages /opt/packages /opt/packages" in found[target]
        assert found[target].rstrip().endswith("COPY --from=code /app /app")
        installs = re.findall(r"pip install.*", found[f"{target}-packages"])
        assert [("--no-cache-dir" in i, "--require-hashes" in i) for i in installs] == [(True,) * 2]
    assert not re.search("apt-get|curl|wget|TOKEN|PASSWORD|CREDENTIAL", DOCKERFILE)


@pytest.mark.parametrize(
    ("lock", "package"), [("gpu-tensorflow", "nvidia-cudnn-cu12"), ("gpu-jax", "jax-cuda12-plugin")]
)
def test_the_gpu_locks_have_cuda_and_else_the_versions_of_the_cpu_lock(
    lock: str, package: str
) -> None:
    text = (ROOT / f"requirements-{lock}.txt").read_text()
    assert "://" not in text
    both, every = locked((ROOT / "requirements.txt").read_text()), locked(text)
    assert {name: every.get(name) for name in both} == both
    assert package in every
    assert text.count("--hash=sha256:") > len(every)
