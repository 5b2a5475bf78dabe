"""The tournament: a folder of submissions -> bracket, results and a page for the audience."""

from kfp import dsl

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def tournament(
    examples: dsl.Input[dsl.Dataset],
    results: dsl.Output[dsl.Artifact],
    teams: str,
    teams_fingerprint: str,
    seed: int,
    round_robin: bool,
    call_seconds: float,
    memory_gib: float,
    pause_seconds: float,
) -> None:
    """Lets the teams play on the test images; see `models.battle.hold`.

    `teams_fingerprint` is there for the cache, which cannot see into the folder.
    """
    from components.step import step
    from models.battle.bracket import draw_bracket
    from models.battle.fitness import unfit_teams
    from models.battle.hold import hold
    from models.battle.limits import Limits
    from models.battle.local_teams import local_teams
    from models.battle.results import champion
    from models.battle.round_robin import draw_round_robin
    from models.battle.sandbox import Sandbox
    from models.battle.teams import find_teams
    from preprocessing.examples import Examples
    from preprocessing.progress import report_note

    with step():
        data = Examples(examples.path)
        with local_teams(teams) as folder:
            found = find_teams(folder)
            limits = Limits(call_seconds=call_seconds, memory_gib=memory_gib)
            with Sandbox(data.info.image_bytes, limits) as sandbox:
                for line in sandbox.isolation:
                    report_note(line)
                if round_robin:
                    drawn = draw_round_robin(found, seed)
                else:
                    unfit = unfit_teams(found, sandbox.player, data.info.image_bytes, seed)
                    drawn = draw_bracket(found, seed, unfit)
                hold(drawn, found, sandbox.player, data, results.path, pause_seconds)
    results.metadata["champion"] = champion(drawn)
    results.metadata["matches"] = len(drawn.matches)
