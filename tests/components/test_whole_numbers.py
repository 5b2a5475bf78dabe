"""Whole numbers in lists and objects, which come as floats."""

from components.whole_numbers import whole_numbers
from models.training_options import TrainingOptions


def test_what_a_tuning_found_trains_though_json_knows_no_whole_numbers() -> None:
    told = {"batch_size": 256.0, "learning_rate": 0.5, "model_arguments": {"units": 384.0}}
    options = TrainingOptions().tuned(whole_numbers(told))
    assert (repr(options.batch_size), options.learning_rate) == ("256", 0.5)
    assert repr(options.model_arguments) == "{'units': 384}"


def test_all_else_is_left_as_it_is() -> None:
    value = [True, "1.0", 0.5, None, {"a": [1.0, 2]}]
    assert repr(whole_numbers(value)) == "[True, '1.0', 0.5, None, {'a': [1, 2]}]"
