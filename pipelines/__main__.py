"""The command line: `python -m pipelines COMMAND`; every make target is one line that calls it."""

import errno
import os
import sys

import typer

from pipelines.commands.check import check
from pipelines.commands.compile import compile
from pipelines.commands.evaluate import evaluate
from pipelines.commands.history import cancel, compare, runs
from pipelines.commands.image import image
from pipelines.commands.promotion import models, promote, rollback
from pipelines.commands.run import run
from pipelines.commands.schedule import (
    delete_schedule,
    pause_schedule,
    resume_schedule,
    schedule,
    schedules,
)
from pipelines.commands.submissions import battle, check_submission
from pipelines.commands.submit import submit
from pipelines.commands.tune import dashboard, tune
from pipelines.make_variables import check_make_variables
from preprocessing.errors import InputError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}  # told without a file's name when it is written

app = typer.Typer(
    help="Image challenges as pipelines.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    *(run, tune, dashboard, evaluate, check_submission, battle),
    *(compile, image, check, submit),
    *(schedule, schedules, pause_schedule, resume_schedule, delete_schedule),
    *(runs, compare, cancel),
    *(promote, rollback, models),
):
    app.command()(command)


def main() -> None:
    """Runs the command line; an error that the user can mend is one line and status 1."""
    try:
        group, called = typer.main.get_group(app), "".join(sys.argv[1:2])
        if note := check_make_variables(os.environ, group, called):
            print(note, file=sys.stderr)
        app()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        if error.filename is None and error.errno not in _FULL:
            raise
        place = f"{error.filename}: " if error.filename else ""
        cure = "free some space, or name a place that you may write to"
        print(f"error: {place}{error.strerror}; {cure}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
