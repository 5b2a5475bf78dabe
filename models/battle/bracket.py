"""Single elimination: who meets whom in the first round, and where the winners go."""

from collections.abc import Collection, Iterable

import numpy as np

from models.battle.teams import Team
from models.battle.tournament import Pairing, Tournament

ROUNDS_OF_THE_FINAL = 3


def draw_bracket(teams: Iterable[Team], seed: int, unfit: Collection[str] = ()) -> Tournament:
    """Draws a tournament in which whoever loses is out.

    If the teams are no power of two, those drawn first have a bye in the first round. The bracket
    is that of seeded tournaments (first against last, second against last but one, and the best
    far from each other), so that byes are spread and no two of them meet before they must.

    Who cannot play comes last in it. So no such team has a bye as long as one that can play has
    none, and two of them meet in the first round only if there are no others left to meet.

    Args:
        teams: two or more, in any order.
        seed: 0 or more.
        unfit: names of those that cannot play, see `models.battle.fitness`.
    """
    names = sorted(team.name for team in teams)
    drawn = [names[index] for index in np.random.default_rng(seed).permutation(len(names))]
    drawn.sort(key=lambda name: name in unfit)  # which keeps the order drawn otherwise
    places = [0]
    while len(places) < len(names):
        last = 2 * len(places) - 1
        places = [place for one in places for place in (one, last - one)]
    slots = [drawn[place] if place < len(drawn) else None for place in places]
    rounds = [
        [
            Pairing([first, second], bye=second is None)
            for first, second in zip(slots[::2], slots[1::2], strict=True)
        ]
    ]
    while len(rounds[-1]) > 1:
        before = rounds[-1]
        rounds.append([Pairing([None, None]) for _ in range(len(before) // 2)])
        for index, pairing in enumerate(before):
            pairing.next = rounds[-1][index // 2], index % 2
            pairing.send_winner_on()  # those who have a bye
    rounds[-1][0].rounds = ROUNDS_OF_THE_FINAL
    return Tournament("single elimination", seed, names, rounds)
