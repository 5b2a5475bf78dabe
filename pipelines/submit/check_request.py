"""Checks what a user asks to be run in the cloud, each part for itself, so that all is told."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.bucket import check_readable
from pipelines.display import Display
from pipelines.registry import challenge_of
from pipelines.settings import Settings
from pipelines.submit.cloud_data import check_in_bucket
from pipelines.submit.findings import Finding, found_by
from pipelines.submit.submission import read_given
from pipelines.tuning.space import search_space
from pipelines.variants import is_tuning
from preprocessing.challenge import find_challenge
from preprocessing.sources.open import count_classes


def check_request(
    pipeline: str,
    data: str,
    model: str,
    loss: str,
    params: Sequence[str],
    settings: Settings,
    runs: Path,
    display: Display,
    teams: str,
) -> tuple[list[Finding], str | None]:
    """Checks data and parameters; the arguments are those of `make_submission`.

    Returns:
        What was found, and the fingerprint of the participant's files: "" for none, None if the
        parameters are wrong.
    """
    classes: list[int | None] = [None]
    given: dict[str, Any] = {}

    def check_data() -> str:
        if not data:
            return "sample data, brought to BUCKET"
        check_in_bucket("DATA", data, settings)
        check_readable(data)
        classes[0] = count_classes(data, find_challenge(challenge_of(pipeline)))
        return data

    def check_teams() -> str:
        check_in_bucket("TEAMS", teams, settings)
        check_readable(teams)
        return teams

    def check_parameters() -> str:
        given.update(
            read_given(pipeline, classes[0], model, loss, params, settings, runs, display, teams)
        )
        return " ".join(params) or "those of the pipeline"

    found = [found_by("data", check_data)]
    if teams:
        found.append(found_by("teams", check_teams))
    found.append(found_by("parameters", check_parameters))
    right = found[-1].status == "ok"
    if right and is_tuning(pipeline):
        found.append(Finding("tries", "ok", ", ".join(search_space(pipeline, given))))
    return found, given.get("files_fingerprint", "") if right else None
