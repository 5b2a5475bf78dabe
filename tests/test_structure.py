"""What a newcomer may rely on: imports point one way, and every target is listed."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

import bootstrap
from benchmarks.preprocess import COMPONENT
from components.preprocess import preprocess

ROOT = Path(__file__).parent.parent
LAYERS = ["preprocessing", "models", "components", "pipelines"]


def imported_layers(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names & set(LAYERS)


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_point_one_way(layer: str) -> None:
    above = set(LAYERS[LAYERS.index(layer) + 1 :])
    files = sorted((ROOT / layer).glob("**/*.py"))
    assert files
    # The command line and its backends may use every layer below them.
    assert {path.name: imported_layers(path) & above for path in files} == {
        path.name: set() for path in files
    }


def test_every_file_says_what_it_is_for() -> None:
    files = [path for layer in LAYERS for path in (ROOT / layer).glob("**/*.py")]
    silent = [str(path) for path in files if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = set(re.findall(r"^  make ([a-z-]+)", done.stdout, re.MULTILINE))
    assert targets - listed == {"environment", "dev-environment"}
    assert max(map(len, done.stdout.splitlines())) < 80


def test_a_target_without_its_variable_says_so() -> None:
    done = subprocess.run(["make", "-n", "run"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0
    assert "PIPELINE is not set" in done.stderr


@pytest.mark.parametrize(
    ("version", "system", "machine", "told"),
    [
        ((3, 10, 1), "Linux", "x86_64", "this is Python 3.10; expected Python 3.11, 3.12 or 3.13"),
        ((3, 14, 0), "Linux", "x86_64", "this is Python 3.14; expected"),
        ((3, 12, 0), "Linux", "aarch64", "this is Linux on aarch64; expected Linux on x86_64 or"),
        ((3, 12, 0), "Windows", "AMD64", "this is Windows on AMD64; expected"),
        ((3, 12, 0), "Darwin", "x86_64", "macOS on arm64"),
    ],
)
def test_what_does_not_fit_is_refused_at_once(
    version: tuple[int, ...], system: str, machine: str, told: str
) -> None:
    reason = bootstrap.refusal(version, system, machine)
    assert reason is not None
    assert told in reason


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 4), (3, 13, 9)])
def test_what_fits_is_taken(version: tuple[int, ...]) -> None:
    assert bootstrap.refusal(version, "Linux", "x86_64") is None
    assert bootstrap.refusal(version, "Darwin", "arm64") is None


def test_the_locks_name_no_index_and_pin_every_package() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        lock = (ROOT / name).read_text()
        assert "://" not in lock
        packages = [line for line in lock.splitlines() if re.match(r"[a-z]", line)]
        assert len(packages) > 100
        assert all("==" in line for line in packages)


def test_the_benchmark_gives_the_component_all_that_it_takes() -> None:
    code = COMPONENT.format(written="out", source="in", drawings=100)
    (call,) = (
        node
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "preprocess"
    )
    assert {keyword.arg for keyword in call.keywords} == set(preprocess.component_spec.inputs)
