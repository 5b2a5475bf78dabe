"""Why a run failed: the steps that did, what each said, and the end of its log."""

import re

from pipelines.backend import History
from pipelines.history.run_record import RunRecord
from pipelines.wording import place
from preprocessing.errors import InputError

LOG_LINES = 20

_FAILED = ("failed", "killed")
_EXECUTOR_INPUT = re.compile(r'.*"outputFile": "[^"\n]*"\s*}\s*}\n?', re.DOTALL)
"""What KFP prints of a step's input before the step begins."""


def failure_lines(history: History, record: RunRecord) -> list[str]:
    """Returns lines that say why a run failed; none if it did not.

    Args:
        history: where the run is; asked for the logs.
        record: of the run.
    """
    if record.status not in _FAILED:
        return []
    lines = [f"  {record.error}"] if record.error else []
    for step in record.steps:
        if step.status not in _FAILED:
            continue
        lines.append(
            f"  step {step.name} {step.status}" + (f": {step.error}" if step.error else "")
        )
        try:
            text = history.log_tail(record, step.name, LOG_LINES)
        except InputError as error:
            lines.append(f"  its log cannot be read: {error}")
            continue
        tail = _EXECUTOR_INPUT.sub("", text).splitlines()
        told = f", {place(step.log)}" if step.log else ""
        lines.append(f"  the end of its log{told}:" if tail else f"  its log tells nothing{told}")
        lines += [f"    {line}" for line in tail]
    return lines
