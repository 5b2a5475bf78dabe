"""The commands on single GAN submissions: the check of one, and a battle of two."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from models.battle.hold import PAGE_FILE, hold
from models.battle.limits import Limits
from models.battle.results import reason
from models.battle.sandbox import Sandbox
from models.battle.submission import check_submission
from models.battle.teams import find_pair, find_saved_model
from models.battle.tournament import battle
from pipelines.check_parameters import check_parameters
from pipelines.local.real_examples import real_examples
from pipelines.local.redirect import printed_to
from pipelines.parameters import TAKEN, parse_parameters
from pipelines.registry import describe

_OF_A_TOURNAMENT = dict.fromkeys(("round_robin", "pause_seconds"), "make tournament")


def check_one(model: Path, data: str, texts: Sequence[str], runs: Path, console: Console) -> bool:
    """Checks a submission; writes what it made and said into a folder of `runs`.

    Args:
        model: a SavedModel, or a folder that has one.
        data: real images, see `real_examples`.
        texts: PARAMS, of the tournament's parameters.
        runs: folder of the runs.
        console: is told what was found, each rule that is broken among it.

    Returns:
        Whether the submission is valid.

    Raises:
        InputError: a path or a parameter cannot be.
    """
    saved_model = find_saved_model(model)
    given, defaults = _parameters(texts)
    arguments = {**defaults, **given}
    limits = _limits(arguments)
    examples = real_examples(model, data, given, defaults, runs, console)
    folder = _folder(runs, "check-submission")
    with console.status("loading"), Sandbox(examples.info.image_bytes, limits) as sandbox:
        check = check_submission(saved_model, sandbox.player, examples, folder, arguments["seed"])
        told = sandbox.isolation
    _print(console, *(("note", line) for line in told))
    _print(
        console,
        ("images", f"{folder}/images"),
        ("valid", "yes" if check.valid else "no"),
        *(("breaks", f"{one.rule}: {one.told}") for one in check.broken),
        *(
            (name.replace("_", " "), f"{value:.4f}")
            for name, value in vars(check).items()
            if isinstance(value, float)
        ),
    )
    return check.valid


def hold_battle(
    first: Path, second: Path, data: str, texts: Sequence[str], runs: Path, console: Console
) -> None:
    """Lets two submissions play one match; writes its page and results into a folder of `runs`.

    Args:
        first: a SavedModel, or a folder that has one.
        second: its opponent, likewise.
        data: real images, see `real_examples`.
        texts: PARAMS, of the tournament's parameters.
        runs: folder of the runs.
        console: is told how it went.

    Raises:
        InputError: a path or a parameter cannot be.
    """
    teams = find_pair(first, second)
    given, defaults = _parameters(texts)
    arguments = {**defaults, **given}
    limits = _limits(arguments)
    examples = real_examples(first, data, given, defaults, runs, console)
    folder = _folder(runs, "battle")
    match = battle(*teams, arguments["seed"])
    with (
        console.status("the teams play"),
        printed_to(folder / "battle.log"),
        Sandbox(examples.info.image_bytes, limits) as sandbox,
    ):
        hold(match, teams, sandbox.player, examples, folder)
        told = sandbox.isolation
    (played,) = match.matches
    _print(console, *(("note", line) for line in told))
    _print(
        console,
        *(
            (name, f"{points} points, {seconds:.3f} s")
            for name, points, seconds in zip(
                played.teams, played.points, played.seconds, strict=True
            )
        ),
        ("winner", f"{played.teams[played.winner]}, by {played.decided_by}"),
        *((("reason", reason(played)),) if reason(played) else ()),
        ("page", f"{folder / PAGE_FILE}"),
    )


def _parameters(texts: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns the tournament's parameters: those that were given, and all with their defaults."""
    pipeline = describe("tournament")
    given = parse_parameters(pipeline, texts, taken=TAKEN | _OF_A_TOURNAMENT)
    defaults = {n: spec.default for n, spec in (pipeline.component_spec.inputs or {}).items()}
    check_parameters({**defaults, **given}, None)
    return given, defaults


def _limits(arguments: dict[str, Any]) -> Limits:
    return Limits(call_seconds=arguments["call_seconds"], memory_gib=arguments["memory_gib"])


def _folder(runs: Path, name: str) -> Path:
    """Returns a new folder of `runs`, named as those of runs are."""
    return runs / f"{name}-{datetime.now():%Y-%m-%d-%H-%M-%S-%f}"


def _print(console: Console, *lines: tuple[str, str]) -> None:
    for name, text in lines:
        console.print(f"  {name:<20} {text}", markup=False, highlight=False, soft_wrap=True)
