"""A checkout with what must not leave it, and tools that only write down how they are called."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.settings import Settings

ROOT = Path(__file__).parent.parent.parent.parent
# Put together, since this file is itself among those that may not hold them.
SECRET = "-".join(("canary", "of", "a", "token"))
NAME, ADDRESS = " ".join(("Pat", "Canary")), "@".join(("pat", "canary.example"))


@dataclass(frozen=True)
class Checkout:
    """A git checkout of a small project that stands for ours."""

    root: Path

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, capture_output=True, text=True, check=True
        )
        return done.stdout

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "A change")
        return self.git("rev-parse", "--short=12", "HEAD").strip()


@pytest.fixture(scope="session")
def tracked_files() -> list[str]:
    """Returns the files that a checkout holds: a few of the project's, which is enough for most."""
    return [".gitignore", "Dockerfile", "models/layers.py", "models/lite.py"]


@pytest.fixture
def checkout(tracked_files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """Returns tracked files of the project in a checkout of their own, beside canaries."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    made = Checkout(tmp_path / "checkout")
    for name in tracked_files:
        (made.root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, made.root / name)
    made.git("init", "--quiet")
    made.git("config", "user.name", NAME)
    made.git("config", "user.email", ADDRESS)
    made.commit()
    made.write(
        {
            ".env": f"KUBEFLOW_TOKEN={SECRET}\n",
            "key.json": SECRET,
            "models/new.py": f"# {SECRET}\n",
            "runs/a/run.json": SECRET,
            "data/raw.npy": SECRET,
            "build/quickdraw.yaml": SECRET,
        }
    )
    monkeypatch.setattr("pipelines.commit.ROOT", made.root)
    monkeypatch.chdir(made.root)
    return made


class Tools:
    """Programs on the PATH that say what they are told, and write down how they were called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "calls.log"
        folder.mkdir()
        for name in ("git", "sh", "cp", "cat"):
            found = shutil.which(name)
            assert found
            (folder / name).symlink_to(found)

    def add(self, tool: str, says: str = "", fails_at: str = "") -> None:
        """Adds a tool that keeps its context in `<tool>-context`; one subcommand may fail."""
        path = self.folder / tool
        path.write_text(
            f"""#!/bin/sh
echo "{tool} $@" >> "{self.log}"
if [ "$1" = build ]; then for last; do :; done; cp -r "$last" "{self.folder}/{tool}-context"; fi
if [ "$1" = "{fails_at}" ]; then echo "starting"; echo "{says}" >&2; exit 125; fi
"""
        )
        path.chmod(0o755)

    def calls(self) -> list[str]:
        """Returns the calls but for the asking whether a tool works; `-` stands for the context."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [
            line.rpartition(" ")[0] + " -" if " build " in line else line
            for line in lines
            if not line.endswith(" info")
        ]


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    """Returns an empty place for tools, and nothing else is on the PATH but git and a shell."""
    made = Tools(tmp_path / "tools")
    monkeypatch.setenv("PATH", str(made.folder))
    return made
