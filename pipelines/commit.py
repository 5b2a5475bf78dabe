"""The git commit of the code that runs."""

import hashlib
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent


def git_commit() -> str:
    """Returns the first 12 digits of the commit, with `+changes` if the checkout differs from it.

    Returns "" where there is no git checkout.
    """
    try:
        commit = git("rev-parse", "--short=12", "HEAD").decode().strip()
        changes = git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f"{commit}+changes" if changes else commit


def changes_hash() -> str:
    """Returns 8 digits that tell one changed checkout from another of the same commit."""
    return hashlib.sha256(git("diff", "--binary", "HEAD")).hexdigest()[:8]


def git(*arguments: str) -> bytes:
    """Returns what git says of the project.

    Raises:
        OSError: git is not installed.
        subprocess.CalledProcessError: it fails.
    """
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}  # a commit may be made meanwhile
    return subprocess.run(
        ["git", "-c", "diff.autoRefreshIndex=false", *arguments],
        capture_output=True,
        check=True,
        cwd=ROOT,
        env=environment,
    ).stdout
