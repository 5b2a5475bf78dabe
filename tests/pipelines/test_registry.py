"""Finding pipelines, and turning `name=value` texts into their parameters."""

import pytest

from pipelines.registry import find_pipeline, parse_parameters, pipeline_names
from pipelines.target import Target
from preprocessing.errors import InputError

PIPELINE = find_pipeline("quickdraw")(Target(image=lambda component: "python"))


def test_every_challenge_has_its_pipeline() -> None:
    assert "quickdraw" in pipeline_names()
    assert "local" not in pipeline_names()


@pytest.mark.parametrize("name", ["quickdrow", "classification", "../quickdraw", ""])
def test_an_unknown_pipeline_is_told_with_those_there_are(name: str) -> None:
    with pytest.raises(InputError, match=r"is unknown.*there are: .*quickdraw"):
        find_pipeline(name)


def test_texts_become_values_of_the_parameters_type() -> None:
    texts = [
        "epochs=3",
        "train_per_class=10_000",
        "learning_rate=1e-3",
        "augment=False",
        "model=Logistic",
        'beam_args=["--runner=DirectRunner"]',
        "checkpoint_dir=a=b",
    ]
    assert parse_parameters(PIPELINE, texts) == {
        "epochs": 3,
        "train_per_class": 10_000,
        "learning_rate": 0.001,
        "augment": False,
        "model": "Logistic",
        "beam_args": ["--runner=DirectRunner"],
        "checkpoint_dir": "a=b",
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("epochs", "expected name=value, got 'epochs'"),
        ("epoch=3", "'epoch' is no parameter of quickdraw, did you mean 'epochs'?; there are: "),
        ("epochs=three", "epochs: expected a whole number, got 'three'"),
        ("epochs=3.5", "epochs: expected a whole number, got '3.5'"),
        ("learning_rate=fast", "learning_rate: expected a number, got 'fast'"),
        ("learning_rate=nan", "learning_rate: expected a number, got 'nan'"),
        ("augment=maybe", "augment: expected true or false, got 'maybe'"),
        ("beam_args=--runner", "beam_args: expected a JSON list, got '--runner'"),
    ],
)
def test_a_wrong_text_is_told(text: str, told: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_parameters(PIPELINE, [text])
    assert told in str(raised.value)


def test_what_is_set_in_another_way_is_neither_taken_nor_offered() -> None:
    with pytest.raises(InputError, match="source is not set here but by DATA, "):
        parse_parameters(PIPELINE, ["source=x"], taken=["source"])
    with pytest.raises(InputError, match="'sourc' is no parameter") as raised:
        parse_parameters(PIPELINE, ["sourc=x"], taken=["source"])
    assert " source," not in str(raised.value)


def test_a_parameter_given_twice_is_told() -> None:
    with pytest.raises(InputError, match="'epochs' is given twice"):
        parse_parameters(PIPELINE, ["epochs=3", "epochs=4"])
