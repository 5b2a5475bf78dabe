"""Single elimination over any number of teams: one is left, and byes are fair."""

from collections import Counter
from itertools import pairwise
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.battle.bracket import draw_bracket
from models.battle.bracket_layout import lay_out
from models.battle.tournament import Tournament, battle, play_tournament
from tests.models.battle.players import last_name_wins, team

counts, seeds = st.integers(2, 70), st.integers(0, 2**70)


def drawn(count: int, seed: int) -> Tournament:
    return draw_bracket([team(f"{number:02d}") for number in range(count)], seed)


def played(count: int, seed: int) -> Tournament:
    tournament = drawn(count, seed)
    play_tournament(tournament, [team(name) for name in tournament.teams], last_name_wins)
    return tournament


@given(counts, seeds)
def test_every_team_but_the_champion_loses_once(count: int, seed: int) -> None:
    tournament = played(count, seed)
    assert tournament.is_over
    losers = [match.teams[1 - match.winner] for match in tournament.matches]
    assert sorted(losers) == tournament.teams[:-1]
    assert tournament.rounds[-1][0].winner == tournament.teams[-1]
    assert all(first != second for first, second in (m.teams for m in tournament.matches))


@given(counts, seeds)
def test_byes_are_in_the_first_round_and_no_two_share_a_pairing(count: int, seed: int) -> None:
    first, *others = drawn(count, seed).rounds
    assert not any(pairing.bye for pairings in others for pairing in pairings)
    byes = sum(pairing.bye for pairing in first)
    assert (count + byes) & (count + byes - 1) == 0  # a power of two
    assert byes < count
    names = Counter(name for pairing in first for name in pairing.teams if name)
    assert set(names.values()) == {1}
    assert len(names) == count
    # Spread: the two halves of the bracket have the same number of byes, or one more.
    if len(first) > 1:
        half = len(first) // 2
        upper, lower = (sum(p.bye for p in part) for part in (first[:half], first[half:]))
        assert abs(upper - lower) <= 1


@given(counts, seeds, st.randoms())
def test_the_order_of_the_folders_does_not_matter(count: int, seed: int, random: Random) -> None:
    teams = [team(f"{number:02d}") for number in range(count)]
    shuffled = random.sample(teams, count)
    assert first_round(draw_bracket(shuffled, seed)) == first_round(draw_bracket(teams, seed))


def test_another_seed_draws_another_bracket() -> None:
    assert len({str(first_round(drawn(16, seed))) for seed in range(20)}) == 20


@given(st.integers(0, 40), st.integers(0, 40), seeds)
def test_teams_that_cannot_play_take_no_place_from_others(fit: int, out: int, seed: int) -> None:
    assume(fit + out >= 2)
    teams = [team(f"{number:02d}") for number in range(fit + out)]
    unfit = {team.name for team in teams[:out]}
    tournament = draw_bracket(teams, seed, unfit)
    byes = [pairing.teams[0] for pairing in tournament.rounds[0] if pairing.bye]
    met = [unfit & {*pairing.teams} for pairing in tournament.rounds[0] if not pairing.bye]
    assert sum(name in unfit for name in byes) == max(0, len(byes) - fit)
    # Those left who can play meet as many who cannot as there are, until none is left.
    left = fit - sum(name not in unfit for name in byes)
    assert sum(len(pair) == 2 for pair in met) == max(0, len(met) - left)
    # As whoever can play beats whoever cannot, nobody who cannot comes into the final.
    play_tournament(tournament, teams, last_name_wins)
    assert len(unfit & {*tournament.rounds[-1][0].teams}) == max(0, 2 - fit)
    assert first_round(draw_bracket(teams[::-1], seed, unfit)) == first_round(
        draw_bracket(teams, seed, unfit)
    )


def test_a_seed_keeps_its_bracket() -> None:
    assert first_round(drawn(5, 3)) == [["04", None], ["03", "00"], ["02", None], ["01", None]]


def test_the_final_alone_has_three_rounds() -> None:
    for count in (2, 3, 16):
        rounds = [pairing.rounds for pairing in drawn(count, 0).pairings]
        assert rounds == [1] * (count - 2) + [3]
    assert [pairing.rounds for pairing in battle(team("a"), team("b"), 0).pairings] == [1]


def test_whoever_watches_sees_each_match(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[str] = []
    tournament = drawn(4, 0)
    teams = [team(name) for name in tournament.teams]
    play_tournament(tournament, teams, last_name_wins, lambda title, match: seen.append(title))
    assert seen == ["Semi-final", "Semi-final", "Final"]
    lines = capsys.readouterr().out.splitlines()
    assert [line[:6] for line in lines] == ["[ 33%]", "[ 67%]", "[100%]"]
    assert lines[-1].endswith("3 of 3 matches played")


@given(counts)
def test_boxes_do_not_overlap_and_stand_between_those_before(count: int) -> None:
    boxes, height = lay_out(drawn(count, 0).rounds)
    for column in range(boxes[-1].column + 1):
        here = [box for box in boxes if box.column == column]
        edges = [(box.middle - box.rows / 2, box.middle + box.rows / 2) for box in here]
        assert all(above[1] < below[0] for above, below in pairwise(edges))
        assert edges[0][0] >= 0
        assert edges[-1][1] <= height + 1e-9


def first_round(tournament: Tournament) -> list[list[str | None]]:
    return [pairing.teams for pairing in tournament.rounds[0]]
