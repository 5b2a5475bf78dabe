"""What a tuning tries next."""

import optuna
from optuna.trial import TrialState

from models.search_space import Choice
from models.tuning.search import distributions, propose


def test_a_small_space_is_tried_whole_before_anything_comes_again() -> None:
    space = {
        "batch_size": Choice(type="choice", values=[16, 32, 64], default=32),
        "augment": Choice(type="choice", values=[True, False], default=True),
    }
    trials: list[optuna.trial.FrozenTrial] = []
    for number in range(7):
        values = dict(propose(trials, space, seed=number % 2))
        trials.append(
            optuna.create_trial(
                state=TrialState.COMPLETE,
                value=number / 10,
                params=values,
                distributions=distributions(space),
            )
        )
    tried = [tuple(trial.params.items()) for trial in trials]
    assert tried[0] == (("batch_size", 32), ("augment", True))
    assert len(set(tried[:6])) == 6
    assert tried[6] in tried[:6]
