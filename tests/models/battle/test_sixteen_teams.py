"""A tournament of sixteen teams, hostile ones among them, through the sandbox as it is."""

import csv
import html
import json
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from models.battle.bracket import draw_bracket
from models.battle.hold import BRACKET_FILE, PAGE_FILE, RESULTS_FILE, hold
from models.battle.limits import Limits
from models.battle.sandbox import Sandbox
from models.battle.teams import find_teams
from preprocessing.examples import Examples
from tests.models.battle.made_teams import ALWAYS_REAL, BROKEN, CHAMPION, PIXELS, save_teams

SEED = 718
"""Of a bracket in which all hostile teams meet an honest one first."""

REPLAYED = (CHAMPION, ALWAYS_REAL, "NaN", "no generator")
LIMITS = Limits(load_seconds=30, call_seconds=3, memory_gib=1)


@dataclass(frozen=True)
class Held:
    """What is there after a tournament.

    Attributes:
        output: its folder of results.
        bracket: of bracket.json.
        matches: those in the bracket, in their order, with their `teams`.
        page: the text of the page.
        replayed: brackets of a smaller tournament that was held twice, without the times.
        changed: files that are not as they were before, but for the results.
        temporary: what is left where temporary files go.
        processes: command lines of what ran while it was open, and of what is left.
    """

    output: Path
    bracket: dict[str, Any]
    matches: list[dict[str, Any]]
    page: str
    replayed: list[dict[str, Any]]
    changed: set[str]
    temporary: list[str]
    processes: tuple[list[str], list[str]]

    def matches_of(self, team: str) -> list[tuple[int, dict[str, Any]]]:
        """Returns a team's matches, each with the team's place in it."""
        return [(m["teams"].index(team), m) for m in self.matches if team in m["teams"]]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory, examples: Examples) -> Held:
    root = tmp_path_factory.mktemp("tournament")
    temporary = root / "temporary"
    temporary.mkdir()
    save_teams(root / "teams", written=root / "written")
    teams = find_teams(root / "teams")
    before = files(root)
    tournament, output = draw_bracket(teams, SEED), root / "output"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(temporary))
        with Sandbox(PIXELS, LIMITS) as sandbox:
            running = processes_in(temporary)
            hold(tournament, teams, sandbox.player, examples, output)
            few = [team for team in teams if team.name in REPLAYED]
            replayed = []
            for name in ("once", "again"):
                hold(draw_bracket(few, 2), few, sandbox.player, examples, output / name)
                replayed.append(without_times(output / name))
    bracket = json.loads((output / BRACKET_FILE).read_text())
    return Held(
        output,
        bracket,
        matches=[
            pairing["match"] | {"teams": pairing["teams"]}
            for pairings in bracket["rounds"]
            for pairing in pairings
        ],
        page=(output / PAGE_FILE).read_text(),
        replayed=replayed,
        changed={name for name, _ in before ^ files(root) if not name.startswith("output")},
        temporary=[path.name for path in temporary.iterdir()],
        processes=(running, processes_in(temporary)),
    )


def without_times(output: Path) -> dict[str, Any]:
    bracket: dict[str, Any] = json.loads((output / BRACKET_FILE).read_text())
    for pairing in (pairing for pairings in bracket["rounds"] for pairing in pairings):
        assert len(pairing["match"].pop("seconds")) == 2
    return bracket


def files(folder: Path) -> set[tuple[str, bytes]]:
    """Returns the paths below a folder, with what is in the files."""
    return {
        (str(path.relative_to(folder)), path.read_bytes() if path.is_file() else b"")
        for path in folder.rglob("*")
    }


def processes_in(folder: Path) -> list[str]:
    """Returns the command lines of processes that name a folder."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has just ended
            found.append(command.read_text())
    return [command for command in found if str(folder) in command]


def test_it_ends_and_the_best_judge_is_the_champion(held: Held) -> None:
    assert len(held.bracket["teams"]) == 16
    assert [len(pairings) for pairings in held.bracket["rounds"]] == [8, 4, 2, 1]
    assert held.bracket["champion"] == CHAMPION
    assert [m["points"][place] for place, m in held.matches_of(CHAMPION)][-1] == 90
    losers = [m["teams"][1 - m["teams"].index(m["winner"])] for m in held.matches]
    assert sorted([*losers, CHAMPION]) == held.bracket["teams"]


@pytest.mark.parametrize("team", list(BROKEN))
def test_the_right_team_loses_for_the_right_reason(held: Held, team: str) -> None:
    rule, told = BROKEN[team]
    for place, match in held.matches_of(team):
        forfeits = match["forfeits"][place]
        assert {broken["rule"] for broken in forfeits} == {rule}
        said = next(broken["told"] for broken in forfeits if told in broken["told"])
        assert f"{team}: {said}" in match["reason"]
        assert said in html.unescape(held.page)
        other = match["teams"][1 - place]
        if other in BROKEN:
            assert match["decided_by"] == "coin"
        else:
            assert (match["winner"], match["decided_by"]) == (other, "forfeit")
            assert match["forfeits"][1 - place] == []


def test_always_real_is_right_on_the_real_images_and_no_others(held: Held) -> None:
    for place, match in held.matches_of(ALWAYS_REAL):
        assert match["forfeits"][place] == []
        assert match["points"][place] == 15 * len(match["rounds"])
        turns = [turn for turns in match["rounds"] for turn in turns]
        judged = [turn for turn in turns if turn["generator"] != ALWAYS_REAL]
        assert all(set(turn["answers"]) == {"1"} for turn in judged)
    assert any(match["decided_by"] == "points" for _, match in held.matches_of(ALWAYS_REAL))


def test_nothing_was_written_outside_of_the_scratch(held: Held) -> None:
    assert held.changed == set()
    root = held.output.parent
    unguarded = tf.saved_model.load(str(root / "teams" / "writes a file"))
    unguarded.signatures["generate"](noise=tf.zeros([1, 100]))
    assert (root / "written").exists()  # as whoever loads it without a sandbox finds out
    results = {path.name for path in held.output.iterdir() if path.is_file()}
    assert results == {BRACKET_FILE, RESULTS_FILE, PAGE_FILE}


def test_no_process_and_no_temporary_file_is_left(held: Held) -> None:
    assert held.temporary == []
    running, left = held.processes
    assert running  # so that a look finds what there is
    assert left == []


def test_the_page_runs_nothing_that_a_name_holds(held: Held) -> None:
    assert "<script" not in held.page
    assert "<img" not in held.page
    for name in held.bracket["teams"]:
        assert name in html.unescape(held.page)
        assert name not in held.page or name == html.escape(name)


def scores(match: dict[str, Any]) -> list[str]:
    return ["", ""] if any(match["forfeits"]) else [str(points) for points in match["points"]]


def test_the_results_agree_with_the_bracket(held: Held) -> None:
    with (held.output / RESULTS_FILE).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [
        (row["TeamA"], row["TeamB"], row["ScoreA"], row["ScoreB"], row["Winner"]) for row in rows
    ] == [(*match["teams"], *scores(match), match["winner"]) for match in held.matches]
    assert [(row["DecidedBy"], row["Reason"]) for row in rows] == [
        (match["decided_by"], match["reason"]) for match in held.matches
    ]


def test_played_again_it_is_the_same_but_for_times(held: Held) -> None:
    once, again = held.replayed
    assert len(once["rounds"][0]) == 2
    assert once == again
