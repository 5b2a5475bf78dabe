"""A match goes by the rules: points, ties, broken rules, and all the same when played again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from models.battle.contract import BrokenRule, Player, SandboxEndedError
from models.battle.match import Match
from models.battle.play import play_match
from models.battle.real_images import RealImages
from models.battle.teams import Team
from tests.models.battle.players import Scripted, always_real, opens, perfect, team, wrong


def play(real: RealImages, a: Scripted, b: Scripted, rounds: int = 1, seed: int = 0) -> Match:
    open_player = opens(a=a, b=b)
    return play_match(team("a"), team("b"), rounds, open_player=open_player, real=real, seed=seed)


def test_points_are_those_worked_out_by_hand(real: RealImages) -> None:
    # a finds all 30 of b's turn; b calls all real, which half of a's turn is.
    match = play(real, Scripted(perfect), Scripted(always_real))
    assert match.points == (30, 15)
    assert (match.winner, match.decided_by) == (0, "points")
    match = play(real, Scripted(wrong), Scripted(always_real))
    assert match.points == (0, 15)
    assert (match.winner, match.decided_by) == (1, "points")


def test_half_is_not_real(real: RealImages) -> None:
    # More than 0.5 is real, so whoever says 0.5 says generated: right on 15 of 30.
    undecided = Scripted(lambda images: np.full(len(images), 0.5, np.float32))
    match = play(real, undecided, Scripted(wrong))
    turn = match.rounds[0][1]
    np.testing.assert_array_equal(turn.right, ~turn.real)


def test_a_turn_is_15_generated_and_15_different_real_images(real: RealImages) -> None:
    match = play(real, Scripted(), Scripted())
    for turn in match.rounds[0]:
        assert len(turn.images) == 30
        assert turn.real.sum() == 15
        assert len(np.unique(turn.images[turn.real], axis=0)) == 15
        assert not turn.real[:15].all()  # mixed
        np.testing.assert_array_equal(np.ptp(turn.images, axis=1) > 0, turn.real)
    first, second = match.rounds[0]
    assert (first.generator, first.judge, second.generator, second.judge) == (0, 1, 1, 0)
    assert not np.array_equal(first.images, second.images)


def test_generated_images_are_bytes_as_real_ones_are(real: RealImages) -> None:
    judge = Scripted()
    play(real, Scripted(), judge)
    levels = judge.judged[0] * 255
    np.testing.assert_allclose(levels, np.round(levels), atol=1e-4)


def test_points_of_all_rounds_count(real: RealImages) -> None:
    match = play(real, Scripted(perfect), Scripted(always_real), rounds=3)
    assert match.points_by_round == [(30, 15)] * 3
    assert match.points == (90, 45)


def test_a_tie_goes_to_the_faster(real: RealImages) -> None:
    match = play(real, Scripted(seconds=0.2), Scripted(seconds=0.1))
    assert match.points == (30, 30)
    assert match.seconds == pytest.approx((0.4, 0.2))  # generator and discriminator
    assert (match.winner, match.decided_by) == (1, "time")
    # Time decides nothing else.
    assert play(real, Scripted(seconds=9), Scripted(wrong)).winner == 0


def test_a_tie_in_time_goes_to_a_coin_of_the_seed(real: RealImages) -> None:
    matches = [play(real, Scripted(), Scripted(), seed=seed) for seed in range(20)]
    assert {match.decided_by for match in matches} == {"coin"}
    winners = [match.winner for match in matches]
    assert set(winners) == {0, 1}
    assert winners == [play(real, Scripted(), Scripted(), seed=seed).winner for seed in range(20)]


@pytest.mark.parametrize("breaks", ["open", "generate", "discriminate"])
def test_whoever_breaks_a_rule_loses(real: RealImages, breaks: str) -> None:
    for place in (0, 1):
        players = [Scripted(always_real), Scripted(always_real)]
        players[place] = Scripted(perfect, breaks=breaks)
        match = play(real, players[0], players[1])
        assert (match.winner, match.decided_by) == (1 - place, "forfeit")
        assert len(match.forfeits[place]) == 1
        assert match.forfeits[1 - place] == []


def test_a_team_without_a_model_loses(real: RealImages) -> None:
    nobody = Team("a", None)
    match = play_match(nobody, team("b"), 1, open_player=opens(b=Scripted()), real=real, seed=0)
    assert match.winner == 1
    assert match.forfeits[0] == [BrokenRule("files", "no SavedModel here")]


@pytest.mark.parametrize("breaks", ["generate", "discriminate"])
@pytest.mark.parametrize("first", ["open", "generate", "discriminate"])
def test_if_both_break_a_rule_a_coin_decides(real: RealImages, first: str, breaks: str) -> None:
    # Though the first is out, the second is asked for all, so that what it breaks shows.
    match = play(real, Scripted(breaks=first), Scripted(breaks=breaks))
    assert match.decided_by == "coin"
    assert match.forfeits[0]
    assert match.forfeits[1] == [BrokenRule("nan", f"{breaks} answers nan")]
    other = [play(real, Scripted(breaks=first), Scripted(breaks=breaks), 1, s) for s in range(20)]
    assert {match.winner for match in other} == {0, 1}


def test_whoever_is_out_is_not_asked_again(real: RealImages) -> None:
    out, other = Scripted(breaks="generate"), Scripted()
    match = play(real, out, other, rounds=3)
    assert out.asked == ["generate"]
    assert other.asked == ["discriminate", "generate"]
    assert match.rounds[0][0].real.all()  # only real images were left to judge
    assert match.rounds[0][1].answers is None


def test_a_match_does_not_depend_on_others(real: RealImages) -> None:
    def images(seed: int, a: str = "a", rounds: int = 1) -> list[bytes]:
        match = play_match(
            team(a),
            team("b"),
            rounds,
            open_player=opens(**{a: Scripted(), "b": Scripted()}),
            real=real,
            seed=seed,
        )
        return [turn.images.tobytes() for pair in match.rounds for turn in pair]

    once = images(7)
    images(8)
    assert images(7) == once
    assert images(7, rounds=3)[:2] == once
    assert len(set(images(7, rounds=3))) == 6
    assert images(8)[0] != once[0]
    assert images(7, a="c")[0] != once[0]
    assert images(2**80) != once


def test_other_models_of_the_same_names_meet_other_images(real: RealImages, tmp_path: Path) -> None:
    a, b = (Team(name, tmp_path / name) for name in ("a", "b"))

    def images() -> bytes:
        players = opens(a=Scripted(), b=Scripted())
        match = play_match(a, b, 1, open_player=players, real=real, seed=7)
        return match.rounds[0][0].images.tobytes()

    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "saved_model.pb").write_text("a model")
    once = images()
    assert images() == once
    (tmp_path / "b" / "saved_model.pb").write_text("b model")
    assert images() != once
    (tmp_path / "b" / "saved_model.pb").write_text("a model")
    assert images() == once


def test_a_match_is_played_again_if_what_runs_the_players_ended(real: RealImages) -> None:
    ended: list[str] = []

    @contextmanager
    def open_player(saved_model: Path) -> Iterator[Player]:
        if len(ended) < fails:
            ended.append(saved_model.name)
            raise SandboxEndedError("the sandbox ended")
        yield Scripted()

    fails = 1
    match = play_match(team("a"), team("b"), 1, open_player=open_player, real=real, seed=0)
    assert match.forfeits == ([], [])
    fails = 3
    with pytest.raises(SandboxEndedError, match="ended"):
        play_match(team("a"), team("b"), 1, open_player=open_player, real=real, seed=0)
