"""What goes into an image and a compiled pipeline: nothing of this machine."""

import io
import json
import shutil
import socket
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from pipelines import check_classes
from pipelines.image.context import build_context
from pipelines.image.tool import build, find_tool
from pipelines.registry import pipeline_names
from preprocessing.errors import InputError
from tests.pipelines.conftest import Command
from tests.pipelines.image.conftest import ADDRESS, NAME, ROOT, SECRET, Checkout

OWN = "participant/quickdraw/mine.py"


@pytest.fixture(scope="session")
def tracked_files() -> list[str]:
    """Returns all tracked files of the project, since any of them may hold what it must not."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def forbidden(checkout: Checkout) -> list[bytes]:
    """Returns what must be in no file: a secret, names of people, and places of this machine."""
    own = [
        subprocess.run(["git", "config", key], cwd=ROOT, capture_output=True, text=True).stdout
        for key in ("user.name", "user.email")
    ]
    places = [ROOT, checkout.root, Path.home() / "."]
    texts = [SECRET, NAME, ADDRESS, *own, *(f"{place}/" for place in places)]
    return [text.strip().encode() for text in texts if text.strip()]


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_it_is_built_from_tracked_files_and_the_participants(checkout: Checkout) -> None:
    checkout.write({f"build/{OWN}": "x = 1\n", "build/participant/mnist/other.py": "x = 2\n"})
    (checkout.root / "build" / OWN).chmod(0o600)
    tracked = set(checkout.git("ls-files").splitlines())
    assert {"Dockerfile", ".dockerignore", "models/training.py"} <= tracked
    with build_context(checkout.root / "build", "quickdraw") as context:
        found = files_below(context)
        assert set(found) == tracked | {OWN}
        assert found[OWN] == b"x = 1\n"
        modes = {path.stat().st_mode & 0o777 for path in (context, *context.rglob("*"))}
        assert modes <= {0o644, 0o755}  # else the image's user could not read them
        for text in forbidden(checkout):
            assert [name for name, content in found.items() if text in content] == []
    assert not context.exists()


def test_the_layers_hold_our_code_and_nothing_of_this_machine(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stage `code` is all that the image gets from here; the rest is packages and Debian."""
    storage = tmp_path / "storage.conf"
    storage.write_text(
        f'[storage]\ndriver="vfs"\ngraphroot="{tmp_path}/graph"\nrunroot="{tmp_path}/run"\n'
    )
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(storage))
    monkeypatch.setenv("BUILDAH_ISOLATION", "chroot")
    try:
        tool = find_tool("buildah", print)
    except InputError as error:
        pytest.skip(str(error))
    checkout.write({f"build/{OWN}": "x = 1\n"})
    with build_context(checkout.root / "build", "quickdraw") as context:
        build(tool, context, "code", "code:1", {}, print)
    saved = tmp_path / "image.tar"
    subprocess.run([tool, "push", "code:1", f"docker-archive:{saved}"], check=True)
    shutil.rmtree(tmp_path / "graph")

    packages = ("components", "models", "pipelines", "preprocessing")
    tracked = checkout.git("ls-files", *packages, "requirements*.txt").splitlines()
    tracked.remove("requirements-dev.txt")
    with tarfile.open(saved) as image:

        def read(name: str) -> bytes:
            file = image.extractfile(name)
            assert file is not None
            return file.read()

        (manifest,) = json.loads(read("manifest.json"))
        contents = {"its settings": read(manifest["Config"])}
        for layer in manifest["Layers"]:
            with tarfile.open(fileobj=io.BytesIO(read(layer))) as files:
                for member in files:
                    assert (member.uid, member.gid, member.uname, member.gname) == (0, 0, "", "")
                    if file := files.extractfile(member) if member.isfile() else None:
                        contents[member.name] = file.read()
    assert set(contents) == {"its settings", f"app/{OWN}", *(f"app/{name}" for name in tracked)}
    for text in (*forbidden(checkout), f'"{socket.gethostname()}"'.encode()):
        assert [name for name, content in contents.items() if text in content] == []


@pytest.mark.parametrize(
    "settings",
    [{}, {"PRESET": "4gpu", "MANAGED": "dataflow batch-prediction custom-job"}],
    ids=["plain", "managed"],
)
def test_the_compiled_pipelines_hold_nothing_of_this_machine(
    checkout: Checkout,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, str],
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(check_classes, "_check", lambda module, tried: None)
    own = checkout.root.parent / "mine.py"
    own.write_text("class MyNet:\n    pass\n")
    shutil.rmtree("build")
    assert command("compile")[0] == 0
    assert command("compile", "quickdraw", "--model", f"{own}:MyNet")[0] == 0
    found = files_below(Path("build"))
    assert {f"{name}.yaml" for name in pipeline_names()} < set(found)
    for text in (*forbidden(checkout), str(own.parent).encode(), sys.prefix.encode()):
        assert [name for name, content in found.items() if text in content] == []
