"""In what the run whose times are taken differs from the one that is to be sent."""

from collections.abc import Mapping
from typing import Any

from pipelines.history.defaults import all_parameters, parameter_defaults
from pipelines.history.run_page import shown
from pipelines.history.run_record import RunRecord
from pipelines.local.history import LocalHistory

_NO_WORK = (
    *("source", "source_fingerprint", "files_fingerprint"),
    *("checkpoint_dir", "study_dir", "registry"),
)
"""Parameters that say where things are, not how much there is to do."""


def differences(like: RunRecord, arguments: Mapping[str, Any]) -> str:
    """Returns what the run had otherwise, such as `other data; epochs=1`; "" for nothing.

    Args:
        like: a run of the same pipeline.
        arguments: of the run to come; the others have their defaults.
    """
    had, wanted = all_parameters(like), {**parameter_defaults(like.pipeline), **arguments}
    others = [
        f"{name}={shown(had[name])}"
        for name, value in wanted.items()
        if name in had and name not in _NO_WORK and had[name] != value
    ]
    if like.backend == LocalHistory.name:
        place = "on this machine"  # where the same data has another fingerprint
    else:
        same = had.get("source_fingerprint") == wanted.get("source_fingerprint")
        place = "" if same else "other data"
    return "; ".join(text for text in (place, " ".join(others)) if text)
