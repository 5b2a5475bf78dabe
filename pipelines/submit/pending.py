"""Remembers the name of a run from before it is asked for until the answer is here.

So whoever submits again after an answer that was lost, or a process that was killed, asks for the
same run, and no second one is started.
"""

import hashlib
import json
import re
import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines.backend import Submission
from pipelines.settings import Settings

FOLDER = Path("build") / "pending"

_NAME = re.compile("[a-z][-a-z0-9]{0,62}")

DAY = 86_400.0
"""Seconds for which the name of a run is asked for again; who comes later wants another run."""


@dataclass(frozen=True)
class Pending:
    """A run that is asked for.

    Attributes:
        run: its name.
        path: the file that remembers it.
        since: when it was asked for first, in seconds since 1970.
        again: whether it was asked for before, without an answer.
    """

    run: str
    path: Path
    since: float
    again: bool

    @property
    def is_old(self) -> bool:
        """Whether it was asked for so long ago that it is hardly what is wanted now."""
        return time.time() - self.since > DAY

    def answered(self) -> None:
        """Forgets it: the backend said that the run is there."""
        self.path.unlink(missing_ok=True)


def pend(submission: Submission, settings: Settings) -> Pending:
    """Returns the run to ask for: that of an equal submission without an answer, or a new one.

    A file that is no memory of a run, but of something else or nothing, is written anew.
    """
    path = FOLDER / f"{_content(submission, settings)}.json"
    try:
        values = json.loads(path.read_text())
        run, since = values["run"], float(values["since"])
        if not _NAME.fullmatch(run):
            raise ValueError
        return Pending(run, path, since, again=True)
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return _remember(Pending(run_name(submission.pipeline), path, time.time(), again=False))


def run_name(pipeline: str) -> str:
    """Returns a new name for a run: `quickdraw-20261121-140501-3f9a`."""
    moment = datetime.now().strftime("%Y%m%d-%H%M%S")
    return f"{pipeline.replace('_', '-')}-{moment}-{secrets.token_hex(2)}"


def _remember(pending: Pending) -> Pending:
    FOLDER.mkdir(parents=True, exist_ok=True)
    whole = pending.path.with_suffix(f".{secrets.token_hex(4)}")
    whole.write_text(json.dumps({"run": pending.run, "since": pending.since}) + "\n")
    whole.replace(pending.path)
    return pending


def _content(submission: Submission, settings: Settings) -> str:
    """Returns a hash of what is asked for, and of whom."""
    where = (
        *(settings.backend, settings.project, settings.region, settings.bucket),
        *(settings.service_account, settings.network),
        *(settings.kubeflow_host, settings.kubeflow_namespace),
    )
    how = (
        *(submission.pipeline, dict(submission.arguments), dict(submission.labels)),
        *(submission.caching, submission.fail_fast, submission.experiment),
    )
    text = json.dumps([where, how, submission.template.read_text()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
