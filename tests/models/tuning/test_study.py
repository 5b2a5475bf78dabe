"""The trials of a study survive whatever ends a tuning, and are told apart from hopeless ones."""

from pathlib import Path
from typing import Any

import pytest

from models.search_space import read_search_space
from models.tuning.study import STUDIES_FILE, Study
from preprocessing.errors import InputError

SPACE = read_search_space("models.quickdraw", "Cnn")
DEFAULTS = {name: parameter.default for name, parameter in SPACE.items()}


def open_study(folder: Path, name: str = "quickdraw-Cnn-1", epochs: int = 6) -> Study:
    return Study(folder, name, SPACE, epochs, 0, {"challenge": "quickdraw"})


def run_trial(study: Study, hit: float) -> dict[str, Any]:
    number, values = study.begin()
    study.report(number, {2: hit})
    study.end(number, hit, 2, 1.5)
    return values


def test_the_first_trial_has_the_defaults_and_the_others_lie_in_the_space(tmp_path: Path) -> None:
    study = open_study(tmp_path)
    tried = [run_trial(study, 0.1 * number) for number in range(7)]
    assert tried[0] == DEFAULTS
    assert len({repr(values) for values in tried}) == 7
    for values in tried:
        assert list(values) == list(SPACE)
        assert 0.001 <= values["learning_rate"] <= 0.01
        assert values["batch_size"] in (64, 128, 256)
        assert type(values["Cnn.units"]) is int
    assert [trial.values for trial in study.ended()] == tried


def test_an_interrupted_study_goes_on_with_the_same_trials(tmp_path: Path) -> None:
    undisturbed = open_study(tmp_path, "undisturbed")
    expected = [run_trial(undisturbed, 0.1) for _ in range(6)]
    found = []
    for _ in range(6):
        study = open_study(tmp_path, "interrupted")
        number, values = study.begin()
        study = open_study(tmp_path, "interrupted")
        assert study.under_way() == {number: values}
        study.end(number, 0.1, 2, 1.5)
        found.append(values)
    assert found == expected
    assert open_study(tmp_path, "interrupted").under_way() == {}


def test_a_trial_worse_than_half_of_those_before_it_is_hopeless(tmp_path: Path) -> None:
    study = open_study(tmp_path)
    for number in range(3):
        run_trial(study, 0.5 + 0.1 * number)
    hopeless, _ = study.begin()
    assert not study.report(hopeless, {2: 0.1})  # too few to compare with
    study.end(hopeless, 0.1, 2, 1.5)
    number, _ = study.begin()
    assert not study.report(number, {1: 0.1})  # too early
    assert study.report(number, {1: 0.1, 2: 0.2})
    record = study.end(number, None, 2, 0.5)
    assert (record.state, record.hit_at_1, record.epochs) == ("pruned", 0.2, 2)
    better, _ = study.begin()
    assert not study.report(better, {1: 0.1, 2: 0.9})


def test_a_failed_trial_keeps_its_reason(tmp_path: Path) -> None:
    study = open_study(tmp_path)
    number, _ = study.begin()
    study.end(number, None, 0, 0.0, "no number")
    (record,) = open_study(tmp_path).ended()
    assert (record.state, record.hit_at_1, record.error) == ("failed", None, "no number")


@pytest.mark.usefixtures("bounded_files")
def test_a_full_disk_is_told_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"{STUDIES_FILE}: the study cannot be .* make room"):
        open_study(tmp_path)
