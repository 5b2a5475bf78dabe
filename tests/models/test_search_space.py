"""A search space as it is declared, and as Optuna gets it."""

import pprint
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from models.search_space import as_arguments, read_search_space
from models.tuning.search import distributions, propose
from preprocessing.errors import InputError

QUICKDRAW = "models.quickdraw"


def declare(folder: Path, text: str) -> str:
    path = folder / "mine.py"
    path.write_text(f"import nothing_there\n{text}\nclass MyNet: ...\n")
    return f"{path}:MyNet"


@st.composite
def ranges(draw: st.DrawFn) -> dict[str, Any]:
    """A range of an argument of a network, as a file declares it."""
    kind, scale = draw(st.sampled_from(["float", "integer"])), draw(st.sampled_from(["", "log"]))
    least = 1 if scale else -1000
    number = (
        st.integers(least, 1000)
        if kind == "integer"
        else st.floats(1e-9 if scale else -1e6, 1e6, allow_nan=False)
    )
    low, default, high = sorted(draw(st.lists(number, min_size=3, max_size=3, unique=True)))
    declared = {"type": kind, "low": low, "high": high, "default": default}
    return declared | ({"scale": scale} if scale else {})


choices = st.sampled_from(
    [st.booleans(), st.integers(-9, 9), st.floats(-9, 9), st.text(max_size=3)]
).flatmap(
    lambda values: st.lists(values, min_size=2, max_size=4, unique_by=repr).flatmap(
        lambda found: st.sampled_from(found).map(
            lambda default: {"type": "choice", "values": found, "default": default}
        )
    )
)


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), ranges() | choices, min_size=1))
def test_optuna_gets_what_is_declared(
    tmp_path_factory: pytest.TempPathFactory, declared: dict[str, dict[str, Any]]
) -> None:
    named = {f"MyNet.{name}": parameter for name, parameter in declared.items()}
    text = f"SEARCH_SPACE = {pprint.pformat(named)}"
    space = read_search_space(QUICKDRAW, declare(tmp_path_factory.mktemp("own"), text))
    found = distributions(space)
    assert list(found) == list(space)
    first = propose([], space, seed=0)
    for name, parameter in named.items():
        distribution = found[name]
        assert repr(first[name]) == repr(parameter["default"])
        if parameter["type"] == "choice":
            assert isinstance(distribution, CategoricalDistribution)
            assert [repr(v) for v in distribution.choices] == [repr(v) for v in parameter["values"]]
        else:
            kind = {"float": FloatDistribution, "integer": IntDistribution}[parameter["type"]]
            assert isinstance(distribution, FloatDistribution | IntDistribution)
            assert type(distribution) is kind
            assert (distribution.low, distribution.high) == (parameter["low"], parameter["high"])
            assert distribution.log == (parameter.get("scale") == "log")


def test_only_what_the_network_has_and_is_not_fixed_is_tried() -> None:
    space = read_search_space(QUICKDRAW, "Cnn", fixed=["batch_size", "dropout"])
    assert list(space) == ["learning_rate", "learning_rate_decay", "Cnn.units"]
    assert "Renaissance.units" in read_search_space(QUICKDRAW, "Renaissance")


def test_an_own_network_without_a_space_is_tried_with_the_challenges(tmp_path: Path) -> None:
    space = read_search_space(QUICKDRAW, declare(tmp_path, ""))
    assert list(space) == ["learning_rate", "learning_rate_decay", "batch_size"]


def test_values_are_parameters_of_the_training() -> None:
    assert as_arguments({"batch_size": 64, "Cnn.units": 128, "Cnn.dropout": 0.1}) == {
        "batch_size": 64,
        "model_arguments": {"units": 128, "dropout": 0.1},
    }
    assert as_arguments({"batch_size": 64}) == {"batch_size": 64}


RANGE = '{"type": "float", "low": 1e-4, "high": 1e-2, "default": 1e-3'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{}", r"model=mine.py:MyNet: nothing to try; declare a SEARCH_SPACE in mine.py"),
        ("make()", r"mine.py line 2: SEARCH_SPACE: expected a literal dictionary"),
        (f'{{"epochs": {RANGE}}}}}', "'epochs' is no parameter that can be tried"),
        (f'{{"learning_rate": {RANGE}, "scale": "ln"}}}}', "learning_rate.scale: "),
        (
            '{"batch_size": {"type": "integer", "low": 0, "high": 8, "default": 8}}',
            r"SEARCH_SPACE: batch_size=0: expected a whole number of 1 or more$",
        ),
        (
            '{"MyNet.a": {"type": "integer", "low": 8, "high": 8, "default": 8}}',
            "MyNet.a: expected low below high",
        ),
        (
            '{"MyNet.a": {"type": "integer", "low": 0, "high": 8, "default": 9}}',
            "its default 9 is not from 0 to 8",
        ),
        (
            '{"MyNet.a": {"type": "float", "low": 0, "high": 1, "default": 1, "scale": "log"}}',
            "a log scale begins above 0",
        ),
        (
            '{"MyNet.a": {"type": "choice", "values": [1, "b"], "default": 1}}',
            "expected values of one kind",
        ),
        (
            '{"MyNet.a": {"type": "choice", "values": [1, 2], "default": 3}}',
            r"its default 3 is none of \[1, 2\]",
        ),
        (f'{{"MyNet.loss": {RANGE}}}}}', "MyNet.loss: the training has a parameter of that name"),
        (
            '{"MyNet.a": {"type": "float", "low": 0, "high": 1e999, "default": 1}}',
            "MyNet.a.high: .*finite number",
        ),
        ('{"MyNet.a": {"type": "normal"}}', r"MyNet.a: .*'choice'"),
        (
            f'{{"Net.unitz": {RANGE}}}}}\nclass Net:\n    def __init__(self, units=3): ...',
            r"line 2: SEARCH_SPACE: Net.unitz: its __init__ takes no 'unitz', did you mean 'units'",
        ),
    ],
)
def test_a_wrong_declaration_is_told_in_a_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(InputError, match=told) as error:
        read_search_space(QUICKDRAW, declare(tmp_path, f"SEARCH_SPACE = {text}"))
    assert "\n" not in str(error.value)
