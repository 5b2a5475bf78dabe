"""Before the draw each team is tried: who cannot play is told, and all others pass."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from models.battle.contract import SandboxEndedError
from models.battle.fitness import unfit_teams
from models.battle.teams import Team
from tests.models.battle.players import PIXELS, Scripted, opens, team, wrong


def test_whoever_breaks_a_rule_is_unfit(capsys: pytest.CaptureFixture[str]) -> None:
    players = {name: Scripted(breaks=name) for name in ("open", "generate", "discriminate")}
    players |= {"good": Scripted(), "bad at it": Scripted(wrong)}
    teams = [*map(team, players), Team("nobody", None)]
    unfit = unfit_teams(teams, opens(**players), PIXELS, 0)
    assert unfit == {"open", "generate", "discriminate", "nobody"}
    lines = capsys.readouterr().out.splitlines()
    assert "team 1/6: open cannot play: WriteFile is forbidden" in lines[0]
    assert "team 4/6: good can play" in lines[3]
    assert "team 6/6: nobody has no SavedModel" in lines[5]


def test_all_are_asked_what_a_match_asks_and_the_same() -> None:
    players = {"a": Scripted(), "b": Scripted()}
    assert unfit_teams([team("a"), team("b")], opens(**players), PIXELS, 2**70) == set()
    (asked,), (same,) = players["a"].judged, players["b"].judged
    assert players["a"].asked == ["generate", "discriminate"]
    assert asked.shape == (30, PIXELS)
    assert asked.dtype == np.float32
    assert 0 <= asked.min() < asked.max() <= 1
    np.testing.assert_array_equal(asked, same)


@pytest.mark.parametrize("ends", [1, 2])
def test_a_sandbox_that_ends_is_no_fault_of_the_team(ends: int) -> None:
    left = [SandboxEndedError("ended")] * ends

    @contextmanager
    def open_player(saved_model: Path) -> Iterator[Scripted]:
        if left:
            raise left.pop()
        yield Scripted()

    if ends == 1:
        assert unfit_teams([team("a")], open_player, PIXELS, 0) == set()
    else:
        with pytest.raises(SandboxEndedError):
            unfit_teams([team("a")], open_player, PIXELS, 0)
