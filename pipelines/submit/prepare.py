"""What comes before a run or a schedule is asked for: checks, estimate, submission."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from pipelines.backend import Backend, Submission, find_backend
from pipelines.display import Display
from pipelines.history.defaults import parameter_defaults
from pipelines.local.history import LocalHistory
from pipelines.settings import Settings
from pipelines.submit.check_request import check_request
from pipelines.submit.findings import show
from pipelines.submit.likeness import differences
from pipelines.submit.newest_success import newest_success
from pipelines.submit.preflight import preflight
from pipelines.submit.submission import make_submission
from pipelines.vertex.estimate import estimate, machines_of
from pipelines.vertex.show_estimate import show_estimate
from preprocessing.errors import InputError


def prepare(
    pipeline: str,
    data: str,
    model: str,
    loss: str,
    params: Sequence[str],
    settings: Settings,
    runs: Path,
    console: Console,
    teams: str = "",
    beam: Sequence[str] = (),
    caching: bool = True,
    fail_fast: bool = True,
) -> tuple[Submission, Backend]:
    """Checks what a user asks for and shows what was found, and on Vertex AI what a run may cost.

    Args are those of `make_submission`; `console` is what is printed to.

    Returns:
        What to submit, and the backend of the settings.

    Raises:
        InputError: a check failed; all of them have been shown.
    """
    display = Display(console)
    asked = (pipeline, data, model, loss, params, settings, runs, display, teams)
    findings, fingerprint = check_request(*asked)
    findings += preflight(settings, fingerprint)
    show(findings, console)
    if wrong := sum(finding.status == "wrong" for finding in findings):
        raise InputError(f"{wrong} of {len(findings)} checks failed; nothing was sent")
    submission = make_submission(*asked, caching=caching, beam=beam, fail_fast=fail_fast)
    backend = find_backend(settings.backend, settings)
    if settings.backend == "vertex":
        like = newest_success(pipeline, [backend, LocalHistory(runs, display.note)])
        otherwise = differences(like, submission.arguments) if like else ""
        given = {**parameter_defaults(pipeline), **submission.arguments}
        trials = given.get("trials", 1), given.get("parallel", 1)
        made = estimate(machines_of(submission.template), like, *trials)
        show_estimate(made, otherwise, display.note)
    return submission, backend
