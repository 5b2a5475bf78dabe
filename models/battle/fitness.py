"""Tries each team before the draw, so that one that cannot play takes no place from one that can.

A team that is found unfit stays in the tournament: it loses its match, and the audience sees why.
"""

from collections.abc import Sequence

import numpy as np

from models.battle.contract import ForfeitError, SandboxEndedError, as_floats, draw_noise
from models.battle.play import OpenPlayer
from models.battle.teams import Team
from preprocessing.gan import BATTLE_IMAGES
from preprocessing.progress import report_progress


def unfit_teams(teams: Sequence[Team], open_player: OpenPlayer, pixels: int, seed: int) -> set[str]:
    """Returns the names of the teams that break a rule when they are asked what a match asks.

    Each is opened and generates and discriminates once, alone; the images are noise. Who passes
    may still break a rule in a match.

    Args:
        teams: all of them.
        open_player: see `OpenPlayer`.
        pixels: height * width of the images.
        seed: of what is asked, which is the same for all; 0 or more.

    Raises:
        SandboxEndedError: it ended twice with the same team.
    """
    unfit = set()
    for number, team in enumerate(teams, 1):
        try:
            told = _try(team, open_player, pixels, seed)
        except SandboxEndedError:
            told = _try(team, open_player, pixels, seed)
        if told:
            unfit.add(team.name)
        # 0 %: the matches, which come after it, are what takes long.
        report_progress(0, f"team {number}/{len(teams)}: {team.name:.40} {told or 'can play'}")
    return unfit


def _try(team: Team, open_player: OpenPlayer, pixels: int, seed: int) -> str:
    """Returns what a team breaks; "" if it can play."""
    if team.saved_model is None:
        return "has no SavedModel"
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (2 * BATTLE_IMAGES, pixels), np.uint8)
    try:
        with open_player(team.saved_model) as player:
            player.generate(draw_noise(rng, BATTLE_IMAGES))
            player.discriminate(as_floats(images))
    except ForfeitError as error:
        return f"cannot play: {error}"
    return ""
