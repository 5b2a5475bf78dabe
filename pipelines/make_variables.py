"""What was given to `make` beside its target, since make itself takes any name for a variable."""

import difflib
import re
from collections.abc import Mapping

from typer.core import TyperGroup

from pipelines.settings import Settings
from pipelines.variants import TUNING
from preprocessing.errors import InputError

_OF_THE_MAKEFILE = {"PIPELINE", "TEAMS", "A", "B", "MODEL", "RUN", "RUNS", "CRON", "ARGS", "PYTHON"}
_OF_TUNE = ("TRIALS", "PARALLEL")
_OF_THE_CLOUD = {"PRESET", "ACCELERATOR", "ACCELERATOR_COUNT", "WORKERS", "SPOT", "MANAGED"}
_OF_THE_CLOUD |= {"TRAIN_CPU", "TRAIN_MEMORY", "TRAIN_DISK_GB"}
_TUNES_AND_TRAINS = re.compile(rf"\bPIPELINE=(\w+)-{TUNING}\b")
_NEAR = 0.75  # PARAM and PARAMS are; DATA and PATH, which make may well be given, are not
_VARIABLE = re.compile(r"(?:^|(?<=[^\\] ))([A-Za-z_]\w*)=")  # within a value a space is `\ `


def check_make_variables(
    environment: Mapping[str, str], commands: TyperGroup, command: str = ""
) -> str:
    """Looks for a variable on the command line of `make` that nothing here reads.

    Args:
        environment: of a command that make may have started.
        commands: whose options name the variables that they are read from.
        command: which of them it is.

    Returns:
        What is to be said of names that are only handed on, or count in the cloud alone; "" if
        there are none.

    Raises:
        InputError: a name is nearly that of a variable that is read, or a pipeline that tunes and
            trains is given trials as `make tune` takes them.
    """
    if environment.get("MAKELEVEL") != "1":  # by hand; or from another project's make, with its own
        return ""
    flags = environment.get("MAKEFLAGS", "").partition(" -- ")[2]
    given = set(_VARIABLE.findall(flags))
    known = _known(commands)
    for name in sorted(given - known):
        if nearest := difflib.get_close_matches(name, known, n=1, cutoff=_NEAR):
            raise InputError(f"{name}: nothing reads it, did you mean {nearest[0]}?")
    for name in _OF_TUNE:
        if name in given and (found := _TUNES_AND_TRAINS.search(flags)):
            raise InputError(
                f"{name}: of `make tune PIPELINE={found[1]}`; with {found[0]} it is a parameter:"
                f' PARAMS="{name.lower()}=..."'
            )
    here = command == "run" or (
        command == "tune" and environment.get("BACKEND", "") in ("", "local")
    )
    if here and (machines := given & _OF_THE_CLOUD):
        names = ", ".join(sorted(machines))
        return f"note: {names}: only of runs in the cloud; this one takes the machine that is here"
    others = ", ".join(sorted(given - known))
    return others and f"note: {others}: only handed on in the environment; see `make help`"


def _known(commands: TyperGroup) -> set[str]:
    options = [option for command in commands.commands.values() for option in command.params]
    read = {str(option.envvar) for option in options if option.envvar}
    return read | _OF_THE_MAKEFILE | {name.upper() for name in Settings.model_fields}
