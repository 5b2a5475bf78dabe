"""Who won a tournament, of a run on this machine."""

import json
from pathlib import Path

from pipelines.history.run_record import RunRecord

_BRACKET_FILE = "bracket.json"


def winner(record: RunRecord) -> str:
    """Returns the team that won; "" for other runs, and where the results are not at hand."""
    results = record.artifacts.get("results", "")
    if not results or "://" in results:
        return ""
    try:
        return str(json.loads(Path(results, _BRACKET_FILE).read_text())["champion"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""  # interrupted, or its folder was cleared
