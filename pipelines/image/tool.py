"""The tools that build images here: docker, podman and buildah."""

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from preprocessing.errors import InputError

TOOLS = ("docker", "podman", "buildah")
PLATFORM = "linux/amd64"
"""Of the cloud; tfx-bsl has no wheels for Linux on arm64, which a Mac would build for."""
_PROBE_SECONDS = 30
_FULL = ("no space left on device", "disk quota exceeded")


def find_tool(chosen: str, note: Callable[[str], None]) -> str:
    """Returns a tool that works: the chosen one, or the first that is there.

    Args:
        chosen: TOOL; "" for any.
        note: is told which tool is there but does not work, and why.

    Raises:
        InputError: none works.
    """
    for tool in (chosen,) if chosen else TOOLS:
        reason = _why_not(tool)
        if not reason:
            return tool
        if chosen:
            raise InputError(f"TOOL={tool}: {reason}; start or install it, or leave TOOL out")
        if shutil.which(tool):
            note(f"passed over {tool}: {reason}")
    raise InputError(
        f"TOOL: none of {', '.join(TOOLS)} works here; install one, or build with TOOL=cloud-build"
    )


def _why_not(tool: str) -> str:
    """Returns why a tool cannot build; "" if it can."""
    if not shutil.which(tool):
        return "not installed"
    try:
        done = subprocess.run(
            [tool, "info"], capture_output=True, text=True, timeout=_PROBE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"does not answer in {_PROBE_SECONDS} s"
    except OSError as error:
        return str(error.strerror)
    return "" if done.returncode == 0 else _last_line(done.stderr) or f"status {done.returncode}"


def build(
    tool: str,
    context: Path,
    target: str,
    image: str,
    arguments: Mapping[str, str],
    show: Callable[[str], None],
) -> None:
    """Builds a target of the Dockerfile in `context`; what the tool prints goes to `show`.

    Raises:
        InputError: it fails; the message has the last of what the tool said.
    """
    command = [tool, "build", "--platform", PLATFORM, "--target", target, "--tag", image]
    for name, value in arguments.items():
        command += ["--build-arg", f"{name}={value}"]
    status, said = _run([*command, str(context)], show)
    if status:
        raise InputError(f"image: {tool} cannot build {image}: {_reason(said)}")


def push(tool: str, image: str, show: Callable[[str], None]) -> None:
    """Pushes an image to its registry.

    Raises:
        InputError: it is refused or fails.
    """
    status, said = _run([tool, "push", image], show)
    if status:
        host = image.partition("/")[0]
        raise InputError(
            f"PUSH: {host} did not take {image}: {_reason(said)}; if it is a matter of rights, log"
            f" in with `gcloud auth configure-docker {host}` or `{tool} login {host}`, and see"
            " that the repository is there"
        )


def _run(command: list[str], show: Callable[[str], None]) -> tuple[int, str]:
    """Runs a command, and returns its status and the last kilobytes of what it printed."""
    said = ""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            show(line.rstrip("\n"))
            said = (said + line)[-10_000:]
    return process.returncode, said


def _reason(said: str) -> str:
    for line in said.splitlines():
        if any(sign in line.lower() for sign in _FULL):
            return f"{line.strip()}; free some space, such as by removing images of old commits"
    return _last_line(said) or "it said nothing"


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2].strip()
