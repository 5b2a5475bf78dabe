"""The git commit of the code that runs."""

import subprocess
from pathlib import Path

_ROOT = Path(__file__).parent.parent


def git_commit() -> str:
    """Returns the first 12 digits of the commit, with `+changes` if the checkout differs from it.

    Returns "" where there is no git checkout.
    """
    commit = _git("rev-parse", "--short=12", "HEAD")
    changes = _git("status", "--porcelain", "--untracked-files=no")
    return f"{commit}+changes" if commit and changes else commit


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, text=True, check=True, cwd=_ROOT
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
