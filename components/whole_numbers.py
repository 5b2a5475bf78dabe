"""Whole numbers in lists and objects that a step is given."""

from typing import Any


def whole_numbers(value: Any) -> Any:
    """Returns a value whose floats without a fraction are whole numbers, however deep.

    Vertex AI keeps lists and objects as JSON, which knows no whole numbers: 128 comes as 128.0.
    """
    if isinstance(value, dict):
        return {name: whole_numbers(one) for name, one in value.items()}
    if isinstance(value, list):
        return [whole_numbers(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
