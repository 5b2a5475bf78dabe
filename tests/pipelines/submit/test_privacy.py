"""What is sent to the clouds: no secret, no path of this machine, nobody's name but the login."""

import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines import check_classes
from tests.conftest import WriteBitmaps
from tests.kubeflow_service import KubeflowService
from tests.pipelines.conftest import Command

ROOT = Path(__file__).parent.parent.parent.parent
SECRET = "-".join(("canary", "of", "a", "token"))
COMMANDS = (("submit", "quickdraw"), ("schedule", "quickdraw", "--cron", "0 3 * * 1"))


@pytest.fixture
def place(
    identity: Any,
    bucket: Any,
    write_bitmaps: WriteBitmaps,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Returns a folder with a participant's network, in which secrets are set by `.env`."""
    monkeypatch.setattr(check_classes, "_check", lambda module, tried: None)  # takes seconds
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(identity.account))
    for name in ("KUBEFLOW_TOKEN", "KUBEFLOW_COOKIE", "IMAGE", "REGISTRY"):
        monkeypatch.delenv(name, raising=False)
    settings = {
        "KUBEFLOW_TOKEN": SECRET,
        "KUBEFLOW_COOKIE": f"session={SECRET}",
        "IMAGE": "registry/image:1",
        "REGISTRY": "gs://challenge/champions",
        "OTHER_PASSWORD": SECRET,
    }
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    (tmp_path / "mine.py").write_text("class MyNet:\n    pass\n")
    bucket._patch_property("location", "EUROPE-WEST4")
    bucket.patch()
    for path in write_bitmaps(tmp_path / "raw", {"ant": 9, "bee": 9}).iterdir():
        bucket.blob(f"mine/{path.name}").upload_from_filename(str(path))
    return tmp_path


def forbidden(place: Path) -> list[str]:
    git = shutil.which("git")
    own = [
        subprocess.run([git, "config", key], cwd=ROOT, capture_output=True, text=True).stdout
        for key in ("user.name", "user.email")
        if git
    ]
    paths = [f"{path}/" for path in (ROOT, place, Path.home() / ".", sys.prefix)]
    texts = [SECRET, f'"{socket.gethostname()}"', str(place), *paths, *own]
    return [text.strip() for text in texts if text.strip()]


def go(command: Command, place: Path) -> None:
    data = ("--data", "gs://challenge/mine", "--model", f"{place}/mine.py:MyNet")
    for asked in COMMANDS:
        status, out, err = command(*asked, *data)
        assert (status, err) == (0, ""), out
        assert SECRET not in out


def test_vertex_ai_is_told_nothing_of_this_machine(
    vertex: Any, place: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MANAGED", "dataflow batch-prediction custom-job")
    go(command, place)
    sent = {call.method: str(call.request) for call in vertex.calls}
    assert {"CreatePipelineJob", "CreateSchedule"} < set(sent)
    assert "participant/quickdraw/mine.py:MyNet" in sent["CreatePipelineJob"]
    for text in (*forbidden(place), vertex.secret.splitlines()[1]):
        assert [method for method, request in sent.items() if text in request] == []


def test_kubeflow_is_told_nothing_of_this_machine(
    kubeflow: KubeflowService, place: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKEND", "kubeflow")
    go(command, place)
    assert kubeflow.runs
    assert kubeflow.recurring_runs
    assert all(one.headers["authorization"] == f"Bearer {SECRET}" for one in kubeflow.requests)
    sent = {f"{one.method} {one.path}": f"{one.query} {one.body}" for one in kubeflow.requests}
    for text in forbidden(place):
        assert [where for where, request in sent.items() if text in request] == []
