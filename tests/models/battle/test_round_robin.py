"""Round robin: each pair meets once, and the table and the rating say who is better."""

import random
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.battle.contract import BrokenRule
from models.battle.match import Match, Turn
from models.battle.rating import AVERAGE, rate
from models.battle.round_robin import draw_round_robin, standings
from models.battle.teams import Team
from models.battle.tournament import Tournament, play_tournament
from tests.models.battle.players import last_name_wins, team


@given(st.integers(2, 30), st.integers(0, 2**70))
def test_each_pair_meets_once(count: int, seed: int) -> None:
    names = [f"{number:02d}" for number in range(count)]
    tournament = draw_round_robin([team(name) for name in names], seed)
    pairs = [frozenset(pairing.teams) for pairing in tournament.pairings]
    assert all(len(pair) == 2 for pair in pairs)
    assert len(pairs) == len(set(pairs)) == count * (count - 1) // 2
    for pairings in tournament.rounds:
        playing = [name for pairing in pairings for name in pairing.teams]
        assert len(playing) == len(set(playing))


def turn(generator: int, points: int) -> Turn:
    real = np.repeat([True, False], 15)
    answers = np.where(np.arange(30) < points, real, ~real).astype(np.float32)
    return Turn(generator, np.zeros((30, 4), np.uint8), real, answers)


def played(points: dict[tuple[str, str], tuple[int, int]]) -> Tournament:
    def play(first: Team, second: Team, rounds: int) -> Match:
        pair = first.name, second.name
        first_points, second_points = points[pair] if pair in points else points[pair[::-1]][::-1]
        turns = turn(0, second_points), turn(1, first_points)
        return Match(pair, [turns], (0.1, 0.2), ([], []), 0)

    teams = [team(name) for name in sorted({name for pair in points for name in pair})]
    tournament = draw_round_robin(teams, 0)
    play_tournament(tournament, teams, play)
    return tournament


def test_the_table_is_that_worked_out_by_hand() -> None:
    table = standings(played({("a", "b"): (20, 10), ("b", "c"): (30, 0), ("a", "c"): (10, 11)}))
    found = [(r.team, r.played, r.won, r.lost, r.points_for, r.points_against) for r in table]
    # All won once; the difference of points decides.
    assert found == [
        ("b", 2, 1, 1, 40, 20),
        ("a", 2, 1, 1, 30, 21),
        ("c", 2, 1, 1, 11, 40),
    ]
    assert [row.rating for row in table] == pytest.approx([AVERAGE] * 3)


def test_points_of_a_match_with_a_broken_rule_do_not_count() -> None:
    def play(first: Team, second: Team, rounds: int) -> Match:
        broken: tuple[list[BrokenRule], list[BrokenRule]] = ([BrokenRule("nan", "is nan")], [])
        return Match((first.name, second.name), [(turn(0, 9), turn(1, 0))], (0.1, 0.2), broken, 0)

    teams = [team("a"), team("b")]
    tournament = draw_round_robin(teams, 0)
    play_tournament(tournament, teams, play)
    assert [(r.won, r.lost, r.points_for, r.points_against) for r in standings(tournament)] == [
        (1, 0, 0, 0),
        (0, 1, 0, 0),
    ]


def test_whoever_broke_a_rule_stands_below_all_who_did_not() -> None:
    def play(first: Team, second: Team, rounds: int) -> Match:
        # d and c win all else, but break a rule where they meet; of a and b, b is better.
        pair = first.name, second.name
        match = last_name_wins(first, second, rounds)
        told = [BrokenRule("nan", "is nan")]
        return replace(match, forfeits=(told, told)) if set(pair) == {"c", "d"} else match

    teams = [team(name) for name in "abcd"]
    tournament = draw_round_robin(teams, 0)
    play_tournament(tournament, teams, play)
    assert [(row.team, row.won, row.forfeits) for row in standings(tournament)] == [
        ("b", 1, 0),
        ("a", 0, 0),
        ("d", 3, 1),
        ("c", 2, 1),
    ]


def test_the_better_team_is_rated_above() -> None:
    teams = [team(name) for name in "abcdefg"]
    tournament = draw_round_robin(teams, 0)
    play_tournament(tournament, teams, last_name_wins)
    table = standings(tournament)
    assert [row.team for row in table] == list("gfedcba")
    ratings = [row.rating for row in table]
    assert all(better > worse + 50 for better, worse in pairwise(ratings))


def test_ratings_of_two_are_those_worked_out_by_hand() -> None:
    # By symmetry their strengths are g and 1/g. A win, and half a win and half a loss against 1 for
    # both, have the likelihood g^2 / (1 + g^2) * g / (1 + g)^2, greatest where g^3 = g^2 + g + 3.
    (strength,) = (root.real for root in np.roots([1, -1, -1, -3]) if abs(root.imag) < 1e-9)
    above = 400 * np.log10(strength)
    assert rate([("a", "b")]) == pytest.approx(
        {"a": AVERAGE + above, "b": AVERAGE - above}, abs=0.01
    )


def test_the_order_of_results_does_not_matter() -> None:
    results = [(f"{w}", f"{loser}") for w in range(9) for loser in range(9) if (w * loser) % 5 == 1]
    shuffled = random.Random(0).sample(results, len(results))
    assert rate(shuffled) == rate(results)


def test_a_team_that_has_not_played_is_average() -> None:
    tournament = draw_round_robin([team("a"), team("b")], 0)
    assert [row.rating for row in standings(tournament)] == [AVERAGE, AVERAGE]
    assert rate([]) == {}
